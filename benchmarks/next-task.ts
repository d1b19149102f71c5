// From the key that hands a task in to the next one painted, in Chromium on loopback, with the next task taken ahead.
import { existsSync } from 'node:fs';
import sharp from 'sharp';
import type { Page } from 'playwright-core';
import type { Console } from '../packages/console/test/console.ts';
import { median, type Figure, type Scale } from './figure.ts';

const width = 1280;
const height = 960;
const label = 'car';

/** Tasks on pictures of 1280 × 960 with twenty boxes each, handed in by a key one after the other. */
export async function nextTask(scale: Scale): Promise<Figure[]> {
  if (!existsSync('/usr/bin/chromium')) {
    console.error('editor: the next task is not measured, as /usr/bin/chromium is missing');
    return [];
  }
  const { signIn, startConsole } = await import('../packages/console/test/console.ts');
  const turns = scale === 'full' ? 30 : 10;
  const site = await startConsole();
  try {
    const { project, batch } = await furnished(site, turns + 4);
    const { page } = await site.open();
    await signIn(page);
    await page.goto(`/projects/${project}/next?batch=${batch}`);
    const busy = await threadClock(page);
    const ms: number[] = [];
    const cpuMs: number[] = [];
    for (let turn = 0; turn < turns + 2; turn++) {
      await ready(page);
      const before = await busy();
      const one = await handIn(page);
      const cpu = (await busy()) - before;
      // The first loads what is loaded once.
      if (turn > 1) {
        ms.push(one);
        cpuMs.push(cpu);
      }
    }
    const value = median(ms);
    const slowest = Math.max(...ms);
    return [
      { bench: 'editor', figure: 'key press to next task painted', value, unit: 'ms', goal: '≤ 150', ok: value <= 150, n: ms.length },
      { bench: 'editor', figure: 'key press to next task painted, the slowest', value: slowest, unit: 'ms', goal: undefined, ok: undefined, n: ms.length },
      { bench: 'editor', figure: 'processor time of the page for it', value: median(cpuMs), unit: 'ms', goal: undefined, ok: undefined, n: ms.length },
    ];
  } finally {
    await site.close();
  }
}

/** Milliseconds that the page's main thread has run: what else the machine does meanwhile is not in them. */
async function threadClock(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000;
  };
}

async function furnished({ fovea }: Console, count: number): Promise<{ project: string; batch: string }> {
  const project = (await fovea.projects.create({ name: 'Bench' })).id;
  const recipe = await fovea.recipes.create({ project, name: 'Cars', labels: [{ name: label }] });
  const dataset = (await fovea.datasets.create({ project, name: 'Street' })).id;
  const picture = async (index: number) => {
    const noise = await sharp({ create: { width, height, channels: 3, background: { r: 0, g: 0, b: 0 }, noise: { type: 'gaussian', mean: 110, sigma: 30 } } }).raw().toBuffer();
    // One leans to red, the next to blue: that another one is shown can be seen in any pixel.
    return sharp(noise, { raw: { width, height, channels: 3 } }).linear(index % 2 === 0 ? [1.5, 1, 0.5] : [0.5, 1, 1.5], [0, 0, 0]).jpeg().toBuffer();
  };
  for (let index = 0; index < count; index++) {
    const { item } = await fovea.items.upload(dataset, await picture(index), { path: `/${String(index).padStart(3, '0')}.jpg` });
    const boxes = Array.from({ length: 20 }, (_, at) => ({ type: 'box' as const, label, geometry: { type: 'box' as const, x: at * 50, y: at * 40, width: 60, height: 50 } }));
    await fovea.annotations.create(item.id, boxes);
  }
  while ((await fovea.items.list(dataset, { probe: 'pending' })).data.length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
  const made = await fovea.batches.create({ project, name: 'all', dataset, recipe: recipe.id, filter: {}, settings: {} });
  return { project, batch: (await fovea.batches.finalize(made.id)).id };
}

/** The task is shown, and the next one is in hand: it is taken when work begins. */
async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => document.activeElement?.tagName === 'CANVAS');
  await page.keyboard.press('o');
  const box = await page.getByTestId('canvas').boundingBox();
  if (!box) throw new Error('There is no canvas.');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.getByText('Saved', { exact: true }).waitFor();
  // By then the next one has been taken and fetched.
  await page.waitForTimeout(1_000);
}

/** Presses the key and waits until the next task's picture stands on the canvas; milliseconds. */
function handIn(page: Page): Promise<number> {
  return page.evaluate(async () => {
    /** Red minus blue in the middle of the canvas: pictures lean to one and the other in turn. */
    const leaning = () => {
      const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="canvas"]');
      if (!canvas || canvas.width < 2) return 0;
      const data = canvas.getContext('2d')?.getImageData(canvas.width / 2 - 8, canvas.height / 2 - 8, 16, 16).data ?? new Uint8ClampedArray();
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) sum += (data[at] ?? 0) - (data[at + 2] ?? 0);
      return Math.sign(sum);
    };
    const before = leaning();
    const start = performance.now();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'F8', code: 'F8' }));
    while (leaning() !== -before || before === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now() - start;
  });
}
