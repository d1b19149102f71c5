import { Fovea } from '@fovea/sdk';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());

test('a version streams with bytes, headers, labels and masks: by split, shuffled the same for the same seed, fetched ahead within bounds', async () => {
  const sdk = new Fovea({ url: fovea.url, key: fovea.key });
  const project = await sdk.projects.create({ name: 'p' });
  const dataset = (await sdk.datasets.create({ project: project.id, name: 'd' })).id;
  const files = Array.from({ length: 12 }, (_, slice) => ({ path: `/${String(slice).padStart(2, '0')}.dcm`, file: sampleFile(sampleCt({ slice })) }));
  await sdk.items.uploadMany(dataset, files, { labels: ['thorax'] });
  const [first] = (await sdk.items.list(dataset, { limit: 1 })).data;
  await fovea.probed(first?.id ?? '');
  await sdk.annotations.create(first?.id ?? '', [{ type: 'mask', label: 'liver', geometry: { type: 'mask', rle: { size: [4, 6], counts: [0, 24] } }, frame: 0 }]);
  const command = await sdk.versions.commit(dataset, { splits: { parts: [{ name: 'train', share: 0.5 }, { name: 'val', share: 0.5 }] } });
  await expect.poll(async () => (await sdk.commands.get(command.id)).status, { timeout: 20_000 }).toBe('complete');

  let underway = 0;
  let most = 0;
  const counting = new Fovea({ url: fovea.url, key: fovea.key, fetch: async (input, init) => {
    const isFile = new URL(input instanceof Request ? input.url : String(input)).pathname.endsWith('/file');
    if (isFile) most = Math.max(most, (underway += 1));
    return fetch(input, init).finally(() => void (underway -= isFile ? 1 : 0));
  } });
  const all = await Array.fromAsync(counting.versions.samples(dataset, 'latest', { prefetch: 2 }));
  expect(all.map(({ item }) => item.path)).toEqual(files.map(({ path }) => path));
  expect(most).toBeLessThanOrEqual(3);
  expect(all[0]).toMatchObject({ labels: ['thorax'], header: { modality: 'CT', spacing: [0.7, 0.5] }, masks: [{ label: 'liver', frame: 0, rle: { size: [4, 6] } }] });
  expect(Buffer.from(all[0]?.bytes ?? []).equals(Buffer.from(files[0]?.file ?? []))).toBe(true);
  const paths = async (seed: number) => (await Array.fromAsync(sdk.versions.samples(dataset, 'latest', { shuffle: { seed, buffer: 100 } }))).map(({ item }) => item.path);
  expect(await paths(1)).toEqual(await paths(1));
  expect(await paths(1)).not.toEqual(await paths(2));
  expect((await paths(1)).toSorted()).toEqual(files.map(({ path }) => path));
  const [train, val] = await Promise.all(['train', 'val'].map(async (split) => (await Array.fromAsync(sdk.versions.samples(dataset, 'latest', { split, header: false }))).map(({ item }) => item.path)));
  expect([...(train ?? []), ...(val ?? [])].toSorted()).toEqual(files.map(({ path }) => path));
});

test('the labels of a volume come as voxels when they are asked for, one file for all of them, as they were when the version was kept', async () => {
  const requested: string[] = [];
  const sdk = new Fovea({ url: fovea.url, key: fovea.key, fetch: async (input, init) => {
    const { pathname, searchParams } = new URL(input instanceof Request ? input.url : String(input));
    if (searchParams.has('volume')) requested.push(`${pathname}?${searchParams.get('path')}`);
    return fetch(input, init);
  } });
  const project = await sdk.projects.create({ name: 'volumes' });
  const dataset = (await sdk.datasets.create({ project: project.id, name: 'd' })).id;
  const place = { dims: [4, 3, 2], affine: [[-1, 0, 0, 5], [0, -1, 0, 6], [0, 0, 2, 7]] as const };
  const labels = Uint8Array.from({ length: 24 }, (_, at) => at % 3);
  const scan = await sdk.items.upload(dataset, writeNifti({ ...place, data: Int16Array.from({ length: 24 }, (_, at) => at), gzip: true }), { path: '/scan.nii.gz' });
  await fovea.probed(scan.item.id);
  await sdk.segmentations.upload(scan.item.id, writeNifti({ ...place, data: labels, gzip: true }), { labels: { 1: 'liver', 2: 'tumour' } });
  const committed = await sdk.versions.commit(dataset, {});
  await expect.poll(async () => (await sdk.commands.get(committed.id)).status, { timeout: 20_000 }).toBe('complete');
  for (const { id } of (await sdk.annotations.list(scan.item.id)).data) await sdk.annotations.delete(id);

  const [sample] = await Array.fromAsync(sdk.versions.samples(dataset, 'latest'));
  expect(requested).toEqual([]);
  const found = sample?.volumes.toSorted((a, b) => a.value - b.value) ?? [];
  expect(found.map(({ label, value, size }) => [label, value, size])).toEqual([['liver', 1, [4, 3, 2]], ['tumour', 2, [4, 3, 2]]]);
  for (const { value, voxels } of found) {
    const { data, size, affine } = await voxels();
    expect([[...data], size, affine]).toEqual([[...labels].map((label) => (label === value ? 1 : 0)), [4, 3, 2], place.affine]);
  }
  expect(requested).toHaveLength(1);
  await Array.fromAsync(sdk.versions.samples(dataset, 'latest', { volumes: true }));
  expect(requested).toHaveLength(2);
  await expect(sdk.versions.file(dataset, 'latest', { path: '/scan.nii.gz', volume: scan.item.sha256 })).rejects.toThrow(/No annotation of the item/);
});
