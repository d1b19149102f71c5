import { encodeRle, runsFromBitmap } from '@fovea/geometry';
import { expect, test } from 'vitest';
import { FormatError, type LabelledAnnotation, type LabelledItem } from './dataset.ts';
import { formatNamed } from './detect.ts';
import { collectFiles, encodeText, memorySource } from './files.ts';

const size = { width: 8, height: 8 };
const plain = { attributes: {}, frame: null, endFrame: null, confidence: null, source: 'import' as const };
const box: LabelledAnnotation = { ...plain, type: 'box', label: 'car', geometry: { type: 'box', x: 1, y: 1, width: 3, height: 2 } };
const rle = encodeRle(runsFromBitmap(Uint8Array.from({ length: 64 }, (_, at) => Number(at < 9)), 8, 8));
const mask: LabelledAnnotation = { ...plain, type: 'mask', label: 'road', geometry: { type: 'mask', rle } };
const text: LabelledAnnotation = { ...plain, type: 'text', label: 'caption', geometry: { type: 'text', text: 'a car' } };
const labels = { labels: [{ name: 'car' }, { name: 'road' }, { name: 'caption' }] };

/** The label files of three pictures, each written by itself into a folder; those of some of them break off. */
async function filesOf(name: string, broken: readonly string[]): Promise<Record<string, Uint8Array>> {
  const all: Record<string, Uint8Array> = {};
  for (const folder of ['a', 'b', 'c']) {
    const item: LabelledItem = { path: `${folder}.jpg`, ...size, annotations: [box, mask, text] };
    const files = await collectFiles(formatNamed(name)!.write([item], labels).pieces);
    for (const [path, bytes] of Object.entries(files)) {
      const isBroken = broken.includes(folder) && /\.(xml|json|ndjson|parquet|png)$/.test(path);
      all[`${folder}/${path}`] = isBroken ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes;
    }
  }
  return all;
}

async function read(name: string, files: Record<string, Uint8Array | string>) {
  const reading = formatNamed(name)!.read!(memorySource(files), { mediaOf: () => size });
  const items = await Array.fromAsync(reading.items);
  return { items, report: reading.report() };
}

const names = ['voc', 'voc-segmentation', 'labelme', 'cvat', 'dataloop', 'label-studio', 'labelbox', 'scale', 'datumaro', 'fiftyone', 'coco', 'coco-captions', 'coco-panoptic', 'parquet'];

test.each(names)('%s: a broken file among others is named and left out, and the others come', async (name) => {
  const whole = await read(name, await filesOf(name, []));
  expect(whole.items.map(({ path }) => path.split('/').at(-1))).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  const { items, report } = await read(name, await filesOf(name, ['b']));
  expect(items).toEqual(whole.items.filter(({ path }) => !path.endsWith('b.jpg')));
  expect(report.notes.filter(({ path, how }) => path.startsWith('b/') && /left out/.test(how))).not.toEqual([]);
  expect(report.kept + report.approximated).toBe(items.reduce((sum, item) => sum + item.annotations.length, 0));
});

test.each(names)('%s: where nothing can be read, the first broken file is the fault', async (name) => {
  await expect(filesOf(name, ['a', 'b', 'c']).then((files) => read(name, files))).rejects.toThrow(FormatError);
});

test('a file that breaks off behind some of its items gives those that are whole, and says where it breaks', async () => {
  const image = (name: string) => `<image name="${name}" width="8" height="8"><box label="car" xtl="1" ytl="1" xbr="4" ybr="3"/></image>`;
  const video = '<meta><task><mode>interpolation</mode><size>9</size></task></meta>';
  const track = '<track id="0" label="car"><box frame="0" xtl="1" ytl="1" xbr="4" ybr="3" outside="0" keyframe="1"/></track>';
  const { items, report } = await read('cvat', {
    'first.xml': `<annotations>${image('a.jpg')}${image('b.jpg')}<image na`,
    'second.xml': `<annotations>${image('c.jpg')}</annotations>`,
    'third.xml': `<annotations>${video}${track}<track`,
  });
  expect(items.map(({ path, annotations }) => [path, annotations.length])).toEqual([['a.jpg', 1], ['b.jpg', 1], ['c.jpg', 1]]);
  // Of a video half the tracks would pass for all of them.
  expect([report.items, report.kept]).toEqual([3, 3]);
  const told = Object.fromEntries(report.notes.map(({ path, how }) => [path, how]));
  expect(told).toMatchObject({ 'first.xml': expect.stringMatching(/^read up to item 2, the rest left out: it is not well-formed XML/), 'third.xml': expect.stringMatching(/^file left out: it is not well-formed/) });
});

test('a line of NDJSON that is broken is told by its number', async () => {
  const row = (name: string) => JSON.stringify({ data_row: { external_id: name }, media_attributes: size, projects: {} });
  const { items, report } = await read('labelbox', { 'rows.ndjson': [row('a.jpg'), '{"data_row": {', row('b.jpg')].join('\n') });
  expect(items.map(({ path }) => path)).toEqual(['a.jpg', 'b.jpg']);
  expect(report.notes).toMatchObject([{ path: 'rows.ndjson', how: 'line 2 left out: it is no JSON' }]);
});

test('a mask whose picture is broken is dropped, and the rest of its file comes', async () => {
  const shapes = [{ label: 'road', shape_type: 'mask', points: [[0, 0], [1, 1]], mask: btoa('no picture') }, { label: 'car', shape_type: 'point', points: [[1, 1]] }];
  const { items, report } = await read('labelme', { 'a.json': encodeText(JSON.stringify({ version: '5', flags: {}, imagePath: 'a.jpg', imageWidth: 8, imageHeight: 8, shapes })) });
  expect(items[0]?.annotations.map(({ label }) => label)).toEqual(['car']);
  expect(report.notes[0]).toMatchObject({ outcome: 'dropped', how: expect.stringContaining('its mask cannot be read') });
});
