import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { adminKey, noBrowser, signIn, startConsole, type Console } from './console.ts';
import { png } from './pictures.ts';

/** The screens of work: recipes, batches, quality, analytics, jobs, versions, webhooks, as a person would use them. */
describe.skipIf(noBrowser)(`console work${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 90_000 }, () => {
  let site: Console;
  let page: Page;
  let faults: string[];
  let project: string;
  let dataset: string;
  beforeAll(async () => {
    site = await startConsole();
    const { fovea } = site;
    project = (await fovea.projects.create({ name: 'Street' })).id;
    dataset = (await fovea.datasets.create({ project, name: 'Night' })).id;
    for (let index = 0; index < 4; index++) await fovea.items.upload(dataset, png(64, 48, [40 * index, 90, 160]), { path: `/a/${index}.png` });
    ({ page, faults } = await site.open({ colorScheme: 'light', reducedMotion: 'reduce' }));
    await signIn(page);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  test('a recipe is made with labels, shapes and attributes', async () => {
    await page.goto(`/projects/${project}/recipes`);
    await page.getByText('No recipes yet').waitFor();
    expect(await violations(page, { picture: 'recipes-empty' })).toEqual([]);
    await page.getByRole('button', { name: 'New recipe' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Street things');
    await dialog.getByLabel('Label 1').fill('car');
    await dialog.getByRole('button', { name: 'Add label' }).click();
    await dialog.getByLabel('Label 2').fill('person');
    await dialog.getByRole('button', { name: 'Add attribute' }).click();
    await dialog.getByLabel('Key 1').fill('occluded');
    await dialog.getByLabel('Type 1').selectOption('boolean');
    expect(await violations(page, { picture: 'recipe-form' })).toEqual([]);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('button', { name: 'Street things' }).waitFor();
    const [recipe] = await site.fovea.recipes.list({ project }).toArray({ limit: 10 });
    expect([recipe?.labels.map((label) => label.name), recipe?.attributes[0]?.type]).toEqual([['car', 'person'], 'boolean']);
  });

  test('a batch is made, opened, worked on, and its quality is shown', async () => {
    await page.goto(`/projects/${project}/batches`);
    await page.getByText('No batches yet').waitFor();
    await page.getByRole('button', { name: 'New batch' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('First round');
    await dialog.getByLabel('Recipe').selectOption({ label: 'Street things' });
    expect(await violations(page, { picture: 'batch-form' })).toEqual([]);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByText('0 of 4 tasks done').first().waitFor();
    await page.getByRole('button', { name: 'Open for work' }).click();
    await page.getByRole('link', { name: 'Label', exact: true }).waitFor();
    const batch = (await site.fovea.batches.list({ project }).toArray({ limit: 10 }))[0]?.id ?? '';
    const { task, lease } = await site.fovea.tasks.claim(project, { batch });
    await site.fovea.annotations.create(task?.itemId ?? '', [{ type: 'box', label: 'car', geometry: { type: 'box', x: 5, y: 5, width: 20, height: 20 } }]);
    await site.fovea.tasks.submit(task?.id ?? '', { lease: lease ?? '', secondsSpent: 60 });
    await page.getByText('1 of 4 tasks done').first().waitFor();
    await page.reload();
    await page.getByRole('region', { name: 'Quality' }).getByRole('cell', { name: '1 min' }).waitFor();
    expect(await violations(page, { picture: 'batch' })).toEqual([]);
    await page.goto(`/projects/${project}/batches`);
    await page.getByRole('link', { name: 'First round' }).waitFor();
    expect(await violations(page, { picture: 'batches' })).toEqual([]);
  });

  test('completed work is reopened with a comment: from the batch, and from the page of the task', async () => {
    const { fovea } = site;
    const [batch] = await fovea.batches.list({ project }).toArray({ limit: 10 });
    const [done] = await fovea.tasks.query(project, { filter: { batchId: batch?.id, status: 'completed' } }).toArray({ limit: 10 });
    const id = done?.id ?? '';
    const dialog = page.getByRole('dialog');
    await page.goto(`/batches/${batch?.id}`);
    await page.getByRole('button', { name: /^Reopen / }).click();
    await dialog.getByLabel('Comment for whoever does it next').fill('One car is missing.');
    expect(await violations(page, { picture: 'reopen-form' })).toEqual([]);
    await dialog.getByRole('button', { name: 'Reopen' }).click();
    await page.getByText('0 of 4 tasks done').first().waitFor();
    expect(await fovea.tasks.get(id)).toMatchObject({ status: 'pending', completedAt: null, reviewComments: [{ comment: 'One car is missing.' }] });
    expect(await page.getByRole('button', { name: /^Reopen/ }).count()).toBe(0);

    const { lease } = await fovea.tasks.claim(project, { task: id });
    await fovea.tasks.submit(id, { lease: lease ?? '', secondsSpent: 5 });
    await page.goto(`/tasks/${id}`);
    await page.getByRole('button', { name: 'Reopen', exact: true }).click();
    await dialog.getByRole('button', { name: 'Reopen' }).click();
    await page.waitForURL(`**/batches/${batch?.id}`);
    expect((await fovea.tasks.get(id)).status).toBe('pending');
  });

  test('a batch is given to somebody, is due, and is reviewed: the work waits in the review queue', async () => {
    const { fovea } = site;
    const [batch] = await fovea.batches.list({ project }).toArray({ limit: 10 });
    const id = batch?.id ?? '';
    const [me] = await fovea.members.list(project).toArray({ limit: 10 });
    await page.goto(`/batches/${id}`);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit batch' });
    await dialog.getByLabel('Reviewed, in percent').fill('100');
    await dialog.getByLabel('Due').fill('2031-02-03T10:30');
    await dialog.getByRole('combobox', { name: 'Shared out among' }).click();
    await page.getByRole('option', { name: me?.email ?? '' }).click();
    await page.keyboard.press('Escape');
    expect(await violations(page, { picture: 'batch-edit' })).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await fovea.batches.get(id)).toMatchObject({ settings: { people: 1, reviewShare: 1 }, dueAt: new Date('2031-02-03T10:30').toISOString() });
    expect(await fovea.batches.assignments(id).toArray({ limit: 10 })).toMatchObject([{ email: me?.email, load: 100 }]);
    const { task, lease } = await fovea.tasks.claim(project, { batch: id });
    await fovea.tasks.submit(task?.id ?? '', { lease: lease ?? '', secondsSpent: 60 });
    // Whoever is alone in a project reviews their own work.
    await page.getByRole('link', { name: 'Review', exact: true }).first().click();
    await page.getByRole('heading', { name: 'Review queue' }).waitFor();
    await page.getByRole('cell', { name: 'First round' }).waitFor();
    await page.getByRole('link', { name: 'Review the next' }).click();
    await page.getByRole('button', { name: 'Accept', exact: true }).click();
    await page.getByText('Nothing left to do').waitFor();
    expect((await fovea.tasks.get(task?.id ?? '')).reviewStatus).toBe('accepted');
  });

  test('an analytic is found in the catalogue and run; the job is followed to its outputs', async () => {
    await page.goto('/analytics');
    await page.getByRole('button', { name: 'Run fovea/colors' }).waitFor();
    expect(await violations(page, { picture: 'analytics' })).toEqual([]);
    await page.getByRole('button', { name: 'Run fovea/colors' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Dataset').waitFor();
    expect(await violations(page, { picture: 'run-form' })).toEqual([]);
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('complete', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('heading', { name: 'Outputs' }).waitFor();
    expect(await violations(page, { picture: 'job' })).toEqual([]);
    await page.goto(`/projects/${project}/jobs`);
    await page.getByText('complete', { exact: true }).waitFor();
    expect(await violations(page, { picture: 'jobs' })).toEqual([]);
  });

  test('versions are committed, compared and restored', async () => {
    await page.goto(`/datasets/${dataset}`);
    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByText('No versions yet').waitFor();
    const commit = async (message: string) => {
      await page.getByRole('button', { name: 'Commit version' }).first().click();
      await page.getByRole('dialog').getByLabel('Message').fill(message);
      await page.getByRole('dialog').getByRole('button', { name: 'Commit version' }).click();
      await page.getByRole('cell', { name: message }).waitFor();
    };
    await commit('first');
    await site.fovea.items.upload(dataset, png(20, 20, [1, 2, 3]), { path: '/b/new.png' });
    await commit('second');
    await page.getByRole('button', { name: 'Changes v2' }).click();
    await page.getByText('1 added, 0 removed, 0 changed').waitFor();
    expect(await violations(page, { picture: 'versions-diff' })).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await violations(page, { picture: 'versions' })).toEqual([]);
    await page.getByRole('button', { name: 'Restore v1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await page.getByText('Version 1 was restored.').waitFor();
    expect((await site.fovea.datasets.get(dataset)).itemCount).toBe(4);
  });

  test('a webhook is made, its secret shown once', async () => {
    await page.goto(`/projects/${project}/webhooks`);
    await page.getByText('No webhooks yet').waitFor();
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    await page.getByRole('dialog').getByLabel('URL').fill('https://example.com/hook');
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await page.getByText(/whsec_/).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('cell', { name: 'https://example.com/hook' }).first().waitFor();
    expect(await violations(page, { picture: 'webhooks' })).toEqual([]);
  });

  test('the default callback of a project is set with its webhooks, also where the tasks are that the Scale door made without a project', async () => {
    const { fovea, url } = site;
    const headers = { authorization: `Basic ${Buffer.from(`${adminKey}:`).toString('base64')}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ attachment: 'A house', attachment_type: 'text', categories: ['public', 'private'] });
    expect((await fetch(`${url}/scale/v1/task/categorization`, { method: 'POST', headers, body })).status).toBe(200);
    const [account] = await fovea.projects.list({ name: 'Scale' }).toArray({ limit: 2 });
    await page.goto(`/projects/${account?.id}/webhooks`);
    const place = page.getByLabel('Default callback');
    await place.fill('nowhere');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The default callback must be').waitFor();
    expect(await violations(page, { picture: 'default-callback' })).toEqual([]);
    await place.fill('https://example.com/scale');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect((await fovea.projects.get(account?.id ?? '')).callbackUrl).toBe('https://example.com/scale');
    await page.reload();
    expect(await place.inputValue()).toBe('https://example.com/scale');
    expect(faults).toEqual([]);
  });
});
