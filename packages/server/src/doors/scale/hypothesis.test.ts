// Pre-labels of every kind of task, as customers take them from earlier responses.
import { decodeRle } from '@fovea/geometry';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { prelabelsOf } from './hypothesis.ts';

const box = (x: number, more: object = {}) => ({ type: 'box', label: 'car', left: x, top: 1, width: 4, height: 4, ...more });
const nothing = async () => undefined;
const file = (content: unknown) => async (url: string) => (url === 'https://example.com/file' ? (Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))) : undefined);
const url = 'https://example.com/file';
const geometries = { box: { objects_to_annotate: ['car'] } };

test('shapes on a picture; what has no label carries the first of the task, what is none is counted', async () => {
  const { drafts, unread } = await prelabelsOf({ type: 'imageannotation', params: { geometries, hypothesis: { annotations: [box(1), { left: 2, top: 2, width: 3, height: 3 }, { type: 'blob' }] } } }, nothing);
  expect(drafts.map(({ page, content }) => [page, content.label, content.type])).toEqual([[0, 'car', 'box'], [0, 'car', 'box']]);
  expect(unread).toBe(1);
});

test('text at places of documents, each on its page', async () => {
  const annotations = [{ uuid: 'a', page: 1, label: 'total', text: '12 €', location: { type: 'box', left: 1, top: 2, width: 3, height: 4 }, refs: [] }];
  const { drafts } = await prelabelsOf({ type: 'documenttranscription', params: { hypothesis: { annotations } } }, nothing);
  expect(drafts).toMatchObject([{ page: 1, content: { label: 'total', geometry: { type: 'box', x: 1, y: 2, width: 3, height: 4 }, attributes: { text: '12 €' } } }]);
});

test('a segmentation: the picture of indices in the words of its mapping', async () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, at) => (at % 4 === 0 ? 0 : at < 4 ? 1 : 2));
  const png = await sharp(pixels, { raw: { width: 4, height: 3, channels: 1 } }).toColourspace('b-w').png().toBuffer();
  const hypothesis = (indexedImage: string) => ({ labelMapping: { road: { index: 1 }, person: [{ index: 2 }] }, annotations: { combined: { indexedImage } } });
  const { drafts, unread } = await prelabelsOf({ type: 'segmentannotation', params: { hypothesis: hypothesis(url) } }, file(png));
  const areas = drafts.map(({ content }) => [content.label, content.geometry.type === 'mask' && decodeRle(content.geometry.rle).lengths.reduce((sum: number, run: number, at: number) => (at % 2 === 1 ? sum + run : sum), 0)]);
  expect([areas, unread]).toEqual([[['road', 3], ['person', 6]], 0]);
  for (const broken of [file(Buffer.from('no picture')), file(await sharp(Uint8Array.of(9), { raw: { width: 1, height: 1, channels: 1 } }).png().toBuffer()), nothing]) {
    expect(await prelabelsOf({ type: 'segmentannotation', params: { hypothesis: hypothesis(url) } }, broken)).toEqual({ drafts: [], unread: 1 });
  }
});

test('frames of one video: an object is one track, and outside where it is away', async () => {
  const frames = [{ annotations: [box(1, { uuid: 'a' })] }, { annotations: [] }, { annotations: [box(5, { uuid: 'a' }), box(9, { uuid: 'b' })] }];
  const { drafts } = await prelabelsOf({ type: 'videoannotation', params: { geometries, attachment: 'v.mp4', base_annotations: { annotations: { url } } } }, file(frames));
  expect(drafts.map(({ content: { frame, endFrame, keyframes } }) => [frame, endFrame, keyframes?.map((key) => [key.frame, key.outside ?? false])])).toEqual([
    [0, 2, [[0, false], [1, true], [2, false]]],
    [2, 2, [[2, false]]],
  ]);
});

test('frames that are files of their own: one annotation on each, of one group', async () => {
  const frames = [{ annotations: [box(1, { uuid: 'a' })] }, { annotations: [box(5, { uuid: 'a' })] }];
  const { drafts } = await prelabelsOf({ type: 'videoannotation', params: { geometries, attachments: ['1.png', '2.png'], hypothesis: { annotations: frames } } }, nothing);
  expect(drafts.map(({ page, content }) => [page, content.group, content.keyframes])).toEqual([[0, 'a', undefined], [1, 'a', undefined]]);
});

test('key frames by object, bare or in an array', async () => {
  const tracks = { annotations: { a: { label: 'car', geometry: 'box', frames: [{ key: 3, timestamp: 1, left: 1, top: 1, width: 2, height: 2 }, { key: 8, timestamp: 2, left: 2, top: 1, width: 2, height: 2 }] } } };
  for (const content of [tracks, [tracks]]) {
    const { drafts } = await prelabelsOf({ type: 'videoplaybackannotation', params: { geometries, hypothesis: { annotations: { url } } } }, file(content));
    expect(drafts).toMatchObject([{ content: { label: 'car', frame: 3, endFrame: 8, keyframes: [{ frame: 3 }, { frame: 8 }] } }]);
    expect(drafts[0]?.content.keyframes).toHaveLength(2);
  }
  expect(await prelabelsOf({ type: 'videoplaybackannotation', params: { hypothesis: { annotations: { url } } } }, nothing)).toEqual({ drafts: [], unread: 1 });
});

test('answers to questions are left to the form', async () => {
  expect(await prelabelsOf({ type: 'textcollection', params: { hypothesis: { annotations: { why: 'so' } } } }, nothing)).toEqual({ drafts: [], unread: 0 });
});
