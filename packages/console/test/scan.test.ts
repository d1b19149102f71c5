import { setTimeout } from 'node:timers/promises';
import { drawDicomSeries } from '@fovea/server/samples';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';

const slices = 12;

describe.skipIf(noBrowser)(`scan viewer${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let page: Page;
  let ct = '';
  let volume = '';
  beforeAll(async () => {
    site = await startConsole();
    const project = await site.fovea.projects.create({ name: 'Scans' });
    const dataset = (await site.fovea.datasets.create({ project: project.id, name: 'CT' })).id;
    const files: { path: string; file: Uint8Array }[] = [];
    for await (const { name, bytes } of drawDicomSeries({ slices, seed: 7 })) files.push({ path: `/ct/${name}`, file: bytes });
    await site.fovea.items.uploadMany(dataset, files);
    const affine = [[-2, 0, 0, 40], [0, -2, 0, 40], [0, 0, 3, -30]] as const;
    const dims = [40, 32, 20];
    const voxels = Int16Array.from({ length: 25_600 }, (_, at) => Math.hypot((at % 40) - 20, (Math.floor(at / 40) % 32) - 16) * 60 - 700);
    volume = (await site.fovea.items.upload(dataset, writeNifti({ data: voxels, dims, affine, gzip: true }), { path: '/volume.nii.gz' })).item.id;
    const items = await site.fovea.items.list(dataset).toArray({ limit: 100 });
    while ((await site.fovea.items.list(dataset, { probe: 'pending' })).data.length > 0) await setTimeout(100);
    const labels = Uint8Array.from(voxels, (value) => (value < -300 ? 1 : value > 500 ? 2 : 0));
    await site.fovea.segmentations.upload(volume, writeNifti({ data: labels, dims, affine, gzip: true }), { labels: { 1: 'core', 2: 'rim' } });
    ct = items[3]?.id ?? '';
    opened = await site.open();
    page = opened.page;
    await signIn(page);
  }, 180_000);
  afterAll(async () => {
    await site?.close();
  });

  const shot = async (name: string) => (process.env['FOVEA_SHOTS'] ? void (await page.screenshot({ path: `${process.env['FOVEA_SHOTS']}/${name}.png` })) : undefined);
  /** Mean brightness of the middle of a pane. */
  const brightness = (pane: string) =>
    page.evaluate((name) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`[data-pane="${name}"] canvas`);
      const pixels = canvas?.getContext('2d')?.getImageData(canvas.width * 0.25, canvas.height * 0.25, canvas.width / 2, canvas.height / 2).data ?? new Uint8ClampedArray();
      return pixels.reduce((sum, value, at) => (at % 4 === 0 ? sum + value : sum), 0) / (pixels.length / 4);
    }, pane);
  const drawn = (count: number) => expect.poll(() => page.locator('canvas[data-drawn="yes"]').count(), { timeout: 20_000 }).toBe(count);

  test('a CT slice opens in its series: scroll, window, presets, zoom, measure', async () => {
    await page.goto(`/items/${ct}`);
    await drawn(1);
    await page.getByText(`4 / ${slices}`).waitFor();
    await shot('ct');
    await page.getByTestId('scan-stack').focus();
    await page.keyboard.press('ArrowDown');
    await page.getByText(`5 / ${slices}`).waitFor();
    await page.mouse.move(400, 450);
    await page.mouse.wheel(0, 80);
    await page.getByText(`7 / ${slices}`).waitFor();
    await page.getByLabel('Window preset').selectOption('bone');
    await page.getByText('C 480 W 2500').waitFor();
    const bone = await brightness('Stack');
    await page.getByLabel('Window preset').selectOption('lung');
    await page.getByText('C -600 W 1500').waitFor();
    expect(await brightness('Stack')).toBeGreaterThan(bone);
    await page.mouse.move(400, 450);
    await page.mouse.down();
    await page.mouse.move(460, 480, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => page.getByText('C -600 W 1500').count()).toBe(0);
    await page.keyboard.press('m');
    await page.mouse.move(350, 400);
    await page.mouse.down();
    await page.mouse.move(450, 400, { steps: 4 });
    await page.mouse.up();
    await page.getByText(/^\d+\.\d mm$/).waitFor();
    await shot('ct-measured');
    await page.getByRole('button', { name: 'Remove measurements' }).click();
    expect(await page.getByText(/^\d+\.\d mm$/).count()).toBe(0);
    await page.getByText('Three planes').click();
    await drawn(3);
    await shot('ct-planes');
  });
  test('a NIfTI volume shows three planes with its segmentation; each label has an opacity', async () => {
    await page.goto(`/items/${volume}`);
    await drawn(3);
    await page.getByText('core', { exact: true }).waitFor();
    await shot('planes');
    const before = await brightness('Axial');
    await page.getByRole('slider', { name: 'Opacity of core' }).focus();
    for (let step = 0; step < 9; step++) await page.keyboard.press('ArrowLeft');
    await expect.poll(() => brightness('Axial')).not.toBe(before);
    await page.getByText('Stack', { exact: true }).click();
    await drawn(1);
    await page.getByText('rim', { exact: true }).waitFor();
    await shot('nifti-stack');
  });
  test('the whole header can be searched', async () => {
    await page.goto(`/items/${ct}`);
    await page.getByText('Show the whole header').click();
    await page.getByLabel('Search tags, names and values').fill('pixel spacing');
    await page.getByRole('cell', { name: '(0028,0030)' }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByLabel('Search tags, names and values').fill('nothing like it');
    await page.getByText('No element matches.').waitFor();
    await shot('header');
  });
  test('nothing went wrong in the page meanwhile', () => expect(opened.faults).toEqual([]));
});
