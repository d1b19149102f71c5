// The steps of the README of Skylab's Python client, one by one, on our own SDK. FOVEA_URL and FOVEA_KEY say where the platform is:
//
//   node examples/skylab.ts PHOTO_FOLDER BACKGROUND OUTPUT_FOLDER
//
// Each photo is cropped to 600 × 750 around the face, retouched, cut out and laid over the background.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, Fovea, JobFailedError } from '@fovea/sdk';

const [photoFolder = './photos', background = './background.jpg', outputFolder = '.'] = process.argv.slice(2);

// Create a client.
const fovea = new Fovea();
const project = await fovea.projects.create({ name: `Portraits ${new Date().toISOString()}` });
const dataset = await fovea.datasets.create({ project: project.id, name: 'Photos' });

// Create a profile: what is done to each photo. Backgrounds are items that belong to it.
const { item: backdrop } = await fovea.items.upload(dataset.id, background, { path: '/backgrounds/1.jpg' });
const profile = await fovea.profiles.create({
  project: project.id,
  analytic: 'fovea/photo-studio',
  name: 'profile name',
  files: [backdrop.id],
  parameters: { enable_crop: true, crop_size_x: 600, crop_size_y: 750, enable_retouch: true, enable_extract: true, replace_background: true, output_file_type: 'jpg' },
});

// List, get and update profiles.
const { data: profiles } = await fovea.profiles.list({ project: project.id });
const changed = await fovea.profiles.update(profile.id, { name: 'My profile', parameters: { color_saturation: 5 } });
console.log('profiles:', profiles.length, (await fovea.profiles.get(profile.id)).name, changed.version);

// Upload the photos of a job.
const { created } = await fovea.items.uploadMany(dataset.id, photoFolder, { into: '/job' });
const photos = await fovea.items.list(dataset.id, { folder: '/job' }).toArray({ limit: 1_000 });
console.log('photos:', created, photos.map(({ name }) => name));

// Create a job, not started yet; list and get jobs, change one.
const job = await fovea.jobs.create({
  project: project.id,
  analytic: 'fovea/photo-studio',
  profile: profile.id,
  inputs: { photos: photos.map(({ id }) => id), backgrounds: [backdrop.id] },
  name: 'job name',
  start: false,
});
await fovea.jobs.update(job.id, { name: 'Spring portraits' });
const named = await fovea.jobs.query(project.id, { filter: { name: 'Spring portraits' } }).toArray({ limit: 1 });
console.log('jobs:', job.status, named.length);

// Queue it, see how many are in front, and take it out of the queue again.
const queued = await fovea.jobs.start(job.id);
console.log('in front:', queued.position);
const cancelled = await fovea.jobs.cancel(job.id);
console.log('cancelled:', cancelled.status);

// Queue it anew, as a job of its own, and wait until it is complete.
try {
  const done = await fovea.jobs.createAndWait({ project: project.id, analytic: job.analytic, profile: profile.id, inputs: cancelled.inputs, name: 'Again' });
  // Photos that could not be processed are named; the rest is delivered.
  for (const { name, message } of done.failures) console.log('failed:', name, message);
  // Download all of them, or one.
  for (const output of done.outputs.filter(({ output: kind }) => kind === 'composites')) {
    const bytes = new Uint8Array(await (await fovea.jobs.output(done.id, String(output.index))).arrayBuffer());
    await writeFile(join(outputFolder, output.name), bytes);
    console.log('saved:', output.name, output.mediaType);
  }
} catch (error) {
  if (!(error instanceof JobFailedError)) throw error;
  console.log('failed:', error.job.message);
}

// Delete a photo and a job.
await fovea.items.delete(photos[0]?.id ?? '');
await fovea.jobs.delete(job.id);
const gone = await fovea.jobs.get(job.id).catch((error: unknown) => (error instanceof ApiError ? error.status : undefined));
console.log('deleted:', gone);

// Values outside their range are refused, by name.
const refused = await fovea.profiles.update(profile.id, { parameters: { color_red: 41 } }).catch((error: unknown) => (error instanceof ApiError ? error.errors?.map(({ path, message }) => `${path} ${message}`) : undefined));
console.log('refused:', refused);
