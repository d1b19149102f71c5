// Somebody labels while the server is killed (`kill -9`), three times: every object that they drew is there afterwards, once.
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processes } from '../../../test/processes.ts';
import { Hand } from './annotate-hand.ts';
import { adminKey, buildConsole, chromiumPath, noBrowser, openPage, signIn } from './console.ts';
import { png } from './pictures.ts';

const kills = 3;

describe.skipIf(noBrowser)(`labeling while the server is killed${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 240_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fovea-killed-'));
  const programs = processes({ FOVEA_ADMIN_KEY: adminKey });
  let server: ChildProcess;
  let browser: Browser;
  let url = '';

  /** Starts the program as users do. */
  async function serve(port: number): Promise<void> {
    const started = await programs.start(['serve', '--no-demo', '--data', dataDir, '--port', String(port)]);
    server = started.child;
    url = started.url;
  }

  beforeAll(async () => {
    await buildConsole();
    await serve(0);
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await programs.endAll();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  test('nothing that was drawn is lost or doubled', async () => {
    const fovea = new Fovea({ url, key: adminKey });
    const project = (await fovea.projects.create({ name: 'Killed' })).id;
    const dataset = (await fovea.datasets.create({ project, name: 'd' })).id;
    const { item } = await fovea.items.upload(dataset, png(800, 600, [40, 60, 80]), { path: '/one.png' });
    const recipe = await fovea.recipes.create({ project, name: 'r', labels: [{ name: 'car' }] });
    await fovea.datasets.update(dataset, { recipeId: recipe.id });
    await expect.poll(async () => (await fovea.items.get(item.id)).probe, { timeout: 30_000 }).toBe('ready');
    const { page } = await openPage(browser, url);
    await signIn(page);
    const hand = new Hand(page);
    await hand.open(`/items/${item.id}/annotate`);
    await hand.press('1', 'b');
    const drawn: number[] = [];
    const draw = async () => {
      const index = drawn.length;
      const [x, y] = [20 + (index % 10) * 70, 20 + Math.floor(index / 10) * 70];
      await hand.drag([x, y], [x + 50, y + 50]);
      drawn.push(x);
    };
    for (let round = 0; round < kills; round++) {
      for (let shape = 0; shape < 3; shape++) await draw();
      // While the last edits are on their way, or just arrived.
      await programs.end(server, 'SIGKILL');
      for (let shape = 0; shape < 2; shape++) await draw();
      // The tab is closed too and comes back before the server does, once.
      if (round === 1) {
        await page.reload({ waitUntil: 'commit' }).catch(() => undefined);
      }
      await serve(Number(new URL(url).port));
      if (round === 1) {
        await hand.open(`/items/${item.id}/annotate`);
        await hand.press('1', 'b');
      }
      await expect.poll(() => hand.objects.count(), { timeout: 30_000 }).toBe(drawn.length);
    }
    await hand.saved();
    const stored = async () => fovea.annotations.list(item.id).toArray({ limit: 100 });
    await expect.poll(async () => (await stored()).length, { timeout: 30_000 }).toBe(drawn.length);
    const lefts = (await stored()).map(({ geometry }) => (geometry.type === 'box' ? Math.round(geometry.x) : Number.NaN));
    expect(lefts.toSorted((a, b) => a - b)).toEqual(drawn.toSorted((a, b) => a - b));
  });
});
