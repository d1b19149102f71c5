import type { Annotation } from '@fovea/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { annotationsOf, furnish, Hand, rounded } from './annotate-hand.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';

/** Every shape, drawn by mouse and keys, and read back through the API. */
describe.skipIf(noBrowser)(`annotation page: shapes${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let hand: Hand;
  let items: readonly string[];
  let place: Awaited<ReturnType<typeof furnish>>;
  let used = 0;
  beforeAll(async () => {
    site = await startConsole();
    place = await furnish(site, 4);
    items = place.items;
    opened = await site.open();
    hand = new Hand(opened.page);
    await signIn(opened.page);
    await hand.open(`/items/${items[0]}/annotate`);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  /** The one annotation that was added since the last call. */
  const seen = new Set<string>();
  const added = async (): Promise<Annotation> => {
    used += 1;
    const found = (await annotationsOf(site, items[0] ?? '', used)).filter(({ id }) => !seen.has(id));
    for (const { id } of found) seen.add(id);
    await hand.press('v', 'Escape');
    const [only] = found;
    if (!only || found.length > 1) throw new Error(`${found.length} annotations were added.`);
    return only;
  };

  test('box: a drag', async () => {
    await hand.press('1', 'b');
    await hand.drag([40, 40], [140, 110]);
    const box = await added();
    expect(box).toMatchObject({ type: 'box', label: 'car', source: 'human', frame: null });
    expect(rounded(box.geometry)).toEqual({ type: 'box', x: 40, y: 40, width: 100, height: 70 });
  });

  test('rotated box: one side, then its depth', async () => {
    await hand.press('2', 'Shift+b');
    await hand.click([200, 60], [300, 60], [300, 120]);
    const { label, geometry } = await added();
    expect(label).toBe('person');
    expect(rounded(geometry)).toMatchObject({ type: 'rotated_box', cx: 250, cy: 90 });
  });

  test('polygon: clicks, and Enter', async () => {
    await hand.press('3', 'p');
    await hand.click([360, 40], [460, 40], [460, 120], [400, 130]);
    await hand.press('Enter');
    const { label, geometry } = await added();
    expect(label).toBe('tree');
    expect(rounded(geometry)).toEqual({ type: 'polygon', points: [[360, 40], [460, 40], [460, 120], [400, 130]] });
  });

  test('line: clicks, and a double click', async () => {
    await hand.press('1', 'l');
    await hand.click([500, 40], [560, 90]);
    await hand.page.mouse.dblclick(...(await hand.at([620, 40])));
    expect(rounded((await added()).geometry)).toEqual({ type: 'polyline', points: [[500, 40], [560, 90], [620, 40]] });
  });

  test('point: a click', async () => {
    await hand.press('o');
    await hand.click([700, 60]);
    expect(rounded((await added()).geometry)).toEqual({ type: 'point', x: 700, y: 60 });
  });

  test('ellipse: a drag', async () => {
    await hand.press('e');
    await hand.drag([40, 180], [140, 240]);
    expect(rounded((await added()).geometry)).toMatchObject({ type: 'ellipse', cx: 90, cy: 210, rx: 50, ry: 30 });
  });

  test('cuboid: its front, then its depth', async () => {
    await hand.press('c');
    await hand.drag([200, 180], [270, 250]);
    await hand.click([300, 160]);
    const { geometry } = await added();
    expect(geometry.type === 'cuboid' && geometry.vertices).toHaveLength(8);
  });

  test('key points: the digit of a label with a skeleton takes up the tool', async () => {
    await hand.press('4');
    await hand.drag([380, 180], [460, 280]);
    const { label, geometry } = await added();
    expect(label).toBe('pose');
    expect(geometry.type === 'keypoints' && geometry.points.map(({ name }) => name)).toEqual(['head', 'hand', 'foot']);
  });

  test('brush: a stroke becomes a mask of the size of the picture', async () => {
    await hand.press('1', 'm');
    await hand.drag([520, 200], [620, 200]);
    await hand.press('Enter');
    const { geometry } = await added();
    expect(geometry.type === 'mask' && geometry.rle.size).toEqual([600, 800]);
  });

  test('magic wand: a click takes the area of a colour', async () => {
    await hand.press('Shift+w');
    await hand.click([100, 560]);
    expect((await added()).geometry.type).toBe('polygon');
  });

  test('a class of the whole picture: its digit', async () => {
    await hand.press('5');
    expect(await added()).toMatchObject({ type: 'classification', label: 'rainy', geometry: { type: 'classification' } });
  });

  test('by keys alone: the arrow keys move the pointer, the space bar presses it', async () => {
    await hand.press('k', '2', 'b');
    await hand.page.keyboard.down('Space');
    for (let step = 0; step < 6; step++) await hand.press('ArrowRight', 'ArrowDown');
    await hand.page.keyboard.up('Space');
    await hand.press('k');
    expect(await added()).toMatchObject({ type: 'box', label: 'person' });
  });

  test('moved, relabeled, undone and deleted', async () => {
    const of = async (id: string) => (await site.fovea.annotations.list(items[0] ?? '').toArray({ limit: 100 })).find((one) => one.id === id);
    const [box] = (await site.fovea.annotations.list(items[0] ?? '').toArray({ limit: 100 })).filter(({ geometry }) => geometry.type === 'box');
    const id = box?.id ?? '';
    await hand.click([60, 60]);
    await hand.drag([60, 60], [80, 70]);
    await expect.poll(async () => rounded((await of(id))?.geometry)).toEqual({ type: 'box', x: 60, y: 50, width: 100, height: 70 });
    await hand.press('2');
    await expect.poll(async () => (await of(id))?.label).toBe('person');
    await hand.press('Control+z', 'Control+z');
    await expect.poll(async () => [(await of(id))?.label, rounded((await of(id))?.geometry)]).toEqual(['car', { type: 'box', x: 40, y: 40, width: 100, height: 70 }]);
    await hand.press('Delete');
    await expect.poll(() => of(id)).toBeUndefined();
    await hand.press('Control+z');
    await expect.poll(async () => (await of(id))?.label).toBe('car');
  });

  test('attributes of the selection', async () => {
    await hand.press('v');
    await hand.click([60, 60]);
    await hand.page.getByLabel('Colour').selectOption('red');
    await hand.page.getByLabel('Plate').fill('AB 12');
    await hand.page.getByTestId('canvas').focus();
    const colors = async () => (await site.fovea.annotations.list(items[0] ?? '').toArray({ limit: 100 })).find(({ attributes }) => attributes['color'] === 'red')?.attributes;
    await expect.poll(colors).toEqual({ color: 'red', plate: 'AB 12' });
  });

  test('copied on one picture, pasted on the next', async () => {
    await hand.press('Control+c');
    await hand.page.getByRole('button', { name: 'Next item' }).click();
    await hand.page.getByRole('heading', { name: 'p1.png' }).waitFor();
    await hand.ready();
    await hand.press('Control+v');
    const [pasted] = await annotationsOf(site, items[1] ?? '', 1);
    expect([pasted?.label, rounded(pasted?.geometry)]).toEqual(['car', { type: 'box', x: 40, y: 40, width: 100, height: 70 }]);
  });

  test('what a model wrote is a proposal: A approves it, X rejects it', async () => {
    const content = (x: number) => ({ type: 'box' as const, label: 'car', geometry: { type: 'box' as const, x, y: 300, width: 60, height: 60 }, source: 'model' as const, confidence: 0.8 });
    const { data } = await site.fovea.annotations.create(items[2] ?? '', [content(100), content(300)]);
    await hand.open(`/items/${items[2]}/annotate`);
    await hand.click([130, 330]);
    await hand.press('a');
    await expect.poll(async () => (await site.fovea.annotations.get(data[0]?.id ?? '')).status).toBe('approved');
    await hand.press('Escape');
    await hand.click([330, 330]);
    await hand.press('x');
    const [left] = await annotationsOf(site, items[2] ?? '', 1);
    expect(left).toMatchObject({ id: data[0]?.id, source: 'model', confidence: 0.8 });
  });

  test('an action is found in the palette, its keys are changed, and the new ones work', async () => {
    await hand.press('Control+k');
    await hand.page.getByRole('combobox', { name: 'Do something' }).fill('cross');
    await hand.press('Enter');
    const crosshair = async () => (JSON.parse(await hand.page.evaluate(() => localStorage.getItem('fovea.editor') ?? '{}')) as { crosshair?: boolean }).crosshair;
    await expect.poll(crosshair).toBe(true);
    await hand.page.getByRole('button', { name: 'Shortcuts' }).click();
    await hand.page.getByRole('button', { name: 'Change keys of Cross hair' }).click();
    await hand.press('Alt+h');
    await hand.page.getByRole('button', { name: 'Change keys of Cross hair' }).getByText('Alt H').waitFor();
    await hand.press('Escape');
    await hand.page.getByRole('dialog').waitFor({ state: 'hidden' });
    await hand.press('Alt+h');
    await expect.poll(crosshair).toBe(false);
  });

  test('nothing broke on the way', () => expect(opened.faults).toEqual([]));
});
