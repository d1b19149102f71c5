import { expect, test } from 'vitest';
import type { LabelledItem } from './dataset.ts';
import { formatNamed } from './detect.ts';
import { memorySource } from './files.ts';

const cocoImages = [{ id: 1, file_name: 'a.png', width: 64, height: 48 }, { id: 2, file_name: 'b.png', width: 64, height: 48 }];
const box = (image_id: number, x: number) => ({ id: x, image_id, category_id: 1, bbox: [x, 1, 10, 10] });
const read = async (format: string, path: string, content: unknown) => {
  const reading = formatNamed(format)!.read!(memorySource({ [path]: JSON.stringify(content) }), { mediaOf: () => ({ width: 64, height: 48 }) });
  const items: LabelledItem[] = await Array.fromAsync(reading.items);
  return { items, report: reading.report() };
};

test('COCO: what is no annotation is counted, and does not move those after it to other images', async () => {
  const { items, report } = await read('coco', 'a.json', { images: cocoImages, categories: [{ id: 1, name: 'car' }], annotations: [box(1, 1), null, 5, box(2, 2), box(1, 3)] });
  const xs = items.map(({ path, annotations }) => [path, annotations.map(({ geometry }) => (geometry.type === 'box' ? geometry.x : undefined))]);
  expect(Object.fromEntries(xs)).toEqual({ 'a.png': [1, 3], 'b.png': [2] });
  expect([report.kept, report.dropped]).toEqual([3, 2]);
});

test('COCO: ids that are there twice, entries that are no objects and categories without a name are told', async () => {
  const twice = [...cocoImages, { id: 1, file_name: 'c.png', width: 64, height: 48 }, 'd.png'];
  const { items, report } = await read('coco', 'a.json', { images: twice, categories: [{ id: 1, name: 'car' }, { id: 1, name: 'dog' }, { id: 2 }], annotations: [box(1, 1)] });
  expect(items.map(({ path, annotations }) => [path, annotations.length]).toSorted()).toEqual([['a.png', 1], ['b.png', 0], ['c.png', 0]]);
  expect(report.notes.map(({ how }) => how)).toEqual([
    'entry 4 of images left out: it is no object',
    'category 1 is there twice: taken as "dog"',
    'category 2 left out: it has no name',
    'its id 1 is that of an image before it, which has the annotations of both',
  ]);
});

test.each([
  ['labelme', 'a.json', { version: '5', imagePath: 'a.png', imageWidth: 64, imageHeight: 48, shapes: [null, 'x'] }],
  ['scale', 'tasks.json', [{ task_id: '1', params: { attachment: 'a.png' }, response: { annotations: [null, 'x'] } }]],
  ['label-studio', 'a.json', [{ data: { image: 'a.png' }, annotations: [{ result: [null, 'x'] }] }]],
  ['datumaro', 'annotations/train.json', { categories: {}, items: [{ id: 'a', image: { path: 'a.png', size: [48, 64] }, annotations: [null, 'x'] }] }],
  ['fiftyone', 'samples.json', { samples: [{ filepath: 'data/a.png', found: { _cls: 'Detections', detections: [null, 'x'] } }] }],
  ['dataloop', 'a.json', { filename: '/a.png', annotations: [null, 'x'] }],
  ['labelbox', 'a.ndjson', { data_row: { external_id: 'a.png' }, projects: { p: { labels: [{ annotations: { objects: [null], classifications: ['x'] } }] } } }],
])('%s: what is no annotation among annotations is counted', async (format, path, content) => {
  const { items, report } = await read(format, path, content);
  expect([items.map((item) => item.path), report.kept, report.dropped]).toEqual([['a.png'], 0, 2]);
});
