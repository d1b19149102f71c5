// The console's grid over a large dataset: how long rows stay blank when one drags the scroll bar or scrolls, and whether memory grows.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fovea } from '@fovea/sdk';
import { chromium, type Page } from 'playwright-core';
import sql, { raw } from 'sql-template-tag';
import { median, type Figure, type Scale } from './figure.ts';
import { startServed } from './served.ts';
import { embeddedConnection } from '../packages/server/src/engines/database/embedded.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';

const jumps = 40;
const wheelTurns = 300;
const maxBlankMs = 200;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const count = scale === 'full' ? 1_000_000 : 100_000;
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', 'scripts', 'build-console.ts')]);
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-grid-'));
  const served = await startServed(folder);
  const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--enable-precise-memory-info', '--js-flags=--expose-gc'] });
  try {
    const dataset = await fill(folder, new Fovea({ url: served.url, key: served.key }), count);
    const page = await browser.newPage({ viewport: { width: 1360, height: 850 } });
    await openGrid(page, served, dataset);
    const before = await heap(page);
    const dragged = await drag(page);
    const asked = median(await ask(page, dataset));
    const scrolled = await turnWheel(page);
    const grown = (await heap(page)) - before;
    const figure = (name: string, value: number, unit: string, goal?: string, ok?: boolean): Figure => ({ bench: 'grid', figure: name, value, unit, goal, ok, n: count });
    const longest = Math.max(...dragged);
    return [
      figure('rows blank after a jump, longest', longest, 'ms', `≤ ${maxBlankMs}`, longest <= maxBlankMs),
      figure('  median', median(dragged), 'ms'),
      figure('  a page asked for in the same browser, median', asked, 'ms'),
      figure('rows blank while scrolling, longest', scrolled, 'ms', `≤ ${maxBlankMs}`, scrolled <= maxBlankMs),
      figure('heap after jumps and scrolling, more than before', grown / 1e6, 'MB', '≤ 20', grown <= 20e6),
      figure('  heap of the page', before / 1e6, 'MB'),
    ];
  } finally {
    await browser.close();
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A dataset of so many items that share one content, written by SQL. */
async function fill(folder: string, fovea: Fovea, count: number): Promise<string> {
  const project = await fovea.projects.create({ name: 'Bench' });
  const dataset = await fovea.datasets.create({ project: project.id, name: 'Many' });
  const { item } = await fovea.items.upload(dataset.id, new TextEncoder().encode('one'), { path: '/a/000000000.txt' });
  const connection = embeddedConnection(join(folder, 'postgres'));
  if (!connection) throw new Error('The platform has no embedded database.');
  const db = await connectDatabase({ ...connection, poolSize: 1 });
  try {
    await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata)
      select (substr(md5(n::text || 'a'), 1, 8) || '-' || substr(md5(n::text), 1, 4) || '-7' || substr(md5(n::text), 5, 3) || '-8' || substr(md5(n::text), 9, 3) || '-' || substr(md5(n::text), 13, 12))::uuid,
        i.org_id, i.project_id, i.dataset_id, '/a/' || lpad(n::text, 9, '0') || '.txt', i.sha256, 3, 'text/plain', 'text', 'ready', i.created_by, i.created_by, jsonb_build_object('n', n % 100)
      from items i, generate_series(1, ${count - 1}) n where i.id = ${item.id}`);
    await db.run(sql`update dataset_counts set items = ${count} where dataset_id = ${dataset.id} and items > 0`);
    await db.run(raw('vacuum analyze items'));
  } finally {
    await db.close();
  }
  return dataset.id;
}

async function openGrid(page: Page, served: { url: string; key: string }, dataset: string): Promise<void> {
  await page.goto(`${served.url}/sign-in?next=/datasets/${dataset}`);
  await page.getByLabel('API key', { exact: true }).last().fill(served.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('000000000.txt').waitFor();
  // Until the list is marked one can go no further than one has read.
  await page.waitForFunction(() => (document.querySelector('[data-grid]')?.scrollHeight ?? 0) > 500_000);
}

async function heap(page: Page): Promise<number> {
  return page.evaluate(() => {
    (globalThis as unknown as { gc?: () => void }).gc?.();
    return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
  });
}

/** Milliseconds from each jump to the rows in the window being there. */
async function drag(page: Page): Promise<number[]> {
  return page.evaluate(async (runs) => {
    const grid = document.querySelector<HTMLElement>('[data-grid]');
    if (!grid) throw new Error('There is no grid.');
    const frame = () => new Promise(requestAnimationFrame);
    const isBlank = () => {
      const { top, bottom } = grid.getBoundingClientRect();
      const tiles = [...grid.querySelectorAll<HTMLElement>('[role="listitem"]')].filter((tile) => tile.getBoundingClientRect().bottom > top && tile.getBoundingClientRect().top < bottom);
      return tiles.length === 0 || tiles.some((tile) => tile.ariaBusy === 'true');
    };
    const waits: number[] = [];
    for (let run = 0; run < runs; run++) {
      // Places all over the list, in no order.
      grid.scrollTop = (((run * 0.618_034 + 0.5) % 1) * (grid.scrollHeight - grid.clientHeight)) | 0;
      const start = performance.now();
      do await frame();
      while (isBlank());
      waits.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return waits;
  }, jumps);
}

/** Milliseconds that the request of one page takes by itself, from the same browser on the same machine. */
async function ask(page: Page, dataset: string): Promise<number[]> {
  return page.evaluate(
    async ({ id, runs }) => {
      const waits: number[] = [];
      for (let run = 0; run < runs; run++) {
        const start = performance.now();
        const answer = await fetch(`/v1/datasets/${id}/items?limit=100`);
        await answer.json();
        waits.push(performance.now() - start);
      }
      return waits;
    },
    { id: dataset, runs: jumps },
  );
}

/** The longest time in milliseconds that a row in the window was blank while the wheel was turned. */
async function turnWheel(page: Page): Promise<number> {
  await page.locator('[data-grid]').hover();
  await page.evaluate(() => {
    const grid = document.querySelector<HTMLElement>('[data-grid]');
    const seen = { blankSince: undefined as number | undefined, longest: 0, over: false };
    (globalThis as unknown as { seen: typeof seen }).seen = seen;
    const look = () => {
      const { top = 0, bottom = 0 } = grid?.getBoundingClientRect() ?? {};
      const blank = [...(grid?.querySelectorAll<HTMLElement>('[role="listitem"][aria-busy]') ?? [])].some((tile) => tile.getBoundingClientRect().bottom > top && tile.getBoundingClientRect().top < bottom);
      const now = performance.now();
      if (blank) seen.blankSince ??= now;
      else seen.blankSince = undefined;
      if (seen.blankSince !== undefined) seen.longest = Math.max(seen.longest, now - seen.blankSince);
      if (!seen.over) requestAnimationFrame(look);
    };
    look();
  });
  for (let turn = 0; turn < wheelTurns; turn++) {
    await page.mouse.wheel(0, 600);
    await page.waitForTimeout(16);
  }
  return page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: { longest: number; over: boolean } };
    seen.over = true;
    return seen.longest;
  });
}
