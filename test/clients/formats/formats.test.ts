// What is exported is read by the readers that people use: pycocotools, supervision, Datumaro, FiftyOne, Arrow, webdataset, tfrecord. None of them knows us.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpackInto } from '../../../packages/cli/src/convert/files.ts';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { pythonWith } from '../python.ts';

const readers = pythonWith(['pycocotools==2.0.11', 'supervision==0.31.2']);
const datumaro = pythonWith(['datumaro==1.10.0']);
// Its database is the last one that comes as a wheel, and wants the OpenSSL that the third package brings.
const fiftyone = pythonWith(['fiftyone==1.22.1', 'fiftyone-db==0.4.5', 'psycopg2-binary==2.9.5']);
const shards = pythonWith(['webdataset==1.0.2', 'pyarrow==26.0.1', 'tfrecord==1.14.6', 'pillow']);
const why = (found: typeof readers) => ('missing' in found ? ` (skipped: ${found.missing})` : '');

let platform: TestPlatform;
let folder: string;
let dataset: string;

const boxes = [
  { path: 'a.png', label: 'car', x: 4, y: 8, width: 16, height: 24 },
  { path: 'a.png', label: 'dog', x: 30, y: 2, width: 20, height: 10 },
  { path: 'b.png', label: 'car', x: 0, y: 0, width: 64, height: 48 },
];

beforeAll(async () => {
  platform = await startTestPlatform();
  folder = await mkdtemp(join(tmpdir(), 'fovea-readers-'));
  const project = (await platform.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await platform.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  for (const [index, name] of ['a.png', 'b.png', 'unlabelled.png'].entries()) {
    const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: { r: index * 50, g: 90, b: 9 } } }).png().toBuffer();
    const { id } = (await platform.call('POST', `/v1/datasets/${dataset}/items?path=/${name}`, { body: bytes })).body.item;
    const annotations: object[] = boxes.filter(({ path }) => path === name).map(({ label, x, y, width, height }) => ({ type: 'box', label, geometry: { type: 'box', x, y, width, height } }));
    if (name === 'b.png') {
      // A triangle of half of 40 × 30 pixels, and a mask of two columns of 48.
      annotations.push({ type: 'polygon', label: 'dog', geometry: { type: 'polygon', points: [[10, 10], [50, 10], [10, 40]] } });
      annotations.push({ type: 'mask', label: 'tree', geometry: { type: 'mask', rle: { size: [48, 64], counts: [96, 96, 2880] } } });
    }
    if (name === 'a.png') {
      annotations.push({ type: 'classification', label: 'night', geometry: { type: 'classification' } });
      const points = [{ name: 'nose', x: 10, y: 10, visibility: 2 }, { name: 'tail', x: 20, y: 30, visibility: 1 }];
      annotations.push({ type: 'keypoints', label: 'person', geometry: { type: 'keypoints', points } });
    }
    if (annotations.length > 0) await platform.call('POST', `/v1/items/${id}/annotations`, { body: { annotations } });
  }
});
afterAll(async () => {
  await platform.close();
  await rm(folder, { recursive: true, force: true });
});

async function exported(format: string, more: object = {}): Promise<string> {
  const made = (await platform.call('POST', `/v1/datasets/${dataset}/exports`, { body: { format, media: 'included', ...more } })).body;
  const { url } = (await platform.call('GET', `/v1/exports/${made.id}?waitSeconds=60`)).body;
  const room = await mkdtemp(join(folder, `${format}-`));
  await writeFile(join(room, 'archive.zip'), Buffer.from(await (await fetch(url)).arrayBuffer()));
  await mkdir(join(room, 'files'));
  await unpackInto(join(room, 'archive.zip'), join(room, 'files'));
  return join(room, 'files');
}

function read(found: typeof readers, ...args: string[]): any {
  if ('missing' in found) throw new Error(found.missing);
  const { status, stdout, stderr } = spawnSync(found.python, [join(import.meta.dirname, 'read.py'), ...args], { encoding: 'utf8', timeout: 540_000, maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(stderr.trim().split('\n').slice(-8).join('\n'));
  return JSON.parse(stdout);
}

const sorted = (found: readonly { path: string; label: string; box?: number[] }[]) => found.map(({ path, label, box }) => [path.replace(/^.*\//, ''), label, ...(box ?? []).map((value) => Math.round(value * 100) / 100)].join(' ')).sort();
const wanted = boxes.map(({ path, label, x, y, width, height }) => ({ path, label, box: [x, y, x + width, y + height] }));

describe.skipIf('missing' in readers)(`pycocotools and supervision${why(readers)}`, () => {
  test('pycocotools finds every box, and as many pixels in masks and outlines as were drawn', async () => {
    const found = read(readers, 'pycocotools', await exported('coco'));
    expect(found.map(({ path, label, bbox }: any) => [path, label, ...bbox].join(' '))).toEqual(expect.arrayContaining(boxes.map(({ path, label, x, y, width, height }) => [path, label, x, y, width, height].join(' '))));
    expect(found.find(({ label }: any) => label === 'tree')).toMatchObject({ bbox: [2, 0, 2, 48], pixels: 96, area: 96 });
    const triangle = found.find(({ label, pixels }: any) => label === 'dog' && pixels !== null);
    expect(triangle.area).toBe(600);
    expect(Math.abs(triangle.pixels - 600)).toBeLessThan(40);
  }, 120_000);
  test('the evaluation of pycocotools takes the labels as truth and as results, and finds them equal', async () => {
    expect(read(readers, 'coco-results', await exported('coco'))).toBe(1);
  }, 120_000);
  test.each(['yolo', 'voc'])('supervision reads %s: the same boxes', async (format) => {
    const found = read(readers, 'supervision', await exported(format), format);
    // supervision takes the first corner of VOC to be counted from 1; we write them as they are, as most tools do.
    const shift = format === 'voc' ? 1 : 0;
    expect(sorted(found)).toEqual(expect.arrayContaining(sorted(wanted.map((one) => ({ ...one, box: one.box.map((value, index) => (index < 2 ? value - shift : value)) })))));
    // The polygon, the mask and the key points come as their boxes.
    expect(found).toHaveLength(6);
  }, 120_000);
  test('supervision reads COCO: the same boxes', async () => {
    expect(sorted(read(readers, 'supervision', await exported('coco'), 'coco'))).toEqual(expect.arrayContaining(sorted(wanted)));
  }, 120_000);
});

describe.skipIf('missing' in datumaro)(`Datumaro${why(datumaro)}`, () => {
  test.each([['datumaro', 'datumaro'], ['coco', 'coco'], ['coco-panoptic', 'coco_panoptic'], ['cvat', 'cvat'], ['voc', 'voc'], ['voc-segmentation', 'voc_segmentation'], ['yolo', 'yolo'], ['kitti', 'kitti_detection'], ['open-images', 'open_images']])('reads %s', async (format, kind) => {
    const found = read(datumaro, 'datumaro', await exported(format), kind);
    const labels = found.map(({ label }: any) => label).sort();
    expect(labels.filter((label: string) => label === 'car')).toHaveLength(2);
    expect(labels).toContain('dog');
  }, 120_000);
  test('finds every box of Open Images where it was', async () => {
    const found = read(datumaro, 'datumaro', await exported('open-images'), 'open_images').filter(({ type }: any) => type === 'bbox');
    expect(sorted(found)).toEqual(expect.arrayContaining(sorted(wanted.map((one) => ({ ...one, path: one.path.replace(/\.png$/, '') })))));
    expect(found).toHaveLength(6);
  }, 120_000);
});

describe.skipIf('missing' in readers)(`what a trainer of YOLO models takes${why(readers)}`, () => {
  test.each([
    ['yolo', 'detect', {}],
    ['yolo', 'detect', { splitStyle: 'lists' }],
    ['yolo', 'detect', { splits: { by: 'share', splits: { parts: [{ name: 'train', share: 0.5 }, { name: 'val', share: 0.5 }] } } }],
    ['yolo-segment', 'segment', {}],
    ['yolo-obb', 'obb', {}],
    ['yolo-pose', 'pose', {}],
  ])('%s as %s, %j', async (format, task, more) => {
    const found = read(readers, 'ultralytics', await exported(format, more), task);
    const labels = found.map(({ label }: any) => label);
    if (task === 'pose') expect(labels).toEqual(['person']);
    else expect(labels).toEqual(expect.arrayContaining(['car', 'dog', 'tree']));
  }, 120_000);
  test('classification: a folder for each class', async () => {
    expect(read(readers, 'classified', await exported('yolo-classify'))).toContainEqual({ path: 'a.png', label: 'night', split: 'train' });
  }, 120_000);
});

describe.skipIf('missing' in fiftyone)(`FiftyOne${why(fiftyone)}`, () => {
  test('reads its own format (every sample with its picture, boxes, outlines, masks and points), and the boxes of COCO, VOC and YOLO', async () => {
    const kinds = ['fiftyone', 'coco', 'voc', 'yolo'];
    const given: string[] = [];
    for (const kind of kinds) given.push(await exported(kind), kind);
    const [found, ...others] = read(fiftyone, 'fiftyone', ...given);
    const samples = found.filter(({ type }: any) => type === 'sample');
    expect(samples.map(({ path, there }: any) => [path, there]).sort()).toEqual([['a.png', true], ['b.png', true], ['unlabelled.png', true]]);
    const detections = found.filter(({ type }: any) => type === 'Detection');
    expect(sorted(detections.filter(({ pixels }: any) => pixels === null))).toEqual(sorted(wanted));
    expect(detections.find(({ label }: any) => label === 'tree').pixels).toBe(96);
    expect(found.find(({ type }: any) => type === 'Polyline')).toMatchObject({ label: 'dog' });
    expect(found.filter(({ type }: any) => type === 'Keypoint' || type === 'Classification').map(({ label }: any) => label).sort()).toEqual(['night', 'person']);
    for (const boxes of others) expect(sorted(boxes.filter(({ type }: any) => type === 'Detection'))).toEqual(expect.arrayContaining(sorted(wanted)));
  }, 600_000);
});

describe.skipIf('missing' in shards)(`tables and shards${why(shards)}`, () => {
  test('Arrow reads the table of annotations', async () => {
    const found = read(shards, 'tables', await exported('parquet'));
    for (const { path, label, x, y, width, height } of boxes) expect(found).toContainEqual(expect.objectContaining({ path, label, type: 'box', xmin: x, ymin: y, xmax: x + width, ymax: y + height }));
    expect(found).toContainEqual(expect.objectContaining({ path: 'unlabelled.png', type: null }));
  }, 120_000);
  test('webdataset gives samples with their pictures', async () => {
    const found = read(shards, 'shards', await exported('webdataset'));
    expect(found.map(({ path, size }: any) => [path, size])).toEqual([['a.png', [64, 48]], ['b.png', [64, 48]], ['unlabelled.png', [64, 48]]]);
    expect(found[1].labels.toSorted()).toEqual(['car', 'dog', 'tree']);
  }, 120_000);
  test('tfrecord gives examples with their pictures', async () => {
    const found = read(shards, 'records', await exported('tfrecord'));
    expect(found.map(({ path, size }: any) => [path, size])).toEqual([['a.png', [64, 48]], ['b.png', [64, 48]], ['unlabelled.png', [64, 48]]]);
    expect(found[1].labels.toSorted()).toEqual(['car', 'dog', 'tree']);
    expect(found.every(({ encoded }: any) => encoded > 50)).toBe(true);
  }, 120_000);
});
