// A CT series that is opened in the console, in Chromium on loopback: the first picture, and the memory of the page.
import { existsSync, readFileSync } from 'node:fs';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import type { Page } from 'playwright-core';
import type { Console } from '../packages/console/test/console.ts';
import { median, type Figure, type Scale } from './figure.ts';

const side = 512;
const bytesPerVoxel = 2;

interface Place {
  readonly site: Console;
  readonly item: string;
  readonly slices: number;
}

/** The item page and the annotation page of a series of 500 slices of 512 × 512. */
export async function scanPages(scale: Scale): Promise<Figure[]> {
  if (!existsSync('/usr/bin/chromium')) {
    console.error('medical: the viewer is not measured, as /usr/bin/chromium is missing');
    return [];
  }
  const { signIn, startConsole } = await import('../packages/console/test/console.ts');
  const slices = scale === 'full' ? 500 : 60;
  const site = await startConsole();
  try {
    const place = { site, item: await uploaded(site, slices), slices };
    const open = async () => {
      const { page } = await site.open();
      await signIn(page);
      return page;
    };
    const viewer = await measured(await open(), place, { path: `/items/${place.item}`, drawn: 'canvas[data-drawn="yes"]', walk: walkViewer });
    const editor = await measured(await open(), place, { path: `/items/${place.item}/annotate`, drawn: '[data-testid="slice"][data-shown="yes"]', walk: walkEditor });
    return [...figures('viewer', viewer, slices), ...figures('annotation page', editor, slices)];
  } finally {
    await site.close();
  }
}

async function uploaded({ fovea }: Console, slices: number): Promise<string> {
  const project = await fovea.projects.create({ name: 'Bench' });
  const dataset = (await fovea.datasets.create({ project: project.id, name: 'CT' })).id;
  async function* made() {
    for (let slice = 0; slice < slices; slice++) yield { path: `/${slice}.dcm`, file: sampleFile(sampleCt({ slice, rows: side, columns: side })) };
  }
  await fovea.items.uploadMany(dataset, made());
  while ((await fovea.items.list(dataset, { probe: 'pending' })).data.length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
  const [first] = (await fovea.items.list(dataset, { limit: 1 })).data;
  return first?.id ?? '';
}

interface Measured {
  /** From the address to the first picture. */
  readonly seconds: number;
  /** From the page, with its heading, to the first picture. */
  readonly afterPage: number;
  /** What the page's process has more than before the scan was opened. */
  readonly bytes: number;
}

interface Opening {
  readonly path: string;
  readonly drawn: string;
  readonly walk: (page: Page, slices: number) => Promise<void>;
}

async function measured(page: Page, { slices }: Place, { path, drawn, walk }: Opening): Promise<Measured> {
  const seconds: number[] = [];
  const afterPage: number[] = [];
  let before = 0;
  for (let turn = 0; turn < 3; turn++) {
    await page.goto('/');
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    if (turn === 2) before = await residentBytes(page);
    const started = performance.now();
    await page.goto(path, { waitUntil: 'commit' });
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    const shown = performance.now();
    await page.locator(drawn).first().waitFor();
    seconds.push((performance.now() - started) / 1_000);
    afterPage.push((performance.now() - shown) / 1_000);
  }
  await walk(page, slices);
  // What was freed on the way goes back to the system after a while.
  await page.waitForTimeout(5_000);
  const bytes = (await residentBytes(page)) - before;
  await page.context().close();
  return { seconds: median(seconds), afterPage: median(afterPage), bytes };
}

/** Slice after slice to the end. */
async function walkViewer(page: Page, slices: number): Promise<void> {
  await page.getByTestId('scan-stack').focus();
  for (let slice = 2; slice <= slices; slice++) {
    await page.keyboard.press('ArrowDown');
    if (slice % 20 === 0 || slice === slices) await page.getByText(`${slice} / ${slices}`).waitFor();
  }
  await page.waitForTimeout(1_000);
}

/** All three planes, and a stroke on every tenth slice with the slices between filled. */
async function walkEditor(page: Page, slices: number): Promise<void> {
  await page.getByRole('button', { name: 'Three planes' }).click();
  await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 300_000 });
  await page.getByTestId('canvas').focus();
  await page.keyboard.press('m');
  const box = await page.getByTestId('canvas').boundingBox();
  if (!box) throw new Error('There is no canvas.');
  for (let slice = 0; slice < slices; slice += 10) {
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.press('Shift+f');
  }
  await page.keyboard.press('Alt+i');
  await page.getByText('Saved', { exact: true }).waitFor({ timeout: 300_000 });
}

/** Memory that the process of the page has written to: without the program's own pages, and without what it shares with others. */
async function residentBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const browser = page.context().browser();
  const system = await browser?.newBrowserCDPSession();
  if (!system) throw new Error('The browser is gone.');
  const { processInfo } = await system.send('SystemInfo.getProcessInfo');
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => privateBytes(id));
  await Promise.all([session.detach(), system.detach()]);
  return Math.max(...sizes);
}

function privateBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Private_Dirty:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) * 1_024;
}

/** The page's own code weighs more than sixty slices: the goal for memory is one of the full size. */
function figures(where: string, { seconds, afterPage, bytes }: Measured, slices: number): Figure[] {
  const share = bytes / (slices * side * side * bytesPerVoxel);
  const isFull = slices >= 500;
  return [
    { bench: 'medical', figure: `first picture of a CT of ${slices} slices on the ${where}, after the page`, value: afterPage, unit: 's', goal: '≤ 1', ok: afterPage <= 1, n: 3 },
    { bench: 'medical', figure: `first picture of a CT of ${slices} slices on the ${where}, from its address`, value: seconds, unit: 's', goal: undefined, ok: undefined, n: 3 },
    { bench: 'medical', figure: `memory of the ${where} after all ${slices} slices, of the volume`, value: share, unit: '×', goal: isFull ? '< 2' : undefined, ok: isFull ? share < 2 : undefined, n: 1 },
  ];
}
