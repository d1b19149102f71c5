// A platform that is killed with -9 in the middle of an import: started again, it goes on where it was, and nothing comes twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { afterAll, expect, test } from 'vitest';
import { processes } from '../processes.ts';

const key = 'live_chaos-import-0123456789';
const dataDir = mkdtempSync(join(tmpdir(), 'fovea-chaos-'));
const host = processes({ FOVEA_ADMIN_KEY: key });
const start = () => host.start(['serve', '--no-demo', '--port', '0', '--data', dataDir]);

afterAll(async () => {
  await host.endAll();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

test('an import that was cut off goes on and counts each label once', { timeout: 240_000 }, async () => {
  const images = 6_000;
  const perImage = 5;
  const { child, url } = await start();
  let fovea = new Fovea({ url, key });
  const project = (await fovea.projects.create({ name: 'Chaos' })).id;
  const dataset = (await fovea.datasets.create({ project, name: 'd' })).id;
  await fovea.items.uploadMany(dataset, Array.from({ length: images }, (_, index) => ({ path: `/${index}.txt`, file: new Blob([`${index}`]) })));
  const coco = {
    images: Array.from({ length: images }, (_, index) => ({ id: index + 1, file_name: `${index}.txt`, width: 100, height: 100 })),
    categories: [{ id: 1, name: 'car' }],
    annotations: Array.from({ length: images * perImage }, (_, index) => ({ id: index + 1, image_id: Math.floor(index / perImage) + 1, category_id: 1, bbox: [index % 50, 1 + (index % perImage), 10, 10] })),
  };
  const { id } = await fovea.imports.create(dataset, new Blob([JSON.stringify(coco)]), { name: 'instances.json', match: 'path' });
  let done = 0;
  while (done === 0) {
    ({ done } = await fovea.imports.get(id));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await host.end(child, 'SIGKILL');
  fovea = new Fovea({ url: (await start()).url, key });
  const left = await fovea.imports.get(id);
  expect(left.status).not.toBe('complete');
  const ended = await fovea.imports.wait(id);
  expect(ended).toMatchObject({ status: 'complete', done: images, total: images, items: { read: images, matched: images }, annotations: { imported: images * perImage, existing: 0, dropped: 0 } });
  expect((await fovea.annotations.count(dataset, {})).count).toBe(images * perImage);
  // Once more, from the beginning: everything is there already.
  const again = await fovea.imports.createAndWait(dataset, new Blob([JSON.stringify(coco)]), { name: 'instances.json', match: 'path' });
  expect(again.annotations).toMatchObject({ imported: 0, existing: images * perImage });
});
