import type { Annotation } from '@fovea/contract';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { annotationsOf, furnish, Hand, rounded } from './annotate-hand.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';

type Xy = readonly [number, number];
const shots = process.env['FOVEA_SHOTS'];

/** What can be done to shapes that are there, and the smart tools that need no model: by mouse and keys, read back through the API. */
describe.skipIf(noBrowser)(`annotation page: editing${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let hand: Hand;
  let place: Awaited<ReturnType<typeof furnish>>;
  let item = '';
  let count = 0;
  beforeAll(async () => {
    site = await startConsole();
    place = await furnish(site, 1);
    opened = await site.open();
    hand = new Hand(opened.page);
    await signIn(opened.page);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });
  // A picture of its own for each: a bright square and a bright disc on dark ground.
  beforeEach(async () => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"><rect width="800" height="600" fill="#1d2a36"/><rect x="500" y="300" width="200" height="200" fill="#e8e3c8"/><circle cx="200" cy="400" r="90" fill="#d0504a"/><text x="5" y="20">${++count}</text></svg>`;
    item = (await site.fovea.items.upload(place.dataset, await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer(), { path: `/edit-${count}.png` })).item.id;
    await vi.waitUntil(async () => (await site.fovea.items.get(item)).probe === 'ready', { timeout: 20_000, interval: 100 });
    await hand.open(`/items/${item}/annotate`);
    await hand.press('1');
  });

  const stored = (n: number) => annotationsOf(site, item, n);
  const one = async (): Promise<Annotation> => {
    await hand.saved();
    const [found] = await stored(1);
    if (!found) throw new Error('There is no annotation.');
    return found;
  };
  /** What becomes of the only annotation. */
  const eventually = (look: (annotation: Annotation) => unknown) => expect.poll(async () => look(await one()), { timeout: 10_000 });
  const pointsOf = ({ geometry }: Annotation) => (geometry.type === 'polygon' || geometry.type === 'polyline' ? geometry.points : []);
  const outline = async (...points: readonly Xy[]) => {
    await hand.press('p');
    await hand.click(...points);
    await hand.press('Enter', 'v');
  };
  const square: readonly Xy[] = [[100, 60], [300, 60], [300, 260], [100, 260]];
  const near = (geometry: unknown) => rounded(geometry as Annotation['geometry']);

  test('a polygon: a hole, a vertex put into an edge, one dragged, one taken out', async () => {
    await outline(...square);
    await hand.press('Shift+h');
    await hand.click([150, 110], [250, 110], [200, 200]);
    await hand.press('Enter', 'v');
    await eventually(({ geometry }) => (geometry.type === 'polygon' ? geometry.holes?.length : 0)).toBe(1);
    await hand.press('Escape');
    await hand.click([120, 160]);
    await hand.page.mouse.dblclick(...(await hand.at([160, 60])));
    await eventually((found) => pointsOf(found).length).toBe(5);
    expect(near((await one()).geometry)).toMatchObject({ points: expect.arrayContaining([[160, 60]]) });
    await hand.drag([160, 60], [160, 30]);
    await eventually((found) => near({ ...found.geometry, holes: [] })).toMatchObject({ points: expect.arrayContaining([[160, 30]]) });
    await hand.page.keyboard.down('Alt');
    await hand.click([160, 30]);
    await hand.page.keyboard.up('Alt');
    await eventually((found) => pointsOf(found).length).toBe(4);
    if (shots) await hand.page.screenshot({ path: `${shots}/edit-polygon.png` });
  });

  test('polygons: cut in two, merged again, simplified', async () => {
    await outline(...square);
    await hand.press('Shift+c');
    await hand.click([80, 160], [320, 160]);
    await hand.press('Enter');
    await hand.saved();
    expect((await stored(2)).map((found) => pointsOf(found).length)).toEqual([4, 4]);
    await hand.press('v', 'Control+a', 'Control+Shift+m');
    await hand.saved();
    await stored(1);
    await hand.press('Control+Shift+s');
    await eventually((found) => pointsOf(found).length).toBe(4);
  });

  test('a rotated box is turned by its handle, an ellipse widened, a cuboid moved', async () => {
    await hand.press('Shift+b');
    await hand.click([100, 100], [200, 100], [200, 160]);
    await hand.press('v');
    const before = await one();
    await hand.press('Control+k');
    await hand.page.getByRole('combobox', { name: 'Do something' }).fill('Turn by 15° clockwise');
    await hand.press('Enter');
    await eventually(({ geometry }) => geometry.type === 'rotated_box' && geometry.angle !== (before.geometry.type === 'rotated_box' ? before.geometry.angle : 0)).toBe(true);
    await hand.press('Delete', 'e');
    await hand.drag([300, 100], [400, 180]);
    await hand.press('v');
    await hand.drag([400, 140], [430, 140]);
    await eventually(({ geometry }) => (geometry.type === 'ellipse' ? geometry.rx > 55 : false)).toBe(true);
    await hand.press('Delete', 'c');
    await hand.drag([500, 100], [580, 180]);
    await hand.click([620, 80]);
    await hand.press('v');
    const cuboid = await one();
    await hand.press('Shift+ArrowRight');
    const left = ({ geometry }: Annotation) => Math.round((geometry.type === 'cuboid' ? geometry.vertices?.[0]?.[0] : undefined) ?? Number.NaN);
    await eventually((found) => left(found) - left(cuboid)).toBe(10);
  });

  test('a skeleton: a joint is dragged, and said to be hidden', async () => {
    await hand.press('4');
    await hand.drag([100, 100], [200, 300]);
    await hand.press('v');
    const before = await one();
    const head = before.geometry.type === 'keypoints' ? before.geometry.points[0] : undefined;
    await hand.drag([head?.x ?? 0, head?.y ?? 0], [260, 80]);
    await eventually(({ geometry }) => (geometry.type === 'keypoints' ? [Math.round(geometry.points[0]?.x ?? 0), Math.round(geometry.points[0]?.y ?? 0)] : [])).toEqual([260, 80]);
    await hand.page.mouse.click(...(await hand.at([260, 80])), { button: 'right' });
    await eventually(({ geometry }) => (geometry.type === 'keypoints' && before.geometry.type === 'keypoints' ? geometry.points[0]?.visibility !== head?.visibility : false)).toBe(true);
  });

  test('several at once: grouped, moved together, one locked, hidden and shown, brought to the front, copied', async () => {
    await hand.press('b');
    await hand.drag([60, 60], [120, 120]);
    await hand.press('b');
    await hand.drag([200, 60], [260, 120]);
    await hand.press('v', 'Control+a', 'Control+g');
    await hand.saved();
    await expect.poll(async () => new Set((await stored(2)).map(({ group }) => group)).size).toBe(1);
    expect((await stored(2))[0]?.group).toBeTruthy();
    await hand.press('Escape');
    await hand.drag([90, 90], [90, 130]);
    await expect.poll(async () => (await stored(2)).map(({ geometry }) => (geometry.type === 'box' ? Math.round(geometry.y) : 0))).toEqual([100, 100]);
    await hand.press('Control+a', 'Control+Shift+g', 'Escape');
    await expect.poll(async () => (await stored(2)).map(({ group }) => group ?? null)).toEqual([null, null]);
    await hand.click([90, 130]);
    await hand.press('Control+l');
    await hand.drag([90, 130], [90, 300]);
    await hand.saved();
    expect((await stored(2)).map(({ geometry }) => (geometry.type === 'box' ? Math.round(geometry.y) : 0))).toEqual([100, 100]);
    await hand.press('Control+Shift+l', 'Escape');
    await hand.click([90, 130]);
    await hand.press('Shift+]');
    await expect.poll(async () => (await stored(2)).map(({ zOrder = 0 }) => zOrder)).toEqual([1, 0]);
    await expect.poll(async () => (await hand.objects.first().innerText()).includes('car')).toBe(true);
    await hand.press('x');
    await hand.page.getByRole('button', { name: 'Show car' }).first().waitFor();
    await hand.press('Control+Shift+h', 'Escape');
    await hand.click([90, 130]);
    await hand.press('Control+d');
    await hand.saved();
    await stored(3);
  });

  test('a shape that is drawn near another clings to its corner', async () => {
    await hand.press('b');
    await hand.drag([100, 100], [200, 200]);
    await hand.press('p');
    await hand.click([203, 98], [300, 100], [300, 198], [197, 203]);
    await hand.press('Enter', 'v');
    await hand.saved();
    const polygon = (await stored(2)).find(({ type }) => type === 'polygon');
    const box = (await stored(2)).find(({ type }) => type === 'box')?.geometry;
    if (box?.type !== 'box' || !polygon) throw new Error('They are not there.');
    const points = pointsOf(polygon);
    expect([points[0], points[3]]).toEqual([[box.x + box.width, box.y], [box.x + box.width, box.y + box.height]]);
  });

  /** The rectangle around a drawn area. */
  const around = (found: Annotation) => {
    const [xs, ys] = [pointsOf(found).map(([x]) => x), pointsOf(found).map(([, y]) => y)];
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map(Math.round);
  };
  const isNear = (found: readonly number[], wanted: readonly number[], by: number) => found.every((value, index) => Math.abs(value - (wanted[index] ?? 0)) <= by);

  test('a magnetic outline clings to the edges of what it goes around', async () => {
    await hand.press('w');
    await hand.click([502, 303], [698, 302], [697, 498], [503, 497]);
    await hand.press('Enter', 'v');
    expect(isNear(around(await one()), [500, 300, 700, 500], 5)).toBe(true);
    if (shots) await hand.page.screenshot({ path: `${shots}/edit-wire.png` });
  });

  test('a box around something becomes its outline', async () => {
    await hand.press('s');
    await hand.drag([90, 290], [310, 510]);
    const found = await one();
    expect(found.type).toBe('polygon');
    expect(isNear(around(found), [110, 310, 290, 490], 6)).toBe(true);
  });

  test('superpixels are painted, a colour is filled', async () => {
    await hand.press('Shift+s');
    await hand.drag([560, 360], [640, 440]);
    await hand.saved();
    const [area] = await stored(1);
    expect(isNear(around(area as Annotation), [500, 300, 700, 500], 100)).toBe(true);
    await hand.press('v', 'Control+a', 'Delete', 'Shift+w');
    await hand.click([600, 400]);
    expect(isNear(around(await one()), [500, 300, 700, 500], 3)).toBe(true);
  });

  test('a picture of 20 million pixels: sharp at full size, and exact in its far corner', async () => {
    const square = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#e8e3c8' } }).png().toBuffer();
    const large = sharp({ create: { width: 5000, height: 4000, channels: 3, background: '#1d2a36' } }).composite([{ input: square, left: 4950, top: 3960 }]);
    item = (await site.fovea.items.upload(place.dataset, await large.png({ compressionLevel: 1 }).toBuffer(), { path: '/large.png' })).item.id;
    await vi.waitUntil(async () => (await site.fovea.items.get(item)).probe === 'ready', { timeout: 30_000, interval: 100 });
    const far = new Hand(hand.page, { width: 5000, height: 4000 });
    await far.open(`/items/${item}/annotate`);
    const corner = await far.at([4990, 3990]);
    await hand.page.mouse.move(...corner);
    // The place under the pointer stays there.
    for (let step = 0; step < 12; step++) await hand.page.mouse.wheel(0, -200);
    /** The colours in a row across the square's right edge: enlarged from something smaller, there would be others between the two. */
    const colours = () =>
      hand.page.evaluate(([x = 0, y = 0]) => {
        const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="canvas"]');
        const rect = canvas?.getBoundingClientRect();
        const row = canvas?.getContext('2d')?.getImageData(x - (rect?.left ?? 0) - 60, y - (rect?.top ?? 0) - 60, 100, 1).data ?? [];
        return [...new Set(Array.from({ length: 100 }, (_, at) => row.slice(4 * at, 4 * at + 3).join(' ')))];
      }, corner);
    await expect.poll(colours, { timeout: 20_000 }).toEqual(['232 227 200', '29 42 54']);
    await hand.press('1', 'Shift+w');
    await hand.page.mouse.click(corner[0] - 60, corner[1] - 60);
    await hand.saved();
    expect(around((await stored(1))[0] as Annotation)).toEqual([4950, 3960, 4990, 3990]);
  });

  test('nothing broke on the way', () => expect(opened.faults).toEqual([]));
});
