import { expect, test } from 'vitest';
import { fullRange, paint, type Frame } from './frame.ts';
import { cut, planesOf, sizeOf } from './planes.ts';
import { colourOf, paintLabels } from './labels-paint.ts';
import { extentOf, fit, lengthOf, toPane, toPicture, zoomAt } from './view.ts';

test('pixels of unlike sides keep their shape, and points go there and back', () => {
  const extent = extentOf({ width: 100, height: 50 }, [0.5, 1]);
  expect([extent.stretchX, extent.stretchY]).toEqual([1, 2]);
  const view = zoomAt(fit(extent, { width: 400, height: 200 }), 2, { x: 10, y: 20 });
  expect(fit(extent, { width: 400, height: 200 }).scale).toBe(2);
  const back = toPicture(view, extent, toPane(view, extent, { x: 7, y: 9 }));
  expect([back.x, back.y].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([7, 9]);
});

test('lengths are millimetres of the spacing, pixels without', () => {
  const line = { slice: 0, from: { x: 0, y: 0 }, to: { x: 3, y: 4 } };
  expect([lengthOf(line, undefined), lengthOf(line, [2, 0.5])]).toEqual([5, Math.hypot(6, 2)]);
});

test('values are shown through a window, MONOCHROME1 the other way round', () => {
  const frame = (inverse: boolean): Extract<Frame, { kind: 'values' }> => ({ kind: 'values', width: 3, height: 1, data: Int16Array.of(0, 1024, 3000), slope: 1, intercept: -1024, inverse, window: undefined });
  const pixels = new Uint8ClampedArray(12);
  paint(frame(false), { center: 0, width: 2048 }, pixels);
  expect([pixels[0], pixels[4], pixels[8], pixels[3]]).toEqual([0, 128, 255, 255]);
  paint(frame(true), { center: 0, width: 2048 }, pixels);
  expect([pixels[0], pixels[8]]).toEqual([255, 0]);
  expect(fullRange(frame(false))).toEqual({ center: 476, width: 3000 });
});

test('planes are turned as radiologists look at them', () => {
  const volume = { shape: [4, 3, 2], affine: [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 5, 0]] };
  const [axial, coronal, sagittal] = planesOf(volume);
  expect(axial).toMatchObject({ name: 'axial', through: 2, slices: 4, width: 2, height: 3, flipX: true, flipY: true, spacing: [2, 2] });
  expect(coronal).toMatchObject({ through: 1, width: 2, height: 4, spacing: [2, 5] });
  expect(sagittal).toMatchObject({ through: 0, width: 3, height: 4 });
  const data = Uint8Array.from({ length: 24 }, (_, at) => at);
  expect(axial && [...cut(data, sizeOf(volume), axial, 1)]).toEqual([11, 10, 9, 8, 7, 6]);
});

test('labels have colours of their own and an opacity each', () => {
  expect(colourOf(1)).not.toEqual(colourOf(2));
  const pixels = new Uint8ClampedArray(8).fill(9);
  paintLabels({ width: 2, height: 1, data: Uint8Array.of(0, 3) }, { 3: 1 }, pixels);
  expect([pixels[3], ...pixels.subarray(4)]).toEqual([0, ...colourOf(3), 255]);
});
