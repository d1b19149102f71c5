import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { annotationsOf, Hand, rounded } from './annotate-hand.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';

const noTools = noBrowser ?? (spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0 ? undefined : 'ffmpeg is missing (apt-get install ffmpeg)');
const size = { width: 160, height: 120 };

/** Every frame shows its own number: eight upright bars, white for a bit that is set. */
const bars = "geq=lum='if(mod(floor(N/pow(2,floor(X/20))),2),235,16)':cb=128:cr=128";
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10', '-pix_fmt', 'yuv420p', '-g', '12'];

function ffmpeg(...args: string[]): void {
  const { status, stderr } = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
}

/** The numbers that ffmpeg shows, frame after frame. */
function decoded(path: string): number[] {
  const { stdout } = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', path, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { maxBuffer: 2 ** 28 });
  const frameBytes = size.width * size.height;
  return Array.from({ length: stdout.length / frameBytes }, (_, frame) =>
    Array.from({ length: 8 }, (_unused, bit) => ((stdout[frame * frameBytes + 60 * size.width + bit * 20 + 10] ?? 0) > 128 ? 2 ** bit : 0)).reduce((sum, one) => sum + one, 0),
  );
}

/** Videos whose frames are hard to number. */
const clips: Record<string, (folder: string) => string> = {
  'B-frames': (folder) => {
    const path = join(folder, 'b.mp4');
    ffmpeg('-f', 'lavfi', '-i', 'color=black:size=160x120:rate=25:duration=2.4', '-vf', bars, ...x264, '-bf', '3', '-b_strategy', '0', path);
    return path;
  },
  'a variable rate': (folder) => {
    const path = join(folder, 'vfr.mp4');
    ffmpeg('-f', 'lavfi', '-i', 'color=black:size=160x120:rate=30:duration=3', '-vf', `select='not(mod(n,3))+not(mod(n,7))',${bars}`, '-fps_mode', 'vfr', ...x264, '-bf', '2', '-video_track_timescale', '90000', path);
    return path;
  },
  'an edit list': (folder) => {
    const path = join(folder, 'cut.mp4');
    ffmpeg('-ss', '0.72', '-i', join(folder, 'b.mp4'), '-t', '0.8', '-c', 'copy', path);
    return path;
  },
};

/** Videos frame by frame, and tracks. */
describe.skipIf(noTools)(`annotation page: video${noTools ? ` (${noTools})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let hand: Hand;
  const items = new Map<string, string>();
  const clipPaths = new Map<string, string>();
  beforeAll(async () => {
    site = await startConsole();
    const { fovea } = site;
    const project = await fovea.projects.create({ name: 'Street' });
    const recipe = await fovea.recipes.create({ project: project.id, name: 'Traffic', labels: [{ name: 'car' }], attributes: [{ key: 'lights', title: 'Lights', type: 'one_of', values: ['on', 'off'], perFrame: true }] });
    const dataset = await fovea.datasets.create({ project: project.id, name: 'Night' });
    await fovea.datasets.update(dataset.id, { recipeId: recipe.id });
    for (const [name, make] of Object.entries(clips)) {
      const path = make(site.folder);
      clipPaths.set(name, path);
      items.set(name, (await fovea.items.upload(dataset.id, readFileSync(path), { path: `/${name.replaceAll(' ', '-')}.mp4` })).item.id);
    }
    await vi.waitUntil(async () => (await fovea.items.list(dataset.id, { probe: 'pending' }).toArray({ limit: 10 })).length === 0, { timeout: 30_000, interval: 100 });
    opened = await site.open();
    hand = new Hand(opened.page, size);
    await signIn(opened.page);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  const goTo = async (frame: number) => {
    await hand.page.getByRole('spinbutton', { name: /Frame/ }).fill(String(frame));
    await hand.page.locator('[data-waiting="false"]').waitFor();
    await hand.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await hand.page.getByTestId('canvas').focus();
  };

  /** The number that the bars on the screen show. */
  const seen = async () => {
    const places = await Promise.all(Array.from({ length: 8 }, (_, bit) => hand.at([bit * 20 + 10, 110])));
    return hand.page.evaluate((points) => {
      const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="canvas"]');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) return -1;
      const rect = canvas.getBoundingClientRect();
      const isSet = ([x = 0, y = 0]: number[]) => (context.getImageData((x - rect.left) * devicePixelRatio, (y - rect.top) * devicePixelRatio, 1, 1).data[0] ?? 0) > 128;
      return points.reduce((sum, point, bit) => sum + (isSet(point) ? 2 ** bit : 0), 0);
    }, places);
  };

  test.each(Object.keys(clips))('each frame of a video with %s is the one that its number says', async (name) => {
    const id = items.get(name) ?? '';
    const { count } = await site.fovea.items.frameIndex(id);
    expect((await site.fovea.items.get(id)).frames).toBe(count);
    await hand.open(`/items/${id}/annotate`);
    await hand.page.getByRole('region', { name: 'Timeline' }).waitFor();
    const numbers = decoded(clipPaths.get(name) ?? '');
    expect(numbers).toHaveLength(count);
    for (const frame of [0, 1, 2, 3, 11, 12, 13, count - 1, count - 2, 5, 0]) {
      await goTo(frame);
      expect(`frame ${frame} shows ${await seen()}`).toBe(`frame ${frame} shows ${numbers[frame]}`);
    }
    await hand.press('f', 'f', 'd');
    await hand.page.locator('[data-waiting="false"]').waitFor();
    await expect.poll(seen).toBe(numbers[1]);
  });

  test('a track: drawn on one frame, moved on another, it moves in between; split, left, and read back', async () => {
    const id = items.get('B-frames') ?? '';
    await hand.open(`/items/${id}/annotate`);
    await hand.page.getByRole('region', { name: 'Timeline' }).waitFor();
    await goTo(10);
    await hand.press('1', 'b');
    await hand.drag([20, 20], [50, 50]);
    await goTo(20);
    await hand.press('v');
    await hand.drag([35, 35], [95, 35]);
    await hand.saved();
    const [track] = await annotationsOf(site, id, 1);
    expect(track).toMatchObject({ frame: 10, label: 'car' });
    expect(track?.keyframes?.map(({ frame, geometry }) => [frame, rounded(geometry)])).toEqual([
      [10, { type: 'box', x: 20, y: 20, width: 30, height: 30 }],
      [20, { type: 'box', x: 80, y: 20, width: 30, height: 30 }],
    ]);
    await goTo(15);
    await hand.page.getByLabel('Lights (from this frame)').selectOption('on');
    await goTo(30);
    await hand.press('q');
    await hand.saved();
    const keyframes = async () => (await site.fovea.annotations.get(track?.id ?? '')).keyframes ?? [];
    await expect.poll(async () => (await keyframes()).map(({ frame }) => frame)).toEqual([10, 15, 20, 30]);
    expect(await keyframes()).toMatchObject([{}, { attributes: { lights: 'on' }, geometry: { x: expect.closeTo(50, 0) } }, {}, { outside: true }]);
    await goTo(12);
    await hand.press('Alt+s');
    const parts = await annotationsOf(site, id, 2);
    expect(parts.map(({ frame, endFrame }) => [frame, endFrame])).toEqual([[10, 11], [12, expect.any(Number)]]);
    await hand.press('Alt+f');
    await expect.poll(() => hand.page.getByRole('slider', { name: 'Frame' }).getAttribute('aria-valuenow')).toBe('15');
  });

  test('the parts are merged again; a shape of one frame is copied to the next ten, and from the frame before', async () => {
    const id = items.get('B-frames') ?? '';
    await hand.open(`/items/${id}/annotate`);
    await hand.page.getByRole('region', { name: 'Timeline' }).waitFor();
    await hand.objects.first().getByRole('button').first().click();
    await hand.objects.nth(1).getByRole('button').first().click({ modifiers: ['Control'] });
    await hand.page.getByTestId('canvas').focus();
    await hand.press('Alt+m');
    await hand.saved();
    await expect.poll(async () => (await annotationsOf(site, id, 1))[0]?.keyframes?.map(({ frame }) => frame)).toEqual(expect.arrayContaining([10, 15, 20, 30]));
    await goTo(40);
    await hand.press('Escape');
    await hand.page.getByRole('button', { name: 'View', exact: true }).click();
    await hand.page.getByLabel('Draw tracks').click();
    await expect.poll(() => hand.page.getByLabel('Draw tracks').isChecked()).toBe(false);
    await hand.press('Escape');
    await hand.page.getByTestId('canvas').focus();
    await hand.press('b');
    await hand.drag([100, 60], [130, 90]);
    await hand.press('Control+b');
    await hand.saved();
    const shapes = async () => (await site.fovea.annotations.list(id).toArray({ limit: 100 })).filter(({ keyframes }) => !keyframes).map(({ frame }) => frame).sort((a, b) => (a ?? 0) - (b ?? 0));
    await expect.poll(shapes).toEqual(Array.from({ length: 11 }, (_, index) => 40 + index));
    await goTo(51);
    await hand.press('Control+Shift+c');
    await hand.saved();
    await expect.poll(async () => (await shapes()).at(-1)).toBe(51);
    await hand.page.getByRole('button', { name: 'View', exact: true }).click();
    await hand.page.getByLabel('Draw tracks').click();
    await expect.poll(() => hand.page.getByLabel('Draw tracks').isChecked()).toBe(true);
    await hand.press('Escape');
  });

  test('what moves is followed through the next frames', async () => {
    const path = join(site.folder, 'moving.mp4');
    // A bright square on noise, two pixels further with each frame.
    const square = "geq=lum='if(between(X,20+2*N,44+2*N)*between(Y,40,64),200+mod(X+2*Y-2*N,40),40+mod(7*X+13*Y,30))':cb=128:cr=128";
    ffmpeg('-f', 'lavfi', '-i', 'color=black:size=160x120:rate=25:duration=1.4', '-vf', square, ...x264, path);
    const { fovea } = site;
    const { datasetId } = await fovea.items.get(items.get('B-frames') ?? '');
    const { item } = await fovea.items.upload(datasetId, readFileSync(path), { path: '/moving.mp4' });
    await vi.waitUntil(async () => (await fovea.items.get(item.id)).probe === 'ready', { timeout: 30_000, interval: 100 });
    await hand.open(`/items/${item.id}/annotate`);
    await hand.page.getByRole('region', { name: 'Timeline' }).waitFor();
    await goTo(0);
    await hand.press('1', 'b');
    await hand.drag([19, 39], [46, 66]);
    await hand.press('Alt+t');
    await expect.poll(() => hand.page.getByRole('slider', { name: 'Frame' }).getAttribute('aria-valuenow'), { timeout: 30_000 }).toBe('30');
    await hand.saved();
    const [track] = await annotationsOf(site, item.id, 1);
    const last = track?.keyframes?.at(-1);
    expect([last?.frame, last?.geometry?.type === 'box' && Math.abs(last.geometry.x - (19 + 60)) < 8]).toEqual([30, true]);
  });

  test('plays and stops', async () => {
    await goTo(0);
    await hand.page.getByRole('button', { name: 'Play or pause' }).click();
    await expect.poll(async () => Number(await hand.page.getByRole('slider', { name: 'Frame' }).getAttribute('aria-valuenow'))).toBeGreaterThan(5);
    await hand.page.getByRole('button', { name: 'Play or pause' }).click();
    expect(opened.faults).toEqual([]);
  });
});
