// Somebody labels while the server is killed (`kill -9`), three times: every object that they drew is there afterwards, once.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Fovea } from '@fovea/sdk';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Hand } from './annotate-hand.ts';
import { adminKey, buildConsole, chromiumPath, noBrowser, openPage, signIn } from './console.ts';
import { png } from './pictures.ts';

const cli = join(import.meta.dirname, '..', '..', 'cli', 'src', 'main.ts');
const kills = 3;

describe.skipIf(noBrowser)(`labeling while the server is killed${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 240_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fovea-killed-'));
  let server: ChildProcess | undefined;
  let browser: Browser;
  let url = '';

  /** Starts the program as users do; answers its address when it is ready. */
  async function serve(port: number): Promise<string> {
    server = spawn(process.execPath, [cli, 'serve', '--no-demo', '--data', dataDir, '--port', String(port)], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, FOVEA_ADMIN_KEY: adminKey, FOVEA_LOG_LEVEL: 'silent', NO_COLOR: '1' } });
    for await (const line of createInterface({ input: server.stdout ?? process.stdin })) {
      const [, found] = /ready at (\S+)/.exec(line) ?? [];
      if (found !== undefined) return found;
    }
    throw new Error('The server ended before it was ready.');
  }
  async function kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = server;
    server = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  beforeAll(async () => {
    await buildConsole();
    url = await serve(0);
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await kill('SIGTERM');
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
      await kill('SIGKILL');
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
