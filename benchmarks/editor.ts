import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import type { BenchPage, MoveResult, PainterName } from './editor/page.ts';
import type { Figure, Scale } from './figure.ts';
import { nextTask } from './next-task.ts';

const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-precise-memory-info',
];

/**
 * The editor beside a bare canvas, SVG elements and Konva, drawing the same polygons along the same way of the view, in
 * one headless Chromium. The goals for ratios hold for the full size: a thousand polygons reach 60 frames a second on a bare
 * canvas too.
 */
export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const shapes = scale === 'full' ? 10_000 : 1_000;
  const frames = scale === 'full' ? 300 : 120;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-editor-'));
  try {
    await bundle(folder);
    const drawing = await inBrowser(folder, (page) => measure(page, shapes, frames));
    return [...drawing, ...(await nextTask(scale))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function bundle(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(import.meta.dirname, 'editor'),
    base: './',
    build: { outDir: folder, emptyOutDir: true, target: 'es2023', modulePreload: false, rolldownOptions: { input: join(import.meta.dirname, 'editor', 'page.html') } },
  });
}

/** Chromium refuses modules from files unless told otherwise; nothing else is loaded here. */
export async function inBrowser<T>(folder: string, act: (page: Page) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [...chromiumArgs, '--allow-file-access-from-files'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('pageerror', (error) => console.error(error));
    await page.goto(pathToFileURL(join(folder, 'page.html')).href);
    return await act(page);
  } finally {
    await browser.close();
  }
}

async function measure(page: Page, shapes: number, frames: number): Promise<Figure[]> {
  const evaluate = <T>(act: string) => page.evaluate<T>(act);
  await evaluate(`bench.prepare(${shapes})`);
  const results = new Map<PainterName, MoveResult>();
  for (const name of ['editor', 'bare', 'svg', 'konva'] as const) {
    results.set(name, await evaluate<MoveResult>(`bench.move('${name}', ${name === 'konva' ? Math.min(frames, 90) : frames})`));
  }
  const hit = await evaluate<ReturnType<BenchPage['hitTest']>>('bench.hitTest(2000)');
  const create = await evaluate<Awaited<ReturnType<BenchPage['createShapes']>>>('bench.createShapes(60)');
  const heapMb = await heapOf(page);
  return figuresOf({ results, hit, create, heapMb, shapes, frames });
}

/** With the editor alone in the page. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

interface Measured {
  readonly results: ReadonlyMap<PainterName, MoveResult>;
  readonly hit: { medianMs: number; p95Ms: number };
  readonly create: { medianMs: number; p95Ms: number };
  readonly heapMb: number;
  readonly shapes: number;
  readonly frames: number;
}

function figuresOf({ results, hit, create, heapMb, shapes, frames }: Measured): Figure[] {
  const isFull = shapes >= 10_000;
  const of = (name: PainterName): MoveResult => results.get(name) ?? { scriptMedianMs: 0, scriptP95Ms: 0, framesPerSecond: 0 };
  const figure = (name: string, value: number, unit: string, more: { least?: number; most?: number; n?: number } = {}): Figure => ({
    bench: 'editor',
    figure: name,
    value: Math.round(value * 1000) / 1000,
    unit,
    goal: more.least !== undefined ? `≥ ${more.least}` : more.most !== undefined ? `≤ ${more.most}` : undefined,
    ok: more.least !== undefined ? value >= more.least : more.most !== undefined ? value <= more.most : undefined,
    n: more.n ?? frames,
  });
  const peers = (['editor', 'bare', 'svg', 'konva'] as const).flatMap((name) => [
    figure(`${name}: script per frame, median`, of(name).scriptMedianMs, 'ms', name === 'editor' ? { most: 4 } : {}),
    figure(`${name}: script per frame, p95`, of(name).scriptP95Ms, 'ms'),
    figure(`${name}: frames per second`, of(name).framesPerSecond, 'frames/s'),
  ]);
  const ratio = (peer: PainterName) => of('editor').framesPerSecond / Math.max(1e-9, of(peer).framesPerSecond);
  return [
    ...peers,
    figure('frames per second, editor to bare canvas', ratio('bare'), '×', isFull ? { least: 1.5 } : {}),
    figure('frames per second, editor to Konva', ratio('konva'), '×', isFull ? { least: 5 } : {}),
    figure('frames per second, editor to SVG', ratio('svg'), '×'),
    figure(`hit test among ${shapes} shapes, p95`, hit.p95Ms, 'ms', { most: 1, n: 2000 }),
    figure('create a shape until it is painted, p95', create.p95Ms, 'ms', { most: 50, n: 60 }),
    figure('heap with the editor', heapMb, 'MB', { most: 300, n: 1 }),
  ];
}
