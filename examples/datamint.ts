// The steps of the guide of Datamint's Python client, one by one, on our own SDK. FOVEA_URL and FOVEA_KEY say where the platform is:
//
//   node examples/datamint.ts SCAN.dcm VOLUME.nii.gz SEGMENTATION.nii.gz
//
// The segmentation lies on the voxels of the volume: 1 and 2 are its labels.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Fovea, NotFoundError } from '@fovea/sdk';

const [scan = 'scan.dcm', volume = 'volume.nii.gz', segmentation = 'segmentation.nii.gz'] = process.argv.slice(2);

// The key comes from the environment (or `fovea login`, or the constructor). Datasets stand in projects.
const fovea = new Fovea();
const project = await fovea.projects.create({ name: `Radiology ${new Date().toISOString()}` });
const dataset = await fovea.datasets.create({ project: project.id, name: 'CT scans' });

// Upload a file; it waits in the inbox. The same bytes again change nothing.
const { item } = await fovea.items.upload(dataset.id, scan);
console.log('uploaded:', item.name, item.status, (await fovea.items.upload(dataset.id, scan)).outcome);

// Upload many files at once, in a channel and with labels: an array of files, or the path of a folder.
const many = await fovea.items.uploadMany(dataset.id, [{ path: '/volumes/volume.nii.gz', file: volume }, { path: '/again/scan.dcm', file: scan }], { channel: 'CT scans', labels: ['chest'] });
console.log('uploaded many:', many.created, many.failures);

// See the list by status, channel and label; get items by their ids.
for await (const one of fovea.items.list(dataset.id, { status: 'inbox', channel: 'CT scans', label: 'chest' })) console.log('listed:', one.path);
console.log('by id:', (await fovea.items.get(item.id)).mediaType);

// Take out of a file who it is of, before it leaves this machine: PS3.15, with pseudonyms that keep a series together.
const { item: nameless } = await fovea.items.upload(dataset.id, scan, {
  deidentify: true,
  labels: ['test'],
  onCleaned: ({ report }) => console.log('de-identified:', report.actions.some(({ keyword }) => keyword === 'PatientName')),
});
const header = await fovea.scans.header(nameless.id);
console.log('patient name left:', JSON.stringify(header).includes('Doe'));

// Name a file after the folders that it came from: paths are folders here, so nothing has to be packed into the name.
const { item: filed } = await fovea.items.upload(dataset.id, scan, { path: `/path/to/${basename(scan)}`, ifExists: 'skip' });
console.log('filed:', filed.folder);

// Download: as a Response, or to a file whose digest is verified. Frames come rendered.
const folder = await mkdtemp(join(tmpdir(), 'fovea-example-'));
const saved = await fovea.items.download(item, { to: join(folder, 'downloaded.dcm') });
console.log('downloaded:', saved.sizeBytes === item.sizeBytes);
const picture = await fovea.scans.frame(item.id, 0);
await writeFile(join(folder, 'frame.png'), new Uint8Array(await picture.arrayBuffer()));

// Publish what is in the inbox, or publish on upload.
console.log('published:', (await fovea.items.update(item.id, { status: 'published' })).status);
const { item: ready } = await fovea.items.upload(dataset.id, volume, { path: '/ready/volume.nii.gz', status: 'published' });
console.log('published on upload:', ready.status);

// Upload a segmentation: an annotation for each label, on the voxels of the scan.
const { data: segments } = await fovea.segmentations.upload(ready.id, segmentation, { labels: { 1: 'liver', 2: 'spleen' } });
console.log('segments:', segments.map(({ type, label }) => `${type} ${label}`));
const { labels, bytes } = await fovea.segmentations.download(ready.id);
await writeFile(join(folder, 'segmentation.nii.gz'), bytes);
console.log('segmentation:', labels);

// Make a version of the dataset: what a model was trained on can be had again, whatever is changed later.
let command = await fovea.versions.commit(dataset.id, { message: 'For the first model' });
while (command.status !== 'complete') command = await fovea.commands.get(command.id, { waitSeconds: 20 });
await fovea.items.update(item.id, { labels: ['changed'] });

// Iterate over it, as a data loader does: each item with its labels, and its bytes. (Datamint's own Dataset class finds this dataset by
// its name through the door at /datamint.)
for await (const one of fovea.versions.stream(dataset.id, 'latest')) {
  const file = await fovea.versions.file(dataset.id, 'latest', { path: one.path });
  const size = (await file.arrayBuffer()).byteLength;
  if (one.annotations.length > 0) console.log('trained on:', one.path, size === one.sizeBytes, one.annotations.map(({ label }) => label));
}

// Errors are classes.
await fovea.items.delete(nameless.id);
await fovea.items.get(nameless.id).catch((error: unknown) => {
  if (!(error instanceof NotFoundError)) throw error;
  console.log('deleted:', error.status);
});
