// The walkthrough by the JavaScript client of a checkout. Each function is a check.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const settings = JSON.parse(process.argv.at(-1));
const { API } = require(join(settings.client, 'lib', 'users', 'api.js'));
const { DataQuery, JobsQuery } = require(join(settings.client, 'lib', 'users', 'query.js'));
const { JobRequest, RemoteDataPath } = require(join(settings.client, 'lib', 'users', 'jobs.js'));
const analytic = 'voxel51/vehicle-sense';
const api = API.fromJSON(settings.token);

function equal(actual, expected) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

async function refused(code, work) {
  try {
    await work();
  } catch (error) {
    if (!String(error.message).includes(String(code)) && error.code !== code) throw error;
    return;
  }
  throw new Error('nothing was refused');
}

function requestFor(id) {
  const request = new JobRequest(analytic);
  request.setInput('video', RemoteDataPath.fromDataId(id));
  request.setParameter('accel', 1.0);
  return request;
}

const checks = {
  async lists() {
    if (!(await api.listAnalytics()).some((one) => one.name === analytic)) throw new Error('no analytic');
    if ((await api.listAnalytics(true)).filter((one) => one.name === analytic).length < 2) throw new Error('one version');
    equal([await api.listData(), await api.listJobs()], [[], []]);
  },
  async data() {
    const first = await api.uploadData(settings.video);
    const second = await api.uploadData(settings.video, new Date(Date.now() + 86_400_000));
    const query = new DataQuery().addField('id').addSearch('name', 'video1.mp4').sortBy('upload_date', true);
    equal((await api.queryData(query)).data, [{ id: second.id }, { id: first.id }]);
    await api.updateDataTTL(first.id, 5);
    const path = join(settings.folder, 'again.mp4');
    await api.downloadData(first.id, path);
    equal(readFileSync(path).equals(readFileSync(settings.video)), true);
    const details = await api.batchGetDataDetails([first.id, 'nothing']);
    equal([details[first.id].success, details.nothing.success], [true, false]);
    await api.deleteData(second.id);
    await refused(404, () => api.getDataDetails(second.id));
  },
  async jobs() {
    const { id } = await api.uploadData(settings.video);
    const job = await api.uploadJobRequest(requestFor(id), 'from JavaScript');
    equal(await api.getJobState(job.id), 'READY');
    await api.startJob(job.id);
    await api.waitUntilJobCompletes(job.id, 1);
    const path = join(settings.folder, 'labels-js.json');
    await api.downloadJobOutput(job.id, path);
    if (!('frames' in JSON.parse(readFileSync(path, 'utf8')))) throw new Error('no frames');
    const query = new JobsQuery().addFields(['name', 'state']).sortBy('state', false);
    equal((await api.queryJobs(query)).jobs, [{ name: 'from JavaScript', state: 'COMPLETE' }]);
    equal((await api.getJobStatus(job.id)).state, 'COMPLETE');
  },
};

(async () => {
  for (const [name, work] of Object.entries(checks)) {
    try {
      await work();
      console.log('PASS', name);
    } catch (error) {
      console.log('FAIL', name, JSON.stringify(error.stack ?? String(error)));
    }
  }
})();
