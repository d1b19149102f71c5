// Drives the JavaScript client, @skylab-tech/skylab-studio 0.0.4.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const settings = JSON.parse(process.argv.at(-1));
const createClient = require(settings.client);
const api = createClient(settings.key);
const plain = { enable_color: false, enable_crop: false };
const photo = (name) => path.join(settings.photos, name);
// The client tells what it does; what it says is no check of ours.
console.info = () => undefined;

async function check(name, work) {
  try {
    await work();
    console.log('PASS', name);
  } catch (error) {
    console.log('FAIL', name, JSON.stringify(error.stack ?? String(error)));
  }
}

let serial = 0;
const newName = () => `js ${process.pid} ${++serial}`;

async function finished(id) {
  for (let attempt = 0; attempt < 600; attempt++) {
    const job = await api.getJob(id);
    if (job.state === 'complete') return job;
    assert.notEqual(job.state, 'error', JSON.stringify(job.errors));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`The job ${id} did not end.`);
}

/** The client does not wait until what it writes is written. */
async function written(folder, names) {
  const there = () => fs.readdirSync(folder).filter((name) => fs.statSync(path.join(folder, name)).size > 0).sort();
  for (let attempt = 0; there().length < names.length && attempt < 100; attempt++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(there(), names);
}

async function processed(profile, names, queueing = {}) {
  const job = await api.createJob({ name: newName(), profile_id: profile.id });
  for (const name of names) assert.equal((await api.uploadJobPhoto(photo(name), job.id)).upload_response, 200);
  await api.queueJob(job.id, queueing);
  const done = await finished(job.id);
  const folder = fs.mkdtempSync(path.join(settings.folder, 'js-'));
  const results = await api.downloadPhotos(job.id, folder);
  assert.deepEqual(results.map(({ status }) => status), names.map(() => 200));
  return { job: done, folder };
}

async function main() {
  await check('profiles and jobs', async () => {
    const profile = await api.createProfile({ name: newName(), ...plain });
    assert.equal((await api.getProfile(profile.id)).enableCrop, false);
    assert.equal((await api.updateProfile(profile.id, { color_red: 3 })).colorRed, 3);
    assert.equal((await api.listProfiles())[0].id, profile.id);
    const job = await api.createJob({ name: newName(), profile_id: profile.id });
    assert.equal((await api.getJobByName(job.name)).id, job.id);
    assert.equal((await api.updateJob(job.id, { name: `${job.name} b` })).name, `${job.name} b`);
    assert.equal((await api.getJobsInFront(job.id)).jobsInFront, -1);
    assert.deepEqual(await api.fetchJobPhotoIds(job.id), []);
    assert.equal((await api.cancelJob(job.id)).state, 'pending');
    assert.equal((await api.listJobs())[0].id, job.id);
    assert.equal((await api.deleteJob(job.id)).id, job.id);
    assert.deepEqual(Object.keys(await api.getJob(job.id)), ['message', 'status']);
  });
  await check('photos come back as files of their names; a PNG travels as WebP', async () => {
    const names = ['portrait.jpg', 'portrait.png', 'portrait.webp'];
    const { folder, job } = await processed(await api.createProfile({ name: newName(), ...plain }), names);
    assert.equal(job.photos.length, 3);
    await written(folder, names);
    const start = (name) => fs.readFileSync(path.join(folder, name)).subarray(0, 4).toString('latin1');
    assert.equal(start('portrait.jpg').slice(0, 2), '\xff\xd8');
    assert.equal(start('portrait.png'), '\x89PNG');
  });
  await check('cut-outs and backgrounds', async () => {
    const cut = await api.createProfile({ name: newName(), ...plain, enable_extract: true });
    await written((await processed(cut, ['portrait.jpg'])).folder, ['portrait.png']);
    const profile = await api.createProfile({ name: newName(), ...plain, enable_extract: true, replace_background: true, output_file_type: 'jpg' });
    for (const name of ['red.jpg', 'blue.png']) assert.equal((await api.uploadProfilePhoto(photo(name), profile.id)).upload_response, 200);
    await written((await processed(profile, ['portrait.jpg'])).folder, ['portrait (blue).jpg', 'portrait (red).jpg']);
  });
  await check('errors, and photos taken away', async () => {
    assert.equal((await createClient('nobody').listJobs()).status, 403);
    assert.equal((await api.createProfile({})).status, 422);
    await assert.rejects(api.uploadProfilePhoto(photo('red.jpg'), 999_999_999), /ensure enable_extract/);
    const profile = await api.createProfile({ name: newName(), ...plain });
    const job = await api.createJob({ profile_id: profile.id });
    const { photo: made } = await api.uploadJobPhoto(photo('portrait.jpg'), job.id);
    assert.equal((await api.getPhoto(made.id)).job.profileId, profile.id);
    assert.equal((await api.deletePhoto(made.id)).id, made.id);
    assert.equal((await api.getPhoto(made.id)).status, 404);
  });
  await check('callbacks verify', async () => {
    const heard = [];
    const receiver = http.createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        heard.push({ method: request.method, headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
        response.end();
      });
    });
    await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await processed(await api.createProfile({ name: newName(), ...plain }), ['portrait.jpg'], { callback_url: `http://127.0.0.1:${receiver.address().port}/` });
    for (let attempt = 0; heard.length < 2 && attempt < 300; attempt++) await new Promise((resolve) => setTimeout(resolve, 100));
    receiver.close();
    assert.deepEqual(heard.map(({ method, body }) => [method, JSON.parse(body).state]), [['PATCH', 'queued'], ['PATCH', 'complete']]);
    for (const { headers, body } of heard) assert.equal(await api.validateHmacHeaders(settings.secret, body, headers['x-skylab-timestamp'], headers['x-skylab-signature']), true);
  });
}
void main();
