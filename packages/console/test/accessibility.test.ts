import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { violations } from './axe.ts';
import { noBrowser, signIn, startConsole, type Console } from './console.ts';
import { png } from './pictures.ts';

/** Every page of the console by the rules of WCAG 2.2 AA that a program can check. */
describe.skipIf(noBrowser)(`console accessibility${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let places: { project: string; empty: string; dataset: string; image: string; text: string };
  beforeAll(async () => {
    site = await startConsole();
    places = await furnish(site);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
    let page: Page;
    beforeAll(async () => {
      page = (await site.open({ colorScheme, reducedMotion: 'reduce' })).page;
    });

    test('sign-in', async () => {
      await page.goto('/');
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByText('Password', { exact: true }).click();
      expect(await violations(page)).toEqual([]);
    });

    test('home', async () => {
      await signIn(page);
      await page.getByRole('link', { name: 'Street' }).waitFor();
      expect(await violations(page)).toEqual([]);
    });

    test('user menu', async () => {
      await page.getByRole('button', { name: /Your account/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
      expect(await violations(page, { menu: true })).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('menu').waitFor({ state: 'hidden' });
    });

    test('palette', async () => {
      await page.keyboard.press('Control+k');
      await page.getByRole('option', { name: /Night/ }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
    });

    test.each([
      ['datasets of a project', () => `/projects/${places.project}`, 'Night'],
      ['members', () => `/projects/${places.project}/members`, 'Since'],
      ['empty dataset', () => `/datasets/${places.empty}`, 'This dataset is empty'],
      ['dataset', () => `/datasets/${places.dataset}`, '1–4 of 4'],
      ['dataset without a match', () => `/datasets/${places.dataset}?kind=pdf`, 'No item matches'],
      ['picture', () => `/items/${places.image}`, 'SHA-256'],
      ['text', () => `/items/${places.text}`, 'Rain from the west'],
      ['keys', () => '/keys', 'Begins with'],
      ['users', () => '/users', 'Full name'],
      ['account', () => '/account', 'Console password'],
      ['nowhere', () => '/nowhere', 'There is no such page'],
    ])('%s', async (_name, path, shows) => {
      await page.goto(path());
      await Promise.race([page.getByText(shows).first().waitFor(), page.getByText('This did not work').waitFor()]);
      expect(await page.locator('body').innerText()).toContain(shows);
      expect(await violations(page)).toEqual([]);
    });

    test('annotation page: picture, view, shortcuts', async () => {
      await page.goto(`/items/${places.image}/annotate`);
      await page.getByRole('region', { name: 'Objects' }).getByRole('listitem').first().waitFor();
      await page.getByTestId('canvas').focus();
      await page.keyboard.press('Tab');
      await page.getByRole('region', { name: 'Selection' }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'View', exact: true }).click();
      await page.getByLabel('Brightness').waitFor();
      expect(await violations(page, { menu: true })).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Shortcuts' }).click();
      await page.getByRole('dialog').getByLabel('Search actions or keys').waitFor();
      expect(await violations(page)).toEqual([]);
    });

    test.each([
      ['new project', '/', 'New project'],
      ['new key', '/keys', 'New key'],
      ['new user', '/users', 'New user'],
    ])('dialog: %s', async (_name, path, button) => {
      await page.goto(path);
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('dialog').getByLabel(/Name|E-mail/).first().waitFor();
      expect(await violations(page)).toEqual([]);
    });

    test('selection', async () => {
      await page.goto(`/datasets/${places.dataset}`);
      await page.locator('[data-tile="0"]').focus();
      await page.keyboard.press('Space');
      await page.getByText('1 selected').waitFor();
      expect(await violations(page)).toEqual([]);
    });

    test('on a telephone', async () => {
      await page.setViewportSize({ width: 390, height: 780 });
      await page.goto(`/datasets/${places.dataset}`);
      await page.getByText('1–', { exact: false }).first().waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await page.getByRole('button', { name: 'Open the navigation' }).click();
      await page.getByRole('link', { name: 'API keys' }).waitFor();
      expect(await violations(page)).toEqual([]);
    });
  });
});

async function furnish({ fovea }: Console) {
  const project = await fovea.projects.create({ name: 'Street', description: 'Lights and signs.' });
  const dataset = await fovea.datasets.create({ project: project.id, name: 'Night' });
  const empty = await fovea.datasets.create({ project: project.id, name: 'Day' });
  const put = async (path: string, bytes: Uint8Array) => (await fovea.items.upload(dataset.id, bytes, { path })).item.id;
  const image = await put('/a/one.png', png(320, 200, [30, 90, 160]));
  await fovea.items.update(image, { status: 'published', labels: ['dusk'], channel: 'camera-1', metadata: { site: 'north' } });
  await fovea.annotations.create(image, [
    { type: 'box', label: 'lamp', geometry: { type: 'box', x: 20, y: 20, width: 60, height: 40 } },
    { type: 'box', label: 'sign', geometry: { type: 'box', x: 120, y: 60, width: 60, height: 40 }, source: 'model', confidence: 0.7 },
  ]);
  await put('/a/two.png', png(200, 320, [160, 90, 30]));
  await put('/b/broken.png', png(20, 20, [0, 0, 0]).subarray(0, 60));
  const text = await put('/b/notes.txt', new TextEncoder().encode('Rain from the west.\n'));
  const reading = () => fovea.items.list(dataset.id, { probe: 'pending' }).toArray({ limit: 10 });
  await vi.waitUntil(async () => (await reading()).length === 0, { timeout: 20_000, interval: 100 });
  return { project: project.id, dataset: dataset.id, empty: empty.id, image, text };
}
