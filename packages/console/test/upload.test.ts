import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dropFiles, noBrowser, signIn, startConsole, type Console } from './console.ts';

/** Large files in the browser: in parts, over a line that goes away, and over a page that is closed. */
describe.skipIf(noBrowser)(`large uploads in the console${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 240_000 }, () => {
  let site: Console;
  let page: Page;
  let dataset: string;
  let faults: string[];
  const parts: string[] = [];
  // Two parts of 16 MiB and a small one, which arrives first.
  const bytes = randomBytes(33 * 1024 ** 2);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  let file: string;

  beforeAll(async () => {
    site = await startConsole();
    const project = await site.fovea.projects.create({ name: 'Street' });
    dataset = (await site.fovea.datasets.create({ project: project.id, name: 'Night' })).id;
    file = join(site.folder, 'large.bin');
    writeFileSync(file, bytes);
    ({ page, faults } = await site.open());
    page.on('request', (request) => void (request.method() === 'PUT' && parts.push(request.url())));
    await signIn(page);
    await page.goto(`/datasets/${dataset}`);
    await page.getByText('This dataset is empty').waitFor();
  }, 120_000);
  afterAll(() => site?.close());

  const shaOf = async (path: string) => (await site.fovea.items.list(dataset, { path })).data[0]?.sha256;

  /** Parts that have arrived of the only upload on its way. */
  const arrived = () => {
    const root = join(site.folder, 'data', 'blobs', '.uploads');
    const [upload] = existsSync(root) ? readdirSync(root) : [];
    return upload === undefined ? 0 : readdirSync(join(root, upload)).filter((name) => name.startsWith('part-')).length;
  };
  /** Has the line to the platform carry so many bytes a second on the way up. */
  const slowLine = async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const conditions = { latency: 0, downloadThroughput: -1, uploadThroughput: 2e6 };
    await session.send('Network.emulateNetworkConditions', { ...conditions, offline: false });
    return { cut: () => session.send('Network.emulateNetworkConditions', { ...conditions, offline: true }), mend: () => session.detach() };
  };

  test('a page that is closed in the middle: the next one says so, and sends only what is missing', async () => {
    const line = await slowLine();
    await dropFiles(page, [file]);
    await expect.poll(arrived, { timeout: 90_000 }).toBeGreaterThan(0);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.goto(`/datasets/${dataset}`);
    await line.mend();
    await page.getByText('what has arrived is not sent again').waitFor();
    // The notice is there before the dataset is.
    await page.getByText('This dataset is empty').waitFor();
    parts.length = 0;
    await dropFiles(page, [file]);
    await page.getByText('1 file uploaded').waitFor({ timeout: 90_000 });
    // One part had arrived, and perhaps a second one before the page was gone.
    expect([1, 2]).toContain(parts.length);
    expect(await page.getByText('what has arrived is not sent again').count()).toBe(0);
    expect(await shaOf('/large.bin')).toBe(sha256);
  });

  test('a line that goes away is waited for', async () => {
    await page.getByRole('button', { name: 'Close the list' }).click();
    const other = join(site.folder, 'other.bin');
    writeFileSync(other, bytes);
    const line = await slowLine();
    await dropFiles(page, [other]);
    await expect.poll(arrived, { timeout: 90_000 }).toBeGreaterThan(0);
    await line.cut();
    await page.getByText('goes on by itself').waitFor();
    await line.mend();
    await page.getByText('1 file uploaded').waitFor({ timeout: 90_000 });
    expect(await shaOf('/other.bin')).toBe(sha256);
    expect(faults).toEqual([]);
  });
});
