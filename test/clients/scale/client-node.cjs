// Drives the npm package scaleapi 2.3.2. Its address is fixed to https://api.scaleapi.com/v1/: the requests of Node's https module for that
// host are sent to the platform instead; the client itself is not touched.
const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');

const settings = JSON.parse(process.argv.at(-1));
const { hostname, port } = new URL(settings.url);
https.request = (options, callback) => {
  assert.equal(options.host, 'api.scaleapi.com');
  return http.request({ ...options, protocol: 'http:', host: hostname, hostname, port, path: `/scale${options.path}`, agent: undefined }, callback);
};
// Loaded after that, as it takes the function when it is loaded.
const { ScaleClient } = require(require.resolve('scaleapi', { paths: [process.argv[2]] }));

const client = ScaleClient(settings.liveKey);
const testClient = ScaleClient(settings.testKey);
const call = (of, method, ...args) => new Promise((resolve, reject) => of[method](...args, (error, value) => (error ? reject(error) : resolve(value))));
const png = `${settings.files}/image.png`;

async function check(name, work) {
  try {
    await work();
    console.log('PASS', name);
  } catch (error) {
    console.log('FAIL', name, JSON.stringify(error.stack ?? String(error.message ?? error)));
  }
}

const requests = {
  createCategorizationTask: { attachment_type: 'website', attachment: 'http://www.google.com/', categories: ['public', 'private'] },
  createTranscriptionTask: { attachment_type: 'website', attachment: 'http://www.google.com/', fields: { title: 'Title of webpage' } },
  createComparisonTask: { attachment_type: 'image', attachments: [png, png], choices: ['yes', 'no'] },
  createAnnotationTask: { attachment: png, objects_to_annotate: ['baby cow'], with_labels: true },
  createPolygonannotationTask: { attachment: png, objects_to_annotate: ['baby cow'], with_labels: true },
  createLineannotationTask: { attachment: png, objects_to_annotate: ['lane'] },
  createDatacollectionTask: { attachment_type: 'website', attachment: 'http://www.google.com/', fields: { hours: 'Opening hours' } },
  createAudiotranscriptionTask: { attachment_type: 'audio', attachment: `${settings.files}/sound.mp3`, verbatim: false },
  createPointannotationTask: { attachment: png, objects_to_annotate: ['eye'] },
  createCuboidannotationTask: { attachment: png, objects_to_annotate: ['car'] },
  createSegmentannotationTask: { attachment: png, labels: ['background'] },
};

async function main() {
  await check('every kind of task completes in test mode', async () => {
    for (const [method, request] of Object.entries(requests)) {
      const task = await call(testClient, method, { callback_url: 'http://www.example.com/callback', instruction: 'Do it.', ...request });
      assert.equal(task.status, 'pending');
      await call(task, 'refresh');
      assert.equal(task.status, 'completed', method);
      assert.ok(task.response);
    }
  });
  await check('fetch, list and cancel', async () => {
    const task = await call(client, 'createAnnotationTask', { ...requests.createAnnotationTask, metadata: { a: 1 } });
    assert.deepEqual((await call(client, 'fetchTask', task.id)).metadata, { a: 1 });
    const list = await call(client, 'tasks', { limit: 1, offset: 0, status: 'pending', type: 'annotation' });
    assert.deepEqual(list.docs.map((one) => one.id), [task.id]);
    await call(task, 'cancel');
    assert.equal((await call(client, 'fetchTask', task.id)).status, 'canceled');
  });
  await check('errors', async () => {
    const refused = (work, code, words) => assert.rejects(work, (error) => error.errcode === code && words.test(error.message));
    await refused(call(client, 'createAnnotationTask', {}), 400, /include an attachment/);
    await refused(call(ScaleClient('nobody'), 'fetchTask', 'x'), 401, /API key/);
    await refused(call(client, 'fetchTask', 'x'), 404, /no task/);
  });
}
void main();
