import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';
import { png } from './pictures.ts';

const itemCount = 3_000;
const maxFirstLoadBytes = 300_000;
/** Tiles in the page at once: a window of the test shows 16 to 40, and a few rows around them are kept ready. */
const maxTiles = 120;

/** That neither the console's own size nor a long list weighs on a reader. */
describe.skipIf(noBrowser)(`console at scale${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let datasetId: string;
  beforeAll(async () => {
    site = await startConsole();
    const project = await site.fovea.projects.create({ name: 'Large' });
    datasetId = (await site.fovea.datasets.create({ project: project.id, name: 'Many' })).id;
    // One content: it is read once, however many items have it.
    const bytes = png(24, 16, [90, 90, 160]);
    const files = Array.from({ length: itemCount }, (_, index) => ({ path: `/n/${String(index).padStart(5, '0')}.png`, file: bytes }));
    await site.fovea.items.uploadMany(datasetId, files);
    opened = await site.open();
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  test('the first load, up to the list of projects, stays within 300 kB gzipped', async () => {
    const sizes = new Map<string, number>();
    const reads: Promise<void>[] = [];
    opened.page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (!/^\/$|\.(js|css)$/.test(pathname)) return;
      reads.push(response.body().then((body) => void sizes.set(pathname, gzipSync(body).byteLength)));
    });
    await signIn(opened.page);
    await opened.page.getByRole('link', { name: 'Large' }).waitFor();
    await Promise.all(reads);
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(sizes.size).toBeGreaterThan(3);
    expect(total).toBeLessThanOrEqual(maxFirstLoadBytes);
  });

  test('one drags the scroll bar into the middle, and the rows are there', async () => {
    const { page } = opened;
    await page.goto(`/datasets/${datasetId}`);
    await page.getByText(`of ${itemCount.toLocaleString('en')}`).waitFor();
    const grid = page.locator('[data-grid]');
    // The list is marked: its whole height is known.
    await expect.poll(() => grid.evaluate((element) => element.scrollHeight), { timeout: 20_000 }).toBeGreaterThan(60_000);
    const to = (share: number) => grid.evaluate((element, at) => (element.scrollTop = at * (element.scrollHeight - element.clientHeight)), share);
    await to(0.5);
    await page.getByText('01500.png').or(page.getByText('01490.png')).or(page.getByText('01510.png')).first().waitFor();
    await to(1);
    await page.getByText('02999.png').waitFor();
    await to(0);
    await page.getByText('00000.png').waitFor();
    expect(await page.getByRole('listitem').count()).toBeLessThanOrEqual(maxTiles);
  });

  test('one scrolls to the last of many items while the page holds a windowful', async () => {
    const { page } = opened;
    await page.goto(`/datasets/${datasetId}`);
    await page.getByText(`of ${itemCount.toLocaleString('en')}`).waitFor();
    const list = page.getByRole('list', { name: 'Items' });
    let most = 0;
    await expect
      .poll(
        async () => {
          await list.hover();
          await page.mouse.wheel(0, 9_000);
          most = Math.max(most, await page.getByRole('listitem').count());
          return page.getByText('02999.png').count();
        },
        { timeout: 50_000, interval: 50 },
      )
      .toBe(1);
    expect(most).toBeLessThanOrEqual(maxTiles);
  });

  test('coming back from an item, the grid is where it was', async () => {
    const { page } = opened;
    await page.getByText('02999.png').click();
    await page.getByRole('heading', { level: 1, name: '02999.png' }).waitFor();
    await page.goBack();
    await page.getByText('02999.png').waitFor();
    expect(await page.locator('[data-tile="0"]').count()).toBe(0);
  });

  test('End and Home go to the ends of what is known', async () => {
    const { page } = opened;
    await page.locator('[data-tile]').last().focus();
    await page.keyboard.press('Home');
    await page.waitForFunction(() => (document.activeElement as HTMLElement | null)?.dataset['tile'] === '0');
    await page.keyboard.press('End');
    await page.waitForFunction((last) => (document.activeElement as HTMLElement | null)?.dataset['tile'] === String(last), itemCount - 1);
    expect(opened.faults).toEqual([]);
  });
});
