import type { AnnotationGeometry } from '@fovea/contract';
import { encodeRle, runsFromBitmap } from '@fovea/geometry';
import { expect, test } from 'vitest';
import { flipGeometry, flippedAffine, flipPixels, flipsOf } from './upright.ts';

const item = (affine: unknown, kind: 'nifti' | 'dicom' = 'nifti') => ({ kind, summary: { affine }, width: 4, height: 3, frames: 2 });
const ras = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0]];

test('slices are turned so that the front is up and the right of the patient on the left', () => {
  expect(flipsOf(item(ras))).toEqual({ x: true, y: true });
  expect(flipsOf(item([[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0]]))).toEqual({ x: false, y: true });
  expect(flipsOf(item([[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 2, 0]]))).toBeUndefined();
  expect(flipsOf(item(undefined))).toBeUndefined();
  expect(flipsOf(item(ras, 'dicom'))).toBeUndefined();
  expect(flipsOf(item(flippedAffine(ras, { x: true, y: true })))).toBeUndefined();
});

test('pixels are turned in place', () => {
  const data = Int16Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  flipPixels(data, { width: 4, height: 3 }, { x: true, y: false });
  expect([...data]).toEqual([4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9]);
  flipPixels(data, { width: 4, height: 3 }, { x: true, y: true });
  expect([...data]).toEqual([9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4]);
});

const mask = (...pixels: number[]) => encodeRle(runsFromBitmap(Uint8Array.from({ length: 12 }, (_, at) => (pixels.includes(at) ? 1 : 0)), 4, 3));
const shapes: [string, AnnotationGeometry, AnnotationGeometry][] = [
  ['a box', { type: 'box', x: 0, y: 0, width: 1, height: 2 }, { type: 'box', x: 3, y: 1, width: 1, height: 2 }],
  ['a point', { type: 'point', x: 1, y: 0.5 }, { type: 'point', x: 3, y: 2.5 }],
  ['a mask', { type: 'mask', rle: mask(0, 5) }, { type: 'mask', rle: mask(11, 6) }],
  ['an edit of a volume', { type: 'volume', value: 1, size: [4, 3, 2], slices: [{ frame: 1, rle: mask(0) }, { frame: 0, rle: null }] }, { type: 'volume', value: 1, size: [4, 3, 2], slices: [{ frame: 1, rle: mask(11) }, { frame: 0, rle: null }] }],
  ['a class of the whole', { type: 'classification' }, { type: 'classification' }],
];
test.each(shapes)('%s goes there and back', (_name, before, after) => {
  const turn = (geometry: AnnotationGeometry) => JSON.parse(JSON.stringify(flipGeometry(geometry, { width: 4, height: 3 }, { x: true, y: true }))) as AnnotationGeometry;
  expect(turn(before)).toEqual(after);
  expect(turn(turn(before))).toEqual(before);
});
