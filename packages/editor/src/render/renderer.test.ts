import { describe, expect, test } from 'vitest';
import type { LoadedAnnotation } from '../document/document.ts';
import { FakeSurface, FakeSurfaces } from '../testing/fake-canvas.ts';
import { TestEditor } from '../testing/test-editor.ts';
import { adjustmentTable } from './picture-layer.ts';
import type { PiecewisePicture } from './picture-source.ts';
import { Renderer } from './renderer.ts';

/** An editor with a grid of boxes, a renderer on fake canvases, and a clock and frames in the test's hands. */
function stage(columns: number, rows: number) {
  const editor = new TestEditor({ settings: { snap: false } });
  const boxes: LoadedAnnotation[] = [];
  for (let index = 0; index < columns * rows; index++) {
    const [x, y] = [10 + (index % columns) * 40, 10 + Math.floor(index / columns) * 40];
    const geometry = { type: 'box', x, y, width: 20, height: 20 } as const;
    boxes.push({ id: `box-${String(index).padStart(5, '0')}`, revision: 1, content: { type: 'box', label: 'car', geometry, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' } });
  }
  editor.document.load(boxes);
  const canvas = new FakeSurface(1, 1);
  const surfaces = new FakeSurfaces();
  const frames: (() => void)[] = [];
  /** `tickMs` passes at every look at the clock. */
  const clock = { nowMs: 0, tickMs: 0 };
  const renderer = new Renderer({
    editor,
    canvas: canvas as unknown as HTMLCanvasElement,
    makeSurface: surfaces.make,
    requestFrame: (draw) => frames.push(draw),
    nowMs: () => (clock.nowMs += clock.tickMs),
  });
  const frame = () => {
    for (const draw of frames.splice(0)) draw();
  };
  const rest = () => {
    clock.nowMs += 1000;
    for (let round = 0; frames.length > 0; round++) {
      clock.nowMs += 16;
      if (round > 500) throw new Error('The renderer does not come to rest');
      frame();
    }
    canvas.calls = [];
  };
  const settle = () => {
    rest();
    surfaces.forget();
  };
  /** What stands on the canvas once all is at rest: each surface put there, with all that was ever drawn on it. */
  const shown = () => {
    rest();
    renderer.invalidate();
    frame();
    return canvas.calls.filter(({ name }) => name === 'drawImage').map(({ args: [surface, ...place] }) => [(surface as FakeSurface).calls, place]);
  };
  return { editor, renderer, canvas, surfaces, frames, clock, settle, frame, shown };
}

describe('what is drawn when', () => {
  test('nothing, while nothing changes', () => {
    const { frames, settle, canvas } = stage(10, 10);
    settle();
    expect(frames).toHaveLength(0);
    expect(canvas.calls).toEqual([]);
  });

  test('many changes ask for one frame', () => {
    const { editor, frames, settle } = stage(10, 10);
    settle();
    editor.camera.panBy(5, 5);
    editor.camera.panBy(5, 5);
    editor.selection.set(['box-00001']);
    expect(frames).toHaveLength(1);
  });

  test('panning moves tiles and draws no shape again', () => {
    const { editor, settle, frame, canvas, surfaces } = stage(10, 10);
    settle();
    editor.camera.panBy(-12, -7);
    frame();
    expect(canvas.count('drawImage')).toBeGreaterThan(0);
    expect(canvas.count('rect')).toBe(0);
    expect(surfaces.count('rect')).toBe(0);
  });

  test('zooming stretches tiles; at rest they are drawn at the new scale', () => {
    const { editor, settle, frame, clock, surfaces, canvas } = stage(10, 10);
    settle();
    editor.camera.zoomBy(1.2);
    frame();
    expect(surfaces.count('rect')).toBe(0);
    expect(canvas.count('drawImage')).toBeGreaterThan(0);
    clock.nowMs += 500;
    frame();
    expect(surfaces.count('rect')).toBeGreaterThan(0);
  });

  test('a new shape draws its own place again, not the tile', () => {
    const { editor, settle, frame, surfaces } = stage(20, 20);
    settle();
    editor.use('box').drag([12, 12], [40, 40]);
    editor.selection.clear();
    frame();
    // The new box and its neighbours, on the tiles of two scales: not the hundreds that the tiles hold.
    expect(surfaces.count('rect')).toBeGreaterThan(0);
    expect(surfaces.count('rect')).toBeLessThan(40);
    expect(surfaces.count('clip')).toBeGreaterThan(0);
  });

  test('a shape that is being dragged leaves the tiles once, and is then drawn on top alone', () => {
    const { editor, settle, frame, surfaces, canvas } = stage(20, 20);
    settle();
    editor.use('select').down(20, 20).move(60, 60);
    frame();
    surfaces.forget();
    canvas.calls = [];
    editor.move(80, 90);
    frame();
    expect(surfaces.count('rect')).toBe(0);
    expect(canvas.count('rect')).toBe(1);
    editor.up();
    frame();
    expect(surfaces.count('rect')).toBeGreaterThan(0);
  });

  test('an empty part of the picture costs no canvas', () => {
    const { settle, surfaces } = stage(1, 1);
    settle();
    expect(surfaces.all.length).toBeLessThanOrEqual(4);
  });

  test('of ten thousand shapes, a frame draws a bounded share', () => {
    const { frame, surfaces } = stage(100, 100);
    frame();
    expect(surfaces.count('rect')).toBeGreaterThan(50);
    expect(surfaces.count('rect')).toBeLessThan(1000);
  });

  test('while the view moves a frame draws little, so that it moves smoothly; once it stands, more', () => {
    const { editor, settle, frame, surfaces, clock } = stage(100, 100);
    settle();
    clock.tickMs = 0.5;
    editor.set({ fillOpacity: 0.5 });
    editor.camera.panBy(1, 0);
    frame();
    const whileMoving = surfaces.count('rect');
    surfaces.forget();
    frame();
    expect(whileMoving).toBeGreaterThan(0);
    expect(surfaces.count('rect')).toBeGreaterThan(whileMoving * 2);
  });

  test('however the view moves, soon there is something to see everywhere', () => {
    const { editor, frame, clock, canvas } = stage(100, 100);
    for (let round = 0; round < 30; round++) {
      editor.camera.set({ zoom: 0.3 + 0.05 * (round % 7), offsetX: -round, offsetY: -round });
      clock.nowMs += 16;
      frame();
    }
    editor.camera.set({ zoom: 0.25, offsetX: 0, offsetY: 0 });
    canvas.calls = [];
    frame();
    const put = canvas.calls.filter(({ name, args }) => name === 'drawImage' && args[7] !== 1);
    const area = put.reduce((sum, { args }) => sum + Number(args[7]) * Number(args[8]), 0);
    expect(area).toBeGreaterThanOrEqual(250 * 200);
  });

  test('who zooms out and in again finds the tiles of before', () => {
    const { editor, settle, frame, surfaces } = stage(20, 20);
    const zoomTo = (zoom: number) => {
      editor.camera.set({ ...editor.camera.current, zoom });
      frame();
    };
    const outAndIn = () => [1.7, 2.9, 1.7, 1].forEach(zoomTo);
    settle();
    outAndIn();
    expect(surfaces.count('rect')).toBeGreaterThan(0);
    surfaces.forget();
    outAndIn();
    expect(surfaces.count('rect')).toBe(0);
  });

  test('after panning, zooming and resting, the picture is the one that is drawn from nothing', () => {
    const moved = stage(40, 40);
    for (let round = 0; round < 30; round++) {
      moved.editor.camera.zoomBy(round % 9 < 5 ? 1.3 : 0.6, [200 + round, 150]);
      moved.editor.camera.panBy(-17 * (round % 3), 11);
      moved.clock.nowMs += 16;
      moved.frame();
    }
    const fresh = stage(40, 40);
    fresh.editor.camera.set(moved.editor.camera.current);
    expect(moved.shown()).toEqual(fresh.shown());
    expect(moved.shown().length).toBeGreaterThan(2);
  });

  test('a brush size is no reason to draw tiles again; an opacity is', () => {
    const { editor, settle, frame, surfaces } = stage(5, 5);
    settle();
    editor.set({ brushSize: 33 });
    frame();
    expect(surfaces.count('rect')).toBe(0);
    editor.set({ fillOpacity: 0.5 });
    frame();
    expect(surfaces.count('rect')).toBeGreaterThan(0);
  });

  test('after its end it draws no more', () => {
    const { editor, renderer, settle, frames } = stage(2, 2);
    settle();
    renderer.end();
    editor.camera.panBy(5, 5);
    expect(frames).toHaveLength(0);
  });
});

describe('brightness, contrast, gamma', () => {
  test('leave the picture alone at one', () => {
    expect(adjustmentTable({ brightness: 1, contrast: 1, gamma: 1 })).toBeUndefined();
  });

  test('gamma lifts the shadows, contrast spreads about mid grey, brightness scales', () => {
    const gamma = adjustmentTable({ brightness: 1, contrast: 1, gamma: 2 });
    expect([gamma?.[0], gamma?.[64], gamma?.[255]]).toEqual([0, 128, 255]);
    const contrast = adjustmentTable({ brightness: 1, contrast: 2, gamma: 1 });
    expect([contrast?.[60], contrast?.[200]]).toEqual([0, 255]);
    const brightness = adjustmentTable({ brightness: 0.5, contrast: 1, gamma: 1 });
    expect([brightness?.[0], brightness?.[255]]).toEqual([0, 128]);
  });
});

test('a picture that comes in pieces: each is asked for once, the overview stands in for it until it is there', () => {
  const { editor, renderer, canvas, surfaces, settle, frame } = stage(0, 0);
  editor.camera.set({ zoom: 1, offsetX: 0, offsetY: 0 });
  const asked: string[] = [];
  const there = new Map<string, object>();
  const overview = { width: 500, height: 400 };
  const picture = {
    overview,
    piece(level: number, column: number, row: number) {
      const key = `${level}/${column}/${row}`;
      asked.push(key);
      return there.get(key);
    },
  } as unknown as PiecewisePicture;
  const draw = () => {
    canvas.calls = [];
    renderer.invalidate();
    frame();
    return canvas.calls.filter(({ name }) => name === 'drawImage').map(({ args: [drawn] }) => drawn);
  };
  settle();
  renderer.setPicture(picture);
  frame();
  draw();
  expect(asked).toEqual(['0/0/0']);
  expect(surfaces.all.flatMap(({ calls }) => calls).filter(({ args: [drawn] }) => drawn === overview).map(({ args }) => args.slice(1))).toEqual([[0, 0, 500, 400, 0, 0, 1000, 800]]);
  const piece = { width: 1000, height: 800 };
  there.set('0/0/0', piece);
  expect(draw()).not.toContain(piece);
  renderer.setPicture(picture);
  expect(draw()).toContain(piece);
  // Adjusted, it is drawn onto a copy.
  editor.set({ picture: { brightness: 1.5, contrast: 1, gamma: 1 } });
  surfaces.forget();
  expect(draw()).not.toContain(piece);
  expect(surfaces.all.flatMap(({ calls }) => calls).filter(({ args: [drawn] }) => drawn === piece)).toHaveLength(1);
});
