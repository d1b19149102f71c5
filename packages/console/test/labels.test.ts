import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';
import { png } from './pictures.ts';

/** Labels go out of a dataset and come into it. */
describe.skipIf(noBrowser)(`labels in and out${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let page: Page;
  let dataset: string;
  beforeAll(async () => {
    site = await startConsole();
    opened = await site.open();
    page = opened.page;
    const project = await site.fovea.projects.create({ name: 'Street' });
    dataset = (await site.fovea.datasets.create({ project: project.id, name: 'Night' })).id;
    await site.fovea.items.upload(dataset, png(64, 48, [200, 60, 60]), { path: '/a.png' });
    await signIn(page);
    await page.goto(`/datasets/${dataset}`);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  const choose = async (name: string) => {
    await page.getByRole('button', { name: 'More' }).first().click();
    await page.getByRole('menuitem', { name }).click();
  };

  test('labels are tried, then imported, with what became of them', async () => {
    const file = join(site.folder, 'labels.json');
    const image = { id: 1, file_name: 'a.png', width: 64, height: 48 };
    writeFileSync(file, JSON.stringify({ images: [image, { ...image, id: 2, file_name: 'gone.png' }], annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] }], categories: [{ id: 1, name: 'car' }] }));
    await choose('Import labels');
    await page.locator('input[type=file]').last().setInputFiles(file);
    await page.getByLabel('Add new labels to the recipe').check();
    await page.getByRole('button', { name: 'Try without changing anything' }).click();
    await page.getByText('Nothing was changed').waitFor();
    await page.getByText('Images: 2 read, 1 matched, 0 created, 1 without an item').waitFor();
    expect((await site.fovea.annotations.count(dataset)).count).toBe(0);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('Nothing was changed').waitFor({ state: 'detached' });
    await page.getByText('Annotations: 1 imported').waitFor();
    await page.getByText('image left out').waitFor();
    const [losses] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'All of them, one by one' }).click()]);
    if (process.env['FOVEA_SHOTS']) await page.screenshot({ path: `${process.env['FOVEA_SHOTS']}/import-losses.png` });
    expect(readFileSync(await losses.path(), 'utf8')).toContain('"path":"gone.png"');
    expect((await site.fovea.annotations.count(dataset)).count).toBe(1);
    expect((await site.fovea.datasets.get(dataset)).recipeId).not.toBeNull();
    await page.keyboard.press('Escape');
  });

  test('labels are exported; the archive comes by its link, and the losses stand beside', async () => {
    await choose('Export labels');
    await page.getByLabel('Format', { exact: true }).selectOption('yolo');
    await page.getByLabel('Media').selectOption('included');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByText('1 annotations kept').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the archive' }).click()]);
    expect(download.suggestedFilename()).toBe('Night-yolo.zip');
    expect(readFileSync(await download.path()).subarray(0, 2).toString()).toBe('PK');
  });
});
