import { barePainter, editorPainter, konvaPainter, svgPainter } from './painters.ts';
import type { EditorPainter, Painter, Scene } from './painters.ts';
import { makePicture, makePolygons, pictureSize, viewAt } from './polygons.ts';

/** What the page offers to the benchmark that drives it. */
export interface BenchPage {
  prepare(polygons: number): void;
  move(painter: PainterName, frames: number): Promise<MoveResult>;
  hitTest(count: number): { medianMs: number; p95Ms: number };
  createShapes(count: number): Promise<{ medianMs: number; p95Ms: number }>;
  show(painter: PainterName, frame: number): Promise<void>;
  /** The painter in use, for probing by hand. */
  current(): unknown;
  clear(): void;
}

export interface MoveResult {
  readonly scriptMedianMs: number;
  readonly scriptP95Ms: number;
  readonly framesPerSecond: number;
}

const painters = { editor: editorPainter, bare: barePainter, konva: konvaPainter, svg: svgPainter };
export type PainterName = keyof typeof painters;

let scene: Scene;
let current: { name: PainterName; painter: Painter } | undefined;

const nextFrame = () => new Promise<number>((done) => requestAnimationFrame(done));
/** After the frame that has just been asked for is on the screen. */
const painted = async () => {
  await nextFrame();
  await new Promise<void>((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => done(), { once: true });
    port1.start();
    port2.postMessage(undefined);
  });
};

function use(name: PainterName): Painter {
  if (current?.name !== name) {
    current?.painter.end();
    current = { name, painter: painters[name](scene) };
  }
  return current.painter;
}

function share(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

const bench: BenchPage = {
  prepare(polygons) {
    const stage = document.querySelector<HTMLElement>('#stage');
    if (!stage) throw new Error('no stage');
    scene = { stage, polygons: makePolygons(polygons), picture: makePicture() };
  },

  async move(name, frames) {
    const painter = use(name);
    for (let frame = 0; frame < 5; frame++) {
      await nextFrame();
      painter.draw(viewAt(0));
    }
    const times: number[] = [];
    await nextFrame();
    const start = performance.now();
    for (let frame = 0; frame < frames; frame++) {
      const before = performance.now();
      painter.draw(viewAt(frame));
      times.push(performance.now() - before);
      await nextFrame();
    }
    const seconds = (performance.now() - start) / 1000;
    times.sort((a, b) => a - b);
    return { scriptMedianMs: share(times, 0.5), scriptP95Ms: share(times, 0.95), framesPerSecond: frames / seconds };
  },

  hitTest(count) {
    const { editor } = use('editor') as EditorPainter;
    const times: number[] = [];
    for (let round = 0; round < count; round++) {
      const point: [number, number] = [(round * 733.7) % pictureSize.width, (round * 391.3) % pictureSize.height];
      const before = performance.now();
      editor.scene.hit(point, 5);
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    return { medianMs: share(times, 0.5), p95Ms: share(times, 0.95) };
  },

  async createShapes(count) {
    const { editor, renderer } = use('editor') as EditorPainter;
    editor.camera.set(viewAt(0));
    while (renderer.draw()) await nextFrame();
    editor.tools.use('box');
    const times: number[] = [];
    const pointer = { type: 'pointer', button: 0, clicks: 1, pressure: 0.5, device: 'mouse', shift: false, alt: false, mod: true } as const;
    for (let round = 0; round < count; round++) {
      const [x, y] = [100 + ((round * 97) % 1000), 100 + ((round * 53) % 600)];
      editor.dispatch({ ...pointer, phase: 'down', x, y });
      editor.dispatch({ ...pointer, phase: 'move', x: x + 60, y: y + 40 });
      renderer.draw();
      await nextFrame();
      const before = performance.now();
      editor.dispatch({ ...pointer, phase: 'up', x: x + 60, y: y + 40 });
      renderer.draw();
      await painted();
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    return { medianMs: share(times, 0.5), p95Ms: share(times, 0.95) };
  },

  async show(name, frame) {
    const painter = use(name);
    for (let round = 0; round < 60; round++) {
      painter.draw(viewAt(frame));
      await nextFrame();
    }
  },

  current: () => current,

  clear() {
    current?.painter.end();
    current = undefined;
  },
};

(globalThis as unknown as { bench: BenchPage }).bench = bench;
