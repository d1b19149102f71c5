import { Fovea } from '@fovea/sdk';
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
