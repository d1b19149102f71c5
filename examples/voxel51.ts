// The walkthrough of Voxel51's Python client, step by step, on our own SDK. FOVEA_URL and FOVEA_KEY say where the platform is:
//
//   node examples/voxel51.ts VIDEO OUTPUT_FOLDER
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, Fovea } from '@fovea/sdk';

const [video = './video1.mp4', outputFolder = '.'] = process.argv.slice(2);

// Steps 1 and 2. Authentication, and an instance to work with.
const fovea = new Fovea();
const project = await fovea.projects.create({ name: `Traffic ${new Date().toISOString()}` });
const dataset = await fovea.datasets.create({ project: project.id, name: 'Videos' });
const analytics = await fovea.analytics.list().toArray({ limit: 1_000 });
console.log('analytics:', analytics.some(({ name }) => name === 'voxel51/vehicle-sense'));
console.log('data:', (await fovea.items.list(dataset.id)).data.length, 'jobs:', (await fovea.jobs.query(project.id)).data.length);

// Step 3. Data: upload, list, and query the newest of a name.
const { item } = await fovea.items.upload(dataset.id, video, { path: '/first/video1.mp4' });
await fovea.items.upload(dataset.id, video, { path: '/second/video1.mp4' });
const [newest] = await fovea.items.query(dataset.id, { filter: { name: 'video1.mp4' }, sort: [{ field: 'createdAt', direction: 'desc' }], fields: ['id', 'path'], limit: 1 }).toArray({ limit: 1 });
console.log('newest:', newest?.path);

// Data that expires: said at the upload, changed later, forced by a time that has passed.
const days = (count: number): string => new Date(Date.now() + count * 86_400_000).toISOString();
const { item: timed } = await fovea.items.upload(dataset.id, video, { path: '/timed/video1.mp4', expiresAt: days(3) });
const extended = await fovea.items.update(timed.id, { expiresAt: days(8) });
console.log('expires later:', String(extended.expiresAt) > String(timed.expiresAt));
await fovea.items.update(timed.id, { expiresAt: days(-1) });
console.log('expired:', (await fovea.items.query(dataset.id, { filter: { id: timed.id } })).data.length);
await fovea.items.delete(newest?.id ?? '');

// Step 4. Analytics: the newest version and all, and the document that says what one takes and gives.
const name = 'voxel51/vehicle-sense';
const versions = await fovea.analytics.list({ name, allVersions: true }).toArray({ limit: 10 });
const { manifest, version } = await fovea.analytics.get(name);
console.log('versions:', versions.length, 'newest:', version);
console.log('document:', manifest.inputs.map((input) => input.name), manifest.parameters.map((parameter) => parameter.name), manifest.outputs.map((output) => output.filename));

// Step 5. Jobs: a request that is not started yet, started in two ways, and one for a GPU.
const request = { project: project.id, analytic: name, inputs: { video: item.id }, parameters: { accel: 1 } };
const job = await fovea.jobs.create({ ...request, name: 'your-job-name', start: false });
console.log('job:', job.status);
await fovea.jobs.start(job.id);
await fovea.jobs.create({ ...request, name: 'auto-start-me' });
await fovea.jobs.create({ ...request, name: 'GPUjob', compute: 'gpu', start: false });
const found = await fovea.jobs.query(project.id, { fields: ['name', 'status'], sort: [{ field: 'name', direction: 'asc' }] }).toArray({ limit: 10 });
console.log('jobs:', found.map((one) => one.name));

// Step 6. The workflow: run, wait, download; then the same over many files, a few at once.
const done = await fovea.jobs.createAndWait({ ...request, name: 'jobName' });
const labels = (await (await fovea.jobs.output(done.id, '0')).json()) as { frames: object };
await writeFile(join(outputFolder, 'labels.json'), JSON.stringify(labels));
console.log('output:', Object.keys(labels).includes('frames'));

const { created } = await fovea.items.uploadMany(dataset.id, [1, 2, 3, 4].map((number) => ({ path: `/many/${number}.mp4`, file: video })));
const many = await fovea.items.list(dataset.id, { folder: '/many' }).toArray({ limit: 100 });
let finished = 0;
const results = await fovea.jobs.map(
  many.map(({ id }) => ({ ...request, inputs: { video: id } })),
  { concurrency: 2, onProgress: () => (finished += 1) },
);
for (const [index, result] of results.entries()) {
  if (result.status === 'rejected') throw result.reason;
  const output = await fovea.jobs.output(result.value.id, '0');
  await writeFile(join(outputFolder, `labels-${index + 1}.json`), new Uint8Array(await output.arrayBuffer()));
}
console.log('parallel:', created, results.length, finished > 0);

// What is wrong is told before anything runs.
try {
  await fovea.jobs.create({ ...request, parameters: { accel: 'fast' } });
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.log('refused:', error.status, error.errors[0]?.path);
}
console.log('saved:', (await readFile(join(outputFolder, 'labels-4.json'), 'utf8')).startsWith('{'));
