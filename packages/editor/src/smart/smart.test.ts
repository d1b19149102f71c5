import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { area } from '@fovea/geometry';
import { describe, expect, test } from 'vitest';
import { pixelsOf } from '../editing/mask-commands.ts';
import { tiledMask } from '../masks/mask-geometry.ts';
import { paintedPicture, readPainted } from '../testing/fake-picture.ts';
import type { Paint } from '../testing/fake-picture.ts';
import { TestEditor } from '../testing/test-editor.ts';
import { stateAt } from '../video/track-state.ts';
import { interpolateSelectedMasks } from './interpolate-masks.ts';
import { trackForward } from './track-forward.ts';

const isDisc = (x: number, y: number) => Math.hypot(x + 0.5 - 200, y + 0.5 - 150) <= 80;
const discPaint: Paint = (x, y) => (isDisc(x, y) ? [200, 80, 60] : [60, 120, 90]);

function onDisc(settings = {}): TestEditor {
  const editor = new TestEditor({ width: 400, height: 300, settings: { snap: false, ...settings } });
  editor.setPicture({ width: 400, height: 300, frames: undefined }, paintedPicture(discPaint, 12));
  editor.camera.set({ zoom: 1, offsetX: 0, offsetY: 0 });
  return editor;
}

/** How well a geometry covers the disc: intersection over union. */
function fit(editor: TestEditor, geometry: AnnotationGeometry): number {
  const pixels = pixelsOf(editor, geometry);
  let [both, either] = [0, 0];
  for (let y = 0; y < 300; y++) {
    for (let x = 0; x < 400; x++) {
      const [a, b] = [isDisc(x, y), pixels?.has(x, y) ?? false];
      both += a && b ? 1 : 0;
      either += a || b ? 1 : 0;
    }
  }
  return both / either;
}

describe('the magnetic outline', () => {
  test('goes around the disc in a few clicks', () => {
    const editor = onDisc().use('live_wire');
    editor.click(200, 70).click(280, 150).click(200, 230).click(120, 150).key('Enter');
    expect(editor.only.type).toBe('polygon');
    expect(fit(editor, editor.only.geometry)).toBeGreaterThan(0.94);
  });

  test('Backspace takes a click back, Control draws straight', () => {
    const editor = onDisc().use('live_wire').click(200, 70).click(280, 150).click(10, 10).key('Backspace');
    editor.click(200, 230);
    editor.holding({ mod: true }, () => editor.click(200, 70));
    const { geometry } = editor.only;
    expect(geometry.type === 'polygon' && geometry.points.every(([x, y]) => Math.abs(Math.hypot(x - 200, y - 150) - 80) < 6 || Math.abs(x - 200) < 6)).toBe(true);
  });

  test('without the picture’s pixels says so', () => {
    const editor = new TestEditor().use('live_wire').click(100, 100);
    expect(editor.notices).toEqual(['The picture’s pixels are not there yet']);
    expect(editor.tools.isBusy).toBe(false);
  });
});

describe('the magic wand', () => {
  test('takes the disc as a polygon', () => {
    const editor = onDisc({ fillTolerance: 40 }).use('wand').click(200, 150);
    expect(editor.only.type).toBe('polygon');
    expect(fit(editor, editor.only.geometry)).toBeGreaterThan(0.96);
  });

  test('or as a mask, exactly', () => {
    const editor = onDisc({ fillTolerance: 40, smartShape: 'mask' }).use('wand').click(200, 150);
    expect(fit(editor, editor.only.geometry)).toBe(1);
  });

  test('Shift adds to the mask in hand, Alt takes away from it', () => {
    const editor = onDisc({ fillTolerance: 40, smartShape: 'mask', brushSize: 40 });
    editor.use('brush').drag([20, 20], [60, 20]);
    const before = tiledMask(editor.only.geometry as Extract<AnnotationGeometry, { type: 'mask' }>).area();
    editor.use('wand').holding({ shift: true }, () => editor.click(200, 150));
    const added = area(editor.only.geometry);
    expect(added).toBeGreaterThan(before + 19_000);
    editor.holding({ alt: true }, () => editor.click(200, 150));
    expect(area(editor.only.geometry)).toBe(before);
  });

  test('where the label may only be a mask, makes a mask', () => {
    const editor = onDisc({ fillTolerance: 40 });
    editor.setLabels([{ name: 'lesion', color: '#ff0000', types: ['mask'] }]);
    editor.use('wand').click(200, 150);
    expect(editor.only.type).toBe('mask');
  });
});

test('a box around the disc becomes its outline, as one step to undo', () => {
  const editor = onDisc().use('smart_box').drag([105, 58], [292, 245]);
  expect(editor.only.type).toBe('polygon');
  expect(fit(editor, editor.only.geometry)).toBeGreaterThan(0.96);
  editor.document.undo();
  expect(editor.document.size).toBe(0);
});

test('superpixels passed by the pointer become one shape', () => {
  const editor = onDisc({ superpixelSize: 20 }).use('superpixels');
  const way: Xy[] = [];
  for (let y = 100; y <= 200; y += 10) way.push([150, y], [250, y]);
  editor.drag([200, 100], ...way);
  expect(editor.document.size).toBe(1);
  const pixels = pixelsOf(editor, editor.only.geometry);
  let outside = 0;
  for (let y = 0; y < 300; y++) for (let x = 0; x < 400; x++) outside += pixels?.has(x, y) && !isDisc(x, y) ? 1 : 0;
  expect(outside / (pixels?.area() ?? 1)).toBeLessThan(0.06);
});

describe('on a video', () => {
  /** A patterned card that moves 3 pixels right and 1 down each frame. */
  const card = (frame: number): Paint => (x, y) => {
    const [u, v] = [x - 40 - frame * 3, y - 60 - frame];
    const isOn = frame < 25 && u >= 0 && v >= 0 && u < 60 && v < 40;
    return isOn ? [120 + 80 * Math.sin(u / 4), 110 + 90 * Math.cos(v / 3 + u / 9), 80] : [100, 100, 105];
  };
  const frames = {
    read: (frame: number, toWidth: number, toHeight: number) =>
      Promise.resolve(readPainted(card(frame), { x: 0, y: 0, width: 400, height: 300, toWidth, toHeight }, 8)),
  };
  const withCard = () => {
    const editor = new TestEditor({ width: 400, height: 300, frames: 40, settings: { snap: false } });
    return editor.use('box').drag([40, 60], [100, 100]).use('select');
  };

  test('a box follows what it was drawn on', async () => {
    const editor = withCard();
    const done = await trackForward(editor, { frames, count: 15 });
    expect([...done.values()]).toEqual([15]);
    expect(editor.document.undoTitles[0]).toBe('Track forward');
    for (const frame of [4, 10, 15]) {
      const state = stateAt(editor.only, frame);
      expect(state?.geometry.type === 'box' && Math.abs(state.geometry.x - 40 - frame * 3)).toBeLessThan(3);
      expect(state?.geometry.type === 'box' && Math.abs(state.geometry.y - 60 - frame)).toBeLessThan(3);
    }
    editor.document.undo();
    expect(editor.only.keyframes).toHaveLength(1);
  });

  test('stops where the object is gone, and says so', async () => {
    const editor = withCard();
    const [reached] = (await trackForward(editor, { frames, count: 39 })).values();
    expect(reached).toBeGreaterThanOrEqual(20);
    expect(reached).toBeLessThanOrEqual(25);
    expect(editor.notices).toEqual(['The object was lost on the way']);
  });

  test('can be stopped, and keeps what it has found', async () => {
    const editor = withCard();
    const stop = new AbortController();
    await trackForward(editor, { frames, count: 30, signal: stop.signal, onProgress: (done) => done === 10 && stop.abort() });
    expect(editor.only.keyframes?.at(-1)?.frame).toBe(10);
  });

  test('the frames between two masks are filled', () => {
    const editor = new TestEditor({ width: 400, height: 300, frames: 20, settings: { snap: false, drawTracks: false, brushSize: 40 } });
    editor.use('brush').click(100, 100);
    editor.selection.clear();
    editor.setFrame(4);
    editor.click(180, 140);
    editor.selection.set(editor.document.ordered().map(({ id }) => id));
    interpolateSelectedMasks(editor);
    expect(editor.only).toMatchObject({ frame: 0, endFrame: 4 });
    const middle = stateAt(editor.only, 2)?.geometry;
    if (middle?.type !== 'mask') throw new Error('no mask');
    const bounds = tiledMask(middle).bounds();
    expect([(bounds!.minX + bounds!.maxX) / 2, (bounds!.minY + bounds!.maxY) / 2]).toEqual([140, 120]);
    expect(area(middle)).toBeGreaterThan(1000);
    expect(Math.abs(area(middle) / area(editor.only.geometry) - 1)).toBeLessThan(0.1);
  });
});
