import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';
import { furnish, type Places } from './furnish.ts';

/** Every place of the console with something in it: its route, where it is, and what it shows. */
const places: readonly [route: string, path: (places: Places) => string, shows: string][] = [
  ['/', () => '/', 'Street'],
  ['/my-work', () => '/my-work', 'Your last tasks'],
  ['/projects/$projectId', ({ project }) => `/projects/${project}`, 'Night'],
  ['/projects/$projectId/members', ({ project }) => `/projects/${project}/members`, 'Since'],
  ['/projects/$projectId/batches', ({ project }) => `/projects/${project}/batches`, 'First round'],
  ['/projects/$projectId/review', ({ project }) => `/projects/${project}/review`, 'Review queue'],
  ['/projects/$projectId/quality', ({ project }) => `/projects/${project}/quality`, 'Over time'],
  ['/projects/$projectId/recipes', ({ project }) => `/projects/${project}/recipes`, 'Street things'],
  ['/projects/$projectId/jobs', ({ project }) => `/projects/${project}/jobs`, 'fovea/colors'],
  ['/projects/$projectId/webhooks', ({ project }) => `/projects/${project}/webhooks`, 'example.com/hook'],
  ['/projects/$projectId/profiles', ({ project }) => `/projects/${project}/profiles`, 'Warm'],
  ['/projects/$projectId/usage', ({ project }) => `/projects/${project}/usage`, 'Bytes by dataset'],
  ['/projects/$projectId/next', ({ empty }) => `/projects/${empty}/next`, 'Nothing left to do'],
  ['/datasets/$datasetId', ({ dataset }) => `/datasets/${dataset}`, 'of 6'],
  ['/datasets/$datasetId/versions', ({ dataset }) => `/datasets/${dataset}/versions`, 'Before labeling'],
  ['/items/$itemId', ({ item }) => `/items/${item}`, 'SHA-256'],
  ['/items/$itemId/annotate', ({ item }) => `/items/${item}/annotate`, 'Objects'],
  ['/tasks/$taskId', ({ task }) => `/tasks/${task}`, 'Objects'],
  ['/batches/$batchId', ({ batch }) => `/batches/${batch}`, 'Quality'],
  ['/jobs/$jobId', ({ job }) => `/jobs/${job}`, 'Outputs'],
  ['/profiles/$profileId', ({ profile }) => `/profiles/${profile}`, 'color_red'],
  ['/analytics', () => '/analytics', 'fovea/colors'],
  ['/analytics/$owner/$name', () => '/analytics/fovea/photo-studio', 'The document as JSON'],
  ['/keys', () => '/keys', 'Begins with'],
  ['/users', () => '/users', 'Full name'],
  ['/usage', () => '/usage', 'Bytes by project'],
  ['/audit', () => '/audit', 'batch.finalized'],
  ['/account', () => '/account', 'Console password'],
];

/** The annotation page has the window to itself. */
const hasWindow = (shows: string): boolean => shows === 'Objects';

/** The same places with nothing in them: what to do first. */
const emptyPlaces: readonly [name: string, path: (places: Places) => string, shows: string][] = [
  ['datasets', ({ empty }) => `/projects/${empty}`, 'Add the first dataset'],
  ['batches', ({ empty }) => `/projects/${empty}/batches`, 'No batches yet'],
  ['quality', ({ empty }) => `/projects/${empty}/quality`, 'Nothing to report yet'],
  ['recipes', ({ empty }) => `/projects/${empty}/recipes`, 'No recipes yet'],
  ['jobs', ({ empty }) => `/projects/${empty}/jobs`, 'No jobs yet'],
  ['webhooks', ({ empty }) => `/projects/${empty}/webhooks`, 'No webhooks yet'],
  ['profiles', ({ empty }) => `/projects/${empty}/profiles`, 'No profiles yet'],
  ['usage', ({ empty }) => `/projects/${empty}/usage`, 'Nothing is stored yet'],
  ['dataset', ({ bare }) => `/datasets/${bare}`, 'This dataset is empty'],
  ['versions', ({ bare }) => `/datasets/${bare}/versions`, 'No versions yet'],
  ['audit', () => '/audit?actor=nobody@example.org', 'Nothing here'],
];

test('every route of the router is among the places', () => {
  const router = readFileSync(join(import.meta.dirname, '..', 'src', 'router.tsx'), 'utf8');
  const routes = [...router.matchAll(/^ {2}path: '([^']+)'/gm)].flatMap((match) => match[1] ?? []);
  expect(routes.filter((route) => route !== '/sign-in').toSorted()).toEqual(places.map(([route]) => route).toSorted());
});

/** Every page in both themes: what axe says, what the keyboard reaches, that nothing sticks out on a telephone. */
describe.skipIf(noBrowser)(`console pages${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let made: Places;
  beforeAll(async () => {
    site = await startConsole();
    made = await furnish(site);
  }, 180_000);
  afterAll(async () => {
    await site?.close();
  });

  const show = async (page: Page, path: string, shows: string) => {
    await page.goto(path);
    await Promise.race([page.getByText(shows).first().waitFor(), page.getByText('This did not work').waitFor(), page.getByText('There is no such page').waitFor()]);
    expect(await page.locator('body').innerText()).toContain(shows);
    await page.getByLabel('Loading …').first().waitFor({ state: 'detached' });
  };
  const nameOf = (route: string) => route.replace(/^\/$/, 'home').replace(/^\//, '').replaceAll(/[/$]+/g, '-');

  /** What axe finds on the page that is shown, in both themes. */
  const inBothThemes = async (page: Page, picture: string): Promise<string[]> => {
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      found.push(...(await violations(page, { picture: `${picture}.${colorScheme}` })).map((one) => `${colorScheme}: ${one}`));
    }
    return found;
  };

  let opened: OpenPage;
  beforeAll(async () => {
    opened = await site.open({ reducedMotion: 'reduce' });
    await signIn(opened.page);
  });

  test.each(places)('%s', async (route, path, shows) => {
    const { page } = opened;
    await show(page, path(made), shows);
    expect(await inBothThemes(page, nameOf(route))).toEqual([]);
    if (hasWindow(shows)) return;
    // By keyboard alone one comes past the navigation, and what has the focus is seen.
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => [document.activeElement?.textContent, getComputedStyle(document.activeElement ?? document.body).outlineStyle])).toEqual(['Skip to content', expect.not.stringMatching('none')]);
    // On a telephone nothing is wider than the window.
    const size = page.viewportSize();
    await page.setViewportSize({ width: 390, height: 780 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    // What scrolls sideways is reached by keys.
    expect(await violations(page)).toEqual([]);
    if (size) await page.setViewportSize(size);
  });

  test.each(emptyPlaces)('nothing there yet: %s', async (name, path, shows) => {
    const { page } = opened;
    await show(page, path(made), shows);
    expect(await inBothThemes(page, `empty-${name}`)).toEqual([]);
  });

  test('nothing broke on the way', () => expect(opened.faults).toEqual([]));
});
