import { onnxFile } from '@fovea/analytics/test-support/onnx-file.ts';
import { parseNifti, readVoxels } from '@fovea/medical/nifti/parse.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import type { Fovea } from '@fovea/sdk';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { drawDicomSeries } from '@fovea/server/samples';
import { annotationsOf, Hand, person, signInAs } from './annotate-hand.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';

/** Scores of two classes by colour alone: what is red enough is the second. */
const redness = onnxFile({
  inputs: { image: [1, 3, 'height', 'width'] },
  outputs: { logits: [1, 2, 'height', 'width'] },
  constants: { weights: { dims: [2, 3, 1, 1], values: [0, 0, 0, 12, -12, -12] }, bias: { dims: [2], values: [3, 0] } },
  nodes: [{ op: 'Conv', inputs: ['image', 'weights', 'bias'], outputs: ['logits'], ints: { kernel_shape: [1, 1] } }],
});

/** Scores of two classes by brightness alone. */
const brightness = onnxFile({
  inputs: { image: [1, 3, 'height', 'width'] },
  outputs: { logits: [1, 2, 'height', 'width'] },
  constants: { weights: { dims: [2, 3, 1, 1], values: [0, 0, 0, 4, 4, 4] }, bias: { dims: [2], values: [6, 0] } },
  nodes: [{ op: 'Conv', inputs: ['image', 'weights', 'bias'], outputs: ['logits'], ints: { kernel_shape: [1, 1] } }],
});

interface Model {
  name: string;
  title: string;
  labels: string[];
  size: { width: number; height: number };
  file: Uint8Array;
}

async function registerModel(fovea: Fovea, { name, title, labels, size, file }: Model): Promise<void> {
  const { id } = await fovea.analytics.register({
    name,
    version: '1.0.0',
    title,
    inputs: [{ name: 'image', media: ['image'] }],
    outputs: [{ name: 'labels', type: 'labels' }],
    runtime: { kind: 'onnx', model: 'model.onnx', task: 'segmentation', labels, input: size },
  });
  await fovea.analytics.putFile(id, 'model.onnx', new Uint8Array(file));
}

const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 20_000 });

/** A click asks a real model in the worker; its answer is a proposal. */
describe.skipIf(noBrowser)(`annotation page: asking a model${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let ann: OpenPage & { hand: Hand };
  let item: string;
  let slice: string;
  let project: string;
  let recipe: string;
  beforeAll(async () => {
    site = await startConsole();
    const { fovea } = site;
    project = (await fovea.projects.create({ name: 'Models' })).id;
    recipe = (await fovea.recipes.create({ project, name: 'Things', labels: [{ name: 'car' }, { name: 'spot', geometry: ['mask'] }], suggestions: ['test/redness'] })).id;
    const dataset = (await fovea.datasets.create({ project, name: 'Red' })).id;
    await fovea.datasets.update(dataset, { recipeId: recipe });
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><rect width="400" height="300" fill="#224"/><rect x="40" y="60" width="80" height="60" fill="#f00"/><rect x="240" y="160" width="100" height="80" fill="#f00"/></svg>';
    item = (await fovea.items.upload(dataset, await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer(), { path: '/red.png' })).item.id;
    for await (const { bytes } of drawDicomSeries({ slices: 1, seed: 3 })) slice = (await fovea.items.upload(dataset, bytes, { path: '/slice.dcm' })).item.id;
    await registerModel(fovea, { name: 'test/redness', title: 'Redness', labels: ['background', 'red'], size: { width: 400, height: 300 }, file: redness });
    await vi.waitUntil(async () => (await fovea.items.list(dataset, { probe: 'pending' })).data.length === 0, { timeout: 30_000, interval: 100 });
    const opened = await site.open();
    await signIn(opened.page);
    ann = { ...opened, hand: new Hand(opened.page, { width: 400, height: 300 }) };
  }, 180_000);
  afterAll(async () => {
    await site?.close();
  });

  test('a click becomes the outline of what lies there, with the label in hand; A accepts it', async () => {
    const { hand, page } = ann;
    await hand.open(`/items/${item}/annotate`);
    await page.getByRole('button', { name: 'Suggest' }).waitFor();
    await hand.press('1', 'Shift+p');
    await hand.click([290, 200]);
    await page.getByText('1 suggestion: A accepts, X rejects').waitFor();
    await eventually(() => hand.objects.count()).toBe(1);
    expect(await site.fovea.annotations.list(item).toArray({ limit: 9 })).toEqual([]);
    await hand.press('a');
    await hand.saved();
    const [found] = await annotationsOf(site, item, 1);
    expect(found).toMatchObject({ type: 'polygon', label: 'car', source: 'model' });
    const points = found?.geometry.type === 'polygon' ? found.geometry.points : [];
    const [xs, ys] = [points.map(([x]) => Math.round(x)), points.map(([, y]) => Math.round(y))];
    expect([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]).toEqual([240, 340, 160, 240]);
  });

  test('X rejects it; a label that is drawn as mask gets one', async () => {
    const { hand, page } = ann;
    await hand.press('Escape', '2', 'Shift+p');
    await hand.click([80, 90]);
    await eventually(() => hand.objects.count()).toBe(2);
    await hand.press('x');
    await eventually(() => hand.objects.count()).toBe(1);
    await hand.click([80, 90]);
    await eventually(() => hand.objects.count()).toBe(2);
    await hand.press('a');
    await hand.saved();
    const found = await annotationsOf(site, item, 2);
    expect(found[1]).toMatchObject({ type: 'mask', label: 'spot' });
    await hand.click([10, 10]);
    await page.getByText('Nothing was found').first().waitFor();
  });

  test('an annotator who holds a task asks what its recipe allows: at a place, and for the whole picture; outside the task nothing is offered', async () => {
    const { fovea } = site;
    await person(site, project, 'eve@example.org', 'annotator');
    const eve = await site.open();
    await signInAs(eve.page, 'eve@example.org');
    const hand = new Hand(eve.page, { width: 400, height: 300 });
    await hand.open(`/items/${item}/annotate`);
    expect(await eve.page.getByRole('button', { name: 'Suggest' }).count()).toBe(0);
    const task = await fovea.tasks.create({ project, item });
    await hand.open(`/tasks/${task.id}`);
    await eve.page.getByRole('button', { name: 'Suggest' }).waitFor();
    const before = await hand.objects.count();
    await hand.press('1', 'Shift+p');
    await hand.click([80, 90]);
    await eventually(() => hand.objects.count()).toBe(before + 1);
    await hand.press('a');
    await hand.saved();
    const drafts = (await fovea.annotations.list(item, { task: task.id }).toArray({ limit: 20 })).filter(({ draft }) => draft);
    expect(drafts).toMatchObject([{ type: 'polygon', label: 'car', source: 'model', taskId: task.id }]);
    await eve.page.getByRole('button', { name: 'Suggest' }).click();
    await eve.page.getByRole('menuitem', { name: 'Redness' }).last().click();
    await eventually(() => hand.objects.count()).toBeGreaterThan(before + 1);
    expect(eve.faults).toEqual([]);
    await eve.context.close();
  });

  test('a slice of a scan is looked at as a picture', async () => {
    const { fovea } = site;
    const task = await fovea.tasks.create({ project, item: slice, recipe });
    const facts = await fovea.items.get(slice);
    const hand = new Hand(ann.page, { width: facts.width ?? 1, height: facts.height ?? 1 });
    await hand.open(`/tasks/${task.id}`);
    await ann.page.getByRole('button', { name: 'Suggest' }).waitFor();
    await hand.press('1', 'Shift+p');
    await hand.click([(facts.width ?? 0) / 2, (facts.height ?? 0) / 2]);
    // The model knows red only: that it answers at all says that it was given a picture.
    await ann.page.getByText(/Nothing was found|suggestion/).last().waitFor();
    const jobs = await fovea.jobs.query(project, { filter: { analytic: 'test/redness' } }).toArray({ limit: 20 });
    expect(jobs[0]).toMatchObject({ status: 'complete', frame: 0, inputs: { image: [slice] } });
  });

  test('on the slices of a volume what a model finds joins the volume of its label, beside what was painted', async () => {
    const { fovea } = site;
    const { page } = ann;
    const [width, height, slices] = [64, 48, 4];
    const voxels = new Int16Array(width * height * slices);
    // Bright on slices 1 and 2, from column 20 to 36.
    for (const slice of [1, 2]) for (let y = 8; y < 20; y++) voxels.fill(1_000, (slice * height + y) * width + 20, (slice * height + y) * width + 36);
    const dataset = (await fovea.datasets.create({ project, name: 'Volumes' })).id;
    const labels = [{ name: 'vessel' }, { name: 'bright', geometry: ['mask' as const, 'volume' as const] }];
    await fovea.datasets.update(dataset, { recipeId: (await fovea.recipes.create({ project, name: 'Organs', labels })).id });
    const volume = (await fovea.items.upload(dataset, writeNifti({ data: voxels, dims: [width, height, slices], affine: [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]], gzip: true }), { path: '/volume.nii.gz' })).item.id;
    await registerModel(fovea, { name: 'test/brightness', title: 'Brightness', labels: ['background', 'bright'], size: { width, height }, file: brightness });
    await vi.waitUntil(async () => (await fovea.items.get(volume)).probe === 'ready', { timeout: 30_000, interval: 100 });
    const hand = new Hand(page, { width, height });
    const slice = (number: number) => eventually(() => page.getByTestId('slice').innerText()).toBe(`${number + 1} / ${slices}`);
    const counts = async () => {
      const { data } = readVoxels(parseNifti((await fovea.segmentations.download(volume, { label: 'bright' })).bytes));
      return Array.from({ length: slices }, (_none, at) => [...data.subarray(at * width * height, (at + 1) * width * height)].filter((value) => value > 0).length);
    };
    const ask = async (item: 'first' | 'last') => {
      await page.getByRole('button', { name: 'Suggest' }).click();
      await page.getByRole('menuitem', { name: 'Brightness' })[item]().click();
    };

    await hand.open(`/items/${volume}/annotate`);
    await slice(0);
    await hand.press('2', 'm');
    await hand.drag([50.5, 40.5], [54.5, 40.5]);
    await hand.saved();
    const [painted = 0] = await counts();
    expect(painted).toBeGreaterThan(0);
    // At a place of one slice.
    await hand.press('ArrowDown');
    await slice(1);
    await ask('first');
    await page.getByTestId('canvas').focus();
    await hand.click([28.5, 14.5]);
    await eventually(() => hand.objects.count()).toBe(2);
    await hand.press('a');
    await eventually(counts).toEqual([painted, 192, 0, 0]);
    // The whole of another slice: what the model wrote there is a mask, until somebody accepts it.
    await hand.press('ArrowDown');
    await slice(2);
    await ask('last');
    await eventually(() => hand.objects.count()).toBe(2);
    await page.getByTestId('canvas').focus();
    await hand.press('Shift+a');
    await eventually(counts).toEqual([painted, 192, 192, 0]);
    await hand.saved();
    expect((await annotationsOf(site, volume, 1))[0]).toMatchObject({ type: 'volume', label: 'bright' });
    await page.reload();
    await hand.ready();
    await eventually(() => hand.objects.count()).toBe(1);
  });

  test('nothing broke on the way', () => expect(ann.faults).toEqual([]));
});
