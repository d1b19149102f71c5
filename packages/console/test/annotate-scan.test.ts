import { drawDicomSeries } from '@fovea/server/samples';
import { Editor, fillBetweenSlices, stackMask, tiledMask, type PixelSource } from '@fovea/editor';
import { parseNifti, readVoxels } from '@fovea/medical/nifti/parse.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { annotationsOf, Hand } from './annotate-hand.ts';
import { violations } from './axe.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';

const size: [number, number, number] = [64, 48, 12];
const [width, height, slices] = size;
/** Values rise by 10 from column to column, from −300. */
const voxels = Int16Array.from({ length: width * height * slices }, (_, at) => (at % width) * 10 - 300);
const affine = [[-1, 0, 0, 30], [0, -1, 0, 20], [0, 0, 3, -15]] as const;
const from = [20.5, 24.5] as const;
const to = [32.5, 24.5] as const;
const shots = process.env['FOVEA_SHOTS'];

const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 20_000 });

/** Scans on the annotation page: painted by mouse and keys, read back through the API voxel by voxel. */
describe.skipIf(noBrowser)(`annotation page: scans${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let ann: OpenPage & { hand: Hand };
  let bob: OpenPage & { hand: Hand };
  let volume: string;
  let turned: string;
  let planes: string;
  let series: { dataset: string; items: string[]; uid: string };
  beforeAll(async () => {
    site = await startConsole();
    const { fovea } = site;
    const project = await fovea.projects.create({ name: 'Scans' });
    const labels = [{ name: 'liver', color: '#ff6b4a' }, { name: 'lesion', color: '#4c8dff' }];
    const recipe = await fovea.recipes.create({ project: project.id, name: 'Organs', labels });
    const dataset = (await fovea.datasets.create({ project: project.id, name: 'CT' })).id;
    await fovea.datasets.update(dataset, { recipeId: recipe.id });
    volume = (await fovea.items.upload(dataset, writeNifti({ data: voxels, dims: size, affine, gzip: true }), { path: '/volume.nii.gz' })).item.id;
    turned = (await fovea.items.upload(dataset, writeNifti({ data: voxels, dims: size, affine: [[1, 0, 0, -30], [0, 1, 0, -20], [0, 0, 3, -15]], gzip: true }), { path: '/turned.nii.gz' })).item.id;
    planes = (await fovea.items.upload(dataset, writeNifti({ data: voxels, dims: size, affine, gzip: true }), { path: '/planes.nii.gz' })).item.id;
    const files: { path: string; file: Uint8Array }[] = [];
    for await (const { name, bytes } of drawDicomSeries({ slices: 6, seed: 7 })) files.push({ path: `/ct/${name}`, file: bytes });
    await fovea.items.uploadMany(dataset, files);
    await vi.waitUntil(async () => (await fovea.items.list(dataset, { probe: 'pending' })).data.length === 0, { timeout: 60_000, interval: 100 });
    const [one] = (await fovea.series.list(dataset)).data;
    const ordered = await fovea.series.get(dataset, one?.series ?? '');
    series = { dataset, uid: ordered.series, items: ordered.items.map(({ id }) => id) };
    ann = await start();
    bob = await start();
  }, 180_000);
  afterAll(async () => {
    await site?.close();
  });

  async function start() {
    const opened = await site.open({ colorScheme: 'dark' });
    await signIn(opened.page);
    return { ...opened, hand: new Hand(opened.page, { width, height }) };
  }
  const drawn = async ({ page }: OpenPage, slice: number, of = slices) => {
    await eventually(() => page.getByTestId('slice').innerText()).toBe(`${slice + 1} / ${of}`);
  };
  const marks = ({ page }: OpenPage) => page.locator('[class*="marks"] span');
  /** The brush, at five pixels: of its places none lies at the edge of a pixel's middle. */
  const brush = async ({ hand }: { hand: Hand }, key: string) => hand.press(key, '0', ...Array.from({ length: 6 }, () => '['));
  const read = async (label: string) => {
    const { bytes, labels } = await site.fovea.segmentations.download(volume, { label });
    const { data } = readVoxels(parseNifti(bytes));
    const value = Number(Object.entries(labels).find(([, name]) => name === label)?.[0]);
    return Uint8Array.from(data, (voxel) => (voxel === value ? 1 : 0));
  };
  const wanted = (editor: Editor) => {
    const out = new Uint8Array(width * height * slices);
    for (const { geometry } of editor.document.ordered()) {
      const stack = geometry.type === 'volume' ? stackMask(geometry) : undefined;
      for (const slice of stack?.painted() ?? []) {
        const mask = stack?.at(slice);
        if (mask) tiledMask(mask).eachSpan((y, x0, x1) => out.fill(1, (slice * height + y) * width + x0, (slice * height + y) * width + x1));
      }
    }
    return out;
  };
  /** The same by the editor alone, one CSS pixel to a pixel. */
  function twin(): Editor {
    let count = 0;
    const values: PixelSource = {
      read: ({ toWidth, toHeight }) => ({ width: toWidth, height: toHeight, data: new Uint8ClampedArray(toWidth * toHeight * 4) }),
      values: () => ({ data: voxels, slope: 1, intercept: 0 }),
    };
    const editor = new Editor({ newId: () => `id-${++count}`, labels: [{ name: 'liver', color: '#ff6b4a' }], settings: { brushSize: 5 } });
    editor.setPicture({ width, height, frames: slices, scan: 'volume' }, values);
    editor.camera.setViewport({ width, height, pixelRatio: 1 });
    editor.camera.set({ zoom: 1, offsetX: 0, offsetY: 0 });
    return editor;
  }
  const point = (editor: Editor, phase: 'down' | 'move' | 'up', [x, y]: readonly [number, number]) =>
    editor.dispatch({ type: 'pointer', phase, x, y, button: 0, clicks: 1, pressure: 0.5, device: 'mouse', shift: false, alt: false, mod: false });
  const drag = (editor: Editor) => {
    point(editor, 'down', from);
    point(editor, 'move', to);
    point(editor, 'up', to);
  };
  const expected = twin();

  test('a volume opens with its window and three planes; wheel, keys and presets change what is shown', async () => {
    const { hand, page } = ann;
    await hand.open(`/items/${volume}/annotate`);
    await drawn(ann, 0);
    await eventually(() => page.locator('canvas[data-plane][data-drawn="yes"]').count()).toBe(2);
    await page.mouse.move(...(await hand.at([30, 20])));
    await page.mouse.wheel(0, 80);
    await drawn(ann, 2);
    await hand.press('ArrowUp', 'Home');
    await drawn(ann, 0);
    await hand.press('Alt+4');
    const window = page.getByTestId('window');
    const before = await window.innerText();
    await page.mouse.down({ button: 'right' });
    await page.mouse.move(...(await hand.at([36, 24])), { steps: 4 });
    await page.mouse.up({ button: 'right' });
    expect(await window.innerText()).not.toBe(before);
    await hand.press('Shift+r');
    await page.getByLabel('Window preset').selectOption('full');
    await eventually(() => window.innerText()).toBe('C 15 W 630');
    await page.getByTestId('canvas').focus();
  });

  test('a stroke of the brush on one slice, of the threshold brush on another; the slices between are filled', async () => {
    const { hand, page } = ann;
    await brush(ann, 'm');
    await hand.drag(from, to);
    await hand.saved();
    for (let step = 0; step < 4; step++) await hand.press('ArrowDown');
    await drawn(ann, 4);
    await hand.press('Shift+t');
    await page.getByLabel('Values from').fill('-60');
    await page.getByLabel('to', { exact: true }).fill('200');
    await page.getByTestId('canvas').focus();
    await hand.drag(from, to);
    await hand.press('ArrowUp', 'Alt+i');
    await eventually(() => marks(ann).count()).toBe(5);
    await hand.saved();
    expect(await hand.objects.count()).toBe(1);

    expected.tools.use('brush');
    drag(expected);
    expected.setFrame(4);
    expected.set({ thresholdLow: -60, thresholdHigh: 200 });
    expected.tools.use('threshold_brush');
    drag(expected);
    expected.setFrame(3);
    fillBetweenSlices(expected);
    const [annotation] = await annotationsOf(site, volume, 1);
    expect(annotation).toMatchObject({ type: 'volume', label: 'liver', geometry: { size } });
    const voxelsThen = await read('liver');
    expect(Buffer.compare(voxelsThen, wanted(expected))).toBe(0);
    // Nothing on slice 4 lies below the threshold: −60 is in column 24.
    const fourth = voxelsThen.subarray(4 * width * height, 5 * width * height);
    expect([...fourth].flatMap((value, at) => (value === 1 ? [at % width] : [])).reduce((least, x) => Math.min(least, x), width)).toBe(24);
  });

  test('another person sees it, and paints another slice of it at the same time', async () => {
    await bob.hand.open(`/items/${volume}/annotate`);
    await eventually(() => marks(bob).count()).toBe(5);
    await brush(bob, 'm');
    await bob.hand.press('End');
    await drawn(bob, 11);
    await bob.hand.drag(from, to);
    await ann.hand.press('Home', 'm');
    await drawn(ann, 0);
    await ann.hand.drag([40.5, 10.5], [44.5, 10.5]);
    await bob.hand.saved();
    await ann.hand.saved();
    await eventually(() => marks(ann).count()).toBe(6);
    await eventually(async () => (await read('liver')).subarray(11 * width * height).includes(1)).toBe(true);
    await eventually(async () => (await read('liver'))[10 * width + 42]).toBe(1);
    expect(await ann.page.getByRole('alert').filter({ hasText: 'Changed by two people' }).count()).toBe(0);
  });

  test('a second label, a polygon turned into pixels, undo and redo; after a reload all is there', async () => {
    const { hand, page } = ann;
    await hand.press('2', 'p');
    await hand.click([10.5, 30.5], [16.5, 30.5], [16.5, 40.5], [10.5, 40.5]);
    await hand.press('Enter', 'Control+m');
    // The pixels are reckoned meanwhile: until they are there, the polygon is the second object.
    await eventually(async () => (await annotationsOf(site, volume, 2)).map(({ type }) => type)).toEqual(['volume', 'volume']);
    await hand.press('Control+z', 'Control+y');
    await hand.saved();
    await annotationsOf(site, volume, 2);
    await eventually(async () => (await read('lesion')).reduce((sum, value) => sum + value, 0)).toBe(60);
    await page.reload();
    await hand.ready();
    await eventually(() => hand.objects.count()).toBe(2);
    await eventually(() => marks(ann).count()).toBe(6);
    await page.getByRole('slider', { name: 'Opacity of lesion' }).fill('0.9');
    await page.getByTestId('canvas').focus();
  });

  test('offline: strokes wait in the browser and arrive', async () => {
    const { hand, page, context } = ann;
    await brush(ann, 'm');
    await hand.press('1', 'Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
    await drawn(ann, 7);
    await context.setOffline(true);
    await hand.drag(from, to);
    await page.getByText('Offline: 1 edit kept here').waitFor();
    await page.close();
    await context.setOffline(false);
    ann.page = await context.newPage();
    ann.hand = new Hand(ann.page, { width, height });
    await ann.hand.open(`/items/${volume}/annotate`);
    await eventually(async () => (await read('liver')).subarray(7 * width * height, 8 * width * height).includes(1)).toBe(true);
    await eventually(() => marks(ann).count()).toBe(7);
  });

  test('on the coronal and the sagittal plane strokes go through the slices; threshold, eraser and fill work there as well', async () => {
    const { hand, page } = ann;
    const item = planes;
    await hand.open(`/items/${item}/annotate`);
    await eventually(() => page.locator('canvas[data-plane][data-drawn="yes"]').count()).toBe(2);
    const place = async (plane: string, [column, row]: readonly [number, number], [columns, rows]: readonly [number, number]) => {
      const box = await page.locator(`canvas[data-plane="${plane}"]`).boundingBox();
      if (!box) throw new Error(`There is no ${plane} plane.`);
      return [box.x + (column / columns) * box.width, box.y + (row / rows) * box.height] as const;
    };
    const draw = async (plane: string, size: readonly [number, number], ...path: (readonly [number, number])[]) => {
      for (const [index, spot] of path.entries()) {
        await page.mouse.move(...(await place(plane, spot, size)), { steps: 3 });
        if (index === 0) await page.mouse.down();
      }
      await page.mouse.up();
      await hand.saved();
    };
    const coronal = [width, slices] as const;
    const sagittal = [height, slices] as const;
    /** Voxels of the label as `x,y,slice`. */
    const painted = async () => {
      const { bytes } = await site.fovea.segmentations.download(item);
      return new Set([...readVoxels(parseNifti(bytes)).data].flatMap((value, at) => (value > 0 ? [`${at % width},${Math.floor(at / width) % height},${Math.floor(at / (width * height))}`] : [])));
    };
    const slicesOf = (found: Set<string>) => [...new Set([...found].map((voxel) => Number(voxel.split(',')[2])))].sort((a, b) => a - b);
    await hand.press('m');
    // The size of the brush is kept from one visit to the next.
    await page.getByRole('slider', { name: /^Size/ }).fill('5');
    await page.getByTestId('canvas').focus();
    // Row 0 is the last slice: from slice 9 to slice 6, through the middle row of the pictures.
    await draw('coronal', coronal, [20.5, 2.5], [20.5, 5.5]);
    const [one] = await annotationsOf(site, item, 1);
    expect(one).toMatchObject({ type: 'volume', label: 'liver', geometry: { size } });
    await eventually(async () => slicesOf(await painted())).toEqual([6, 7, 8, 9]);
    expect([...(await painted())].every((voxel) => voxel.split(',')[1] === '24')).toBe(true);
    // The plane from the side stands on column 32; its columns are rows of the pictures.
    await draw('sagittal', sagittal, [10.5, 10.5], [14.5, 10.5]);
    await eventually(async () => [...(await painted())].filter((voxel) => voxel.startsWith('32,') && voxel.endsWith(',1')).length).toBe(9);
    await annotationsOf(site, item, 1);
    // Values of column x are 10 x − 300: those from −60 on lie from column 24 on.
    await hand.press('Shift+t');
    await page.getByLabel('Values from').fill('-60');
    await page.getByLabel('to', { exact: true }).fill('200');
    await page.getByTestId('canvas').focus();
    await draw('coronal', coronal, [20.5, 8.5], [30.5, 8.5]);
    const third = async () => [...(await painted())].flatMap((voxel) => (voxel.endsWith(',3') ? [Number(voxel.split(',')[0])] : []));
    await eventually(async () => [Math.min(...(await third())), Math.max(...(await third()))]).toEqual([24, 32]);
    await hand.press('Shift+m');
    await draw('coronal', coronal, [20.5, 8.5], [40.5, 8.5]);
    await eventually(third).toEqual([]);
    const before = (await painted()).size;
    await hand.press('m');
    await draw('coronal', coronal, [40.5, 2.5], [54.5, 2.5], [54.5, 9.5], [40.5, 9.5], [40.5, 2.5]);
    await eventually(async () => (await painted()).size).toBeGreaterThan(before);
    expect((await painted()).has('47,24,5')).toBe(false);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Do something' }).fill('Fill a gap');
    await page.keyboard.press('Enter');
    await page.mouse.click(...(await place('coronal', [47.5, 6.5], coronal)));
    await hand.saved();
    await eventually(async () => (await painted()).has('47,24,5')).toBe(true);
    if (shots) await page.screenshot({ path: `${shots}/annotate-planes.png` });
    const filled = (await painted()).size;
    await hand.press('Control+z');
    await eventually(async () => (await painted()).size).toBeLessThan(filled);
  });

  test('a volume whose rows run the other way is shown upright, and painted where it was', async () => {
    const { hand, page } = ann;
    await hand.open(`/items/${turned}/annotate`);
    await drawn(ann, 0);
    await hand.press('1', 'm', '0');
    await hand.drag(from, to);
    await page.mouse.move(...(await hand.at([20.5, 10.5])));
    await page.getByText('value 130', { exact: true }).waitFor();
    await hand.press('b');
    await hand.drag([4, 4], [14, 14]);
    await hand.saved();
    const found = await annotationsOf(site, turned, 2);
    expect(found.map(({ type, frame }) => [type, frame])).toEqual([['volume', null], ['box', 0]]);
    expect(found[1]?.geometry).toMatchObject({ type: 'box', x: expect.closeTo(width - 14, 0), y: expect.closeTo(height - 14, 0) });
    const { bytes } = await site.fovea.segmentations.download(turned);
    const { data } = readVoxels(parseNifti(bytes));
    const painted = [...data].flatMap((value, at) => (value > 0 ? [[at % width, Math.floor(at / width)]] : []));
    const middle = (axis: 0 | 1) => painted.reduce((sum, place) => sum + (place[axis] ?? 0), 0) / painted.length;
    expect([middle(0), middle(1)]).toEqual([expect.closeTo(width - 1 - 26, 0), expect.closeTo(height - 1 - 24, 0)]);
    await page.reload();
    await hand.ready();
    await eventually(() => hand.objects.count()).toBe(2);
    await eventually(() => marks(ann).count()).toBe(1);
  });

  test('the slices of a DICOM series are one stack; pixels are masks of the slice that they lie on', async () => {
    const { page } = ann;
    const { fovea } = site;
    const first = await fovea.items.get(series.items[1] ?? '');
    const hand = new Hand(page, { width: first.width ?? 1, height: first.height ?? 1 });
    await hand.open(`/items/${first.id}/annotate`);
    await drawn(ann, 1, 6);
    await hand.press('1', 'm', '0');
    const middle = [(first.width ?? 0) / 2, (first.height ?? 0) / 2] as const;
    await hand.drag([middle[0] - 20, middle[1]], [middle[0] + 20, middle[1]]);
    await hand.press('ArrowDown', 'ArrowDown');
    await drawn(ann, 3, 6);
    await hand.drag([middle[0] - 20, middle[1]], [middle[0] + 20, middle[1]]);
    await hand.press('ArrowUp', 'Alt+i');
    await hand.saved();
    for (const [index, item] of series.items.entries()) await annotationsOf(site, item, index >= 1 && index <= 3 ? 1 : 0);
    const [mask] = await annotationsOf(site, series.items[3] ?? '', 1);
    expect(mask).toMatchObject({ type: 'mask', label: 'liver', frame: 0 });
    const file = await fovea.segmentations.downloadOfSeries(series.dataset, series.uid);
    const { data, dims } = readVoxels(parseNifti(file.bytes));
    const area = (slice: number) => data.slice(slice * (dims[0] ?? 0) * (dims[1] ?? 0), (slice + 1) * (dims[0] ?? 0) * (dims[1] ?? 0)).filter((value) => value > 0).length;
    expect([area(0), area(4), area(5)]).toEqual([0, 0, 0]);
    expect(area(1)).toBeGreaterThan(50);
    expect([area(2), area(3)]).toEqual([area(1), area(1)]);
    if (shots) await page.screenshot({ path: `${shots}/annotate-series.png` });
    await hand.press('Control+z');
    await hand.saved();
    await annotationsOf(site, series.items[2] ?? '', 0);
  });

  test('a task on one slice opens the series at it: the others are there to look at, and stay as they are', async () => {
    const { page } = ann;
    const { fovea } = site;
    const [before, own] = [series.items[2] ?? '', series.items[3] ?? ''];
    const item = await fovea.items.get(own);
    await fovea.annotations.create(before, [{ type: 'box', label: 'lesion', frame: 0, geometry: { type: 'box', x: 10, y: 10, width: 30, height: 20 } }]);
    const task = await fovea.tasks.create({ project: item.projectId, item: own });
    const hand = new Hand(page, { width: item.width ?? 1, height: item.height ?? 1 });
    await hand.open(`/tasks/${task.id}`);
    await drawn(ann, 3, 6);
    await hand.press('ArrowUp');
    await drawn(ann, 2, 6);
    await page.getByRole('button', { name: 'Only to look at. To slice 4 of the task' }).waitFor();
    const count = await hand.objects.count();
    await hand.press('2', 'b');
    await hand.drag([60, 60], [90, 90]);
    await hand.press('Control+a', 'Delete');
    expect(await hand.objects.count()).toBe(count);
    if (shots) await page.screenshot({ path: `${shots}/annotate-series-task.png` });
    await page.getByRole('button', { name: 'To slice 4 of the task' }).click();
    await drawn(ann, 3, 6);
    await page.getByTestId('canvas').focus();
    await hand.press('2', 'b');
    await hand.drag([60, 60], [90, 90]);
    await hand.saved();
    await eventually(() => hand.objects.count()).toBe(count + 1);
    const drafts = (await fovea.annotations.list(own, { task: task.id }).toArray({ limit: 9 })).filter(({ draft }) => draft);
    expect(drafts).toMatchObject([{ type: 'box', label: 'lesion', frame: 0, taskId: task.id }]);
    await annotationsOf(site, before, 1);
    await hand.press('Control+Enter');
    await eventually(async () => (await fovea.tasks.get(task.id)).status).toBe('completed');
    expect((await annotationsOf(site, own, 2)).filter(({ type }) => type === 'box')).toMatchObject([{ draft: false }]);
  });

  test.each(['dark', 'light'] as const)('%s: WCAG 2.2 AA, as far as a program can tell', async (colorScheme) => {
    const opened = await site.open({ colorScheme });
    await signIn(opened.page);
    const hand = new Hand(opened.page, { width, height });
    await hand.open(`/items/${volume}/annotate`);
    await eventually(() => opened.page.locator('canvas[data-plane][data-drawn="yes"]').count()).toBe(2);
    await hand.press('Shift+t', 'ArrowDown', 'ArrowDown');
    await drawn(opened, 2);
    if (shots) await opened.page.screenshot({ path: `${shots}/annotate-volume-${colorScheme}.png` });
    expect(await violations(opened.page)).toEqual([]);
    expect(opened.faults).toEqual([]);
    await opened.context.close();
  });

  test('nothing broke on the way', () => expect([...ann.faults, ...bob.faults]).toEqual([]));
});
