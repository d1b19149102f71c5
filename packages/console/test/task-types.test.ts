import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { taskTypes, taskTypeNames, type TaskFamily, type TaskTypeName } from '@fovea/contract';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Hand } from './annotate-hand.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';
import { png } from './pictures.ts';

type Answered = Record<string, unknown>;
const shots = process.env['FOVEA_SHOTS'];
const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
const json = async (page: Page, answer: Answered): Promise<Answered> => {
  await page.getByLabel('Answer (JSON)').fill(JSON.stringify(answer));
  return answer;
};

/** How each form is filled in, by the example of its type, and what is handed in then. */
const forms: Partial<Record<TaskFamily, (page: Page, type: TaskTypeName) => Promise<Answered>>> = {
  async category(page) {
    await page.getByLabel('private').check();
    return { category: 'private' };
  },
  async comparison(page) {
    await page.getByLabel('no', { exact: true }).check();
    return { choice: 'no' };
  },
  async fields(page, type) {
    if (type === 'datacollection') {
      await page.getByLabel('hours').fill('9 to 5');
      return { fields: { hours: '9 to 5' } };
    }
    await page.getByLabel('title').fill('Fovea');
    await page.getByRole('textbox', { name: 'row 1' }).fill('one');
    await page.getByRole('button', { name: 'Add a row' }).click();
    await page.getByRole('textbox', { name: 'row 2' }).fill('two');
    return { fields: { title: 'Fovea', row: ['one', 'two'] } };
  },
  async audio(page) {
    await page.getByLabel('What is said').fill('an avocado');
    return { transcript: 'an avocado' };
  },
  async document(page) {
    await page.getByRole('button', { name: 'Add a block' }).click();
    await page.getByLabel('Text').fill('4006381333931');
    await page.getByLabel('Place').fill('10, 20, 100, 40');
    await page.getByLabel('Text').click();
    return { annotations: [{ page: 0, label: 'barcode', text: '4006381333931', location: { type: 'box', left: 10, top: 20, width: 100, height: 40 } }] };
  },
  async entities(page) {
    const text = page.getByLabel('Text', { exact: true });
    await text.focus();
    await text.evaluate((element) => (element as HTMLTextAreaElement).setSelectionRange(9, 12));
    await text.press('1');
    return { annotations: [{ text: 'Ben', label: 'person', start: 9, end: 12 }], relationships: [] };
  },
  async collection(page) {
    await page.getByLabel('Yes', { exact: true }).check();
    await page.getByLabel('Why? 1').fill('kind');
    await page.getByRole('button', { name: 'Add a row' }).click();
    await page.getByLabel('Why? 2').fill('fast');
    await page.getByLabel('Stars').fill('4');
    await page.getByLabel('Again?').selectOption('No');
    await page.getByLabel('When?').fill('2026-01-31T18:04');
    await page.getByLabel('First').fill('Ada');
    await page.getByLabel('Last').fill('Byron');
    return { annotations: { like: 'yes', why: ['kind', 'fast'], stars: 4, again: false, when: '2026-01-31T18:04', name: { first: 'Ada', last: 'Byron' } } };
  },
  lidar: (page) => json(page, { annotations: [{ label: 'car', position: { x: 1, y: 2, z: 3 } }] }),
  points: (page) => json(page, { annotations: { labels: [0, 1, 1] } }),
  free: (page) => json(page, { messages: [{ role: 'annotator', text: 'done' }] }),
};

/** How the first label of each type that is drawn is put onto the picture. */
const drawings: Partial<Record<TaskTypeName, (hand: Hand) => Promise<void>>> = {
  polygonannotation: outline,
  lidartopdown: outline,
  lineannotation: outline,
  pointannotation: (hand) => hand.click([60, 60]),
  cuboidannotation: cuboid,
  videocuboidannotation: cuboid,
  async segmentannotation(hand) {
    await hand.press('m');
    await hand.drag([40, 60], [120, 60]);
    await hand.press('Enter');
  },
};
async function cuboid(hand: Hand): Promise<void> {
  await hand.drag([40, 60], [120, 140]);
  await hand.click([150, 40]);
}
async function outline(hand: Hand): Promise<void> {
  await hand.click([40, 40], [120, 40], [120, 120]);
  await hand.press('Enter');
}
const box = (hand: Hand) => hand.drag([40, 40], [120, 120]);

/** Every type of the table, with its own example, done by a person in the browser; the answer is read back through the API. */
describe.skipIf(noBrowser)(`tasks of every type${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let project: string;
  let picture: string;
  let video: string;
  let examples: Map<string, Answered>;
  beforeAll(async () => {
    site = await startConsole();
    const { fovea } = site;
    project = (await fovea.projects.create({ name: 'All of them' })).id;
    const dataset = (await fovea.datasets.create({ project, name: 'd' })).id;
    picture = (await fovea.items.upload(dataset, png(320, 200, [40, 90, 160]), { path: '/p.png' })).item.id;
    video = picture;
    if (hasFfmpeg) {
      const path = join(site.folder, 'v.mp4');
      spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=320x200:rate=10:duration=1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', path]);
      video = (await fovea.items.upload(dataset, new Uint8Array(readFileSync(path)), { path: '/v.mp4' })).item.id;
    }
    await vi.waitUntil(async () => (await fovea.items.list(dataset, { probe: 'pending' })).data.length === 0, { timeout: 30_000, interval: 100 });
    examples = new Map((await fovea.tasks.types()).data.map(({ type, example }) => [type, example]));
    opened = await site.open();
    await signIn(opened.page);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  const isDrawn = (type: TaskTypeName) => forms[taskTypes[type].family] === undefined;
  const done = async (id: string) => {
    await expect.poll(async () => (await site.fovea.tasks.get(id)).status, { timeout: 15_000 }).toBe('completed');
    return site.fovea.tasks.get(id);
  };
  const made = async (type: TaskTypeName, item: string) => {
    // A project of the vendor's own is named in one of the examples.
    const params = { ...examples.get(type), ...(type === 'lidartopdown' && { project: 'x' }) };
    return (await site.fovea.tasks.create({ project, item, type, params, instruction: `Do the **${type}**.` })).id;
  };

  test.each(taskTypeNames.filter((type) => !isDrawn(type)))('%s: the form is filled in and handed in', async (type) => {
    const { page } = opened;
    const id = await made(type, picture);
    await page.goto(`/tasks/${id}`);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await page.getByText(`Do the ${type}.`).waitFor();
    if (taskTypes[type].family === 'free') await page.getByRole('region', { name: 'What is asked' }).getByText('anything').waitFor();
    const answer = await forms[taskTypes[type].family]?.(page, type);
    if (shots) await page.screenshot({ path: `${shots}/task-${type}.png` });
    await page.getByRole('button', { name: 'Submit' }).click();
    expect((await done(id)).response).toMatchObject(answer ?? {});
  });

  test.each(taskTypeNames.filter(isDrawn))('%s: something is drawn and handed in', async (type) => {
    const { page } = opened;
    const { family } = taskTypes[type];
    const item = family === 'video' || family === 'playback' ? video : picture;
    const id = await made(type, item);
    const hand = new Hand(page, { width: 320, height: 200 });
    await hand.open(`/tasks/${id}`);
    const before = await hand.objects.count();
    await hand.press('1');
    await (drawings[type] ?? box)(hand);
    await expect.poll(() => hand.objects.count()).toBe(before + 1);
    await hand.saved();
    if (shots) await page.screenshot({ path: `${shots}/task-${type}.png` });
    const drafts = (await site.fovea.annotations.list(item, { task: id }).toArray({ limit: 100 })).filter(({ taskId }) => taskId === id);
    expect(drafts).toHaveLength(1);
    await hand.press('Control+Enter');
    await done(id);
    expect((await site.fovea.annotations.get(drafts[0]?.id ?? '')).draft).toBe(false);
  });

  test('nothing broke on the way', () => expect(opened.faults).toEqual([]));
});
