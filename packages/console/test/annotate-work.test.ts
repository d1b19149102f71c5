import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { annotationsOf, furnish, Hand, person, rounded, signInAs } from './annotate-hand.ts';
import { noBrowser, startConsole, type Console, type OpenPage } from './console.ts';

/** Tasks from the claim to the review, without a network in between, and two people at once. */
describe.skipIf(noBrowser)(`annotation page: work${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let place: Awaited<ReturnType<typeof furnish>>;
  let batch: string;
  let ann: OpenPage & { hand: Hand };
  let bob: OpenPage & { hand: Hand };
  beforeAll(async () => {
    site = await startConsole();
    place = await furnish(site, 4);
    const made = await site.fovea.batches.create({ project: place.project, name: 'first', dataset: place.dataset, recipe: place.recipe, filter: {}, settings: { reviewShare: 1 } });
    batch = (await site.fovea.batches.finalize(made.id)).id;
    await person(site, place.project, 'ann@example.org', 'annotator');
    await person(site, place.project, 'bob@example.org', 'reviewer');
    ann = await start('ann@example.org');
    bob = await start('bob@example.org');
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  async function start(email: string) {
    const opened = await site.open();
    await signInAs(opened.page, email);
    return { ...opened, hand: new Hand(opened.page) };
  }
  const taskOf = (page: OpenPage['page']) => /\/tasks\/([0-9a-f-]+)/.exec(page.url())?.[1] ?? '';
  const get = (id: string) => site.fovea.tasks.get(id);
  let first = '';

  test('the next task of a batch is claimed, labeled and submitted by keys; the one after it appears', async () => {
    const { page, hand } = ann;
    await hand.open(`/projects/${place.project}/next?batch=${batch}`);
    first = taskOf(page);
    expect(await get(first)).toMatchObject({ status: 'claimed', claimedBy: 'ann@example.org' });
    await hand.press('1', 'b');
    await hand.drag([100, 100], [200, 160]);
    await hand.saved();
    const { itemId } = await get(first);
    const [draft] = await annotationsOf(site, itemId ?? '', 1, first);
    expect(draft).toMatchObject({ draft: true, taskId: first, label: 'car' });
    await hand.press('Control+Enter');
    await page.waitForURL((url) => !url.pathname.endsWith(first));
    await hand.ready();
    await expect.poll(() => get(first)).toMatchObject({ status: 'submitted', submittedBy: 'ann@example.org' });
    const second = await get(taskOf(page));
    expect([second.status, second.claimedBy]).toEqual(['claimed', 'ann@example.org']);
  });

  test('a key press shows the next task, which was taken ahead', async () => {
    const { page, hand } = ann;
    const now = taskOf(page);
    await hand.press('o');
    await hand.click([300, 300]);
    await hand.saved();
    // By then the next one has been taken.
    const claimed = async () => (await site.fovea.tasks.query(place.project, { filter: { and: [{ status: 'claimed' }, { claimedBy: 'ann@example.org' }] } }).toArray({ limit: 9 })).length;
    await expect.poll(claimed).toBe(2);
    await page.waitForTimeout(500);
    const ms = await page.evaluate(async () => {
      const name = () => document.querySelector('h1')?.textContent;
      const [canvas, before] = [document.querySelector('canvas'), name()];
      const start = performance.now();
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'F8', code: 'F8' }));
      while (name() === before) await new Promise((resolve) => setTimeout(resolve, 4));
      // The page stays, and what is in it changes.
      if (document.querySelector('canvas') !== canvas) throw new Error('The page was built anew.');
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return performance.now() - start;
    });
    console.info(`key press to next task painted: ${ms.toFixed(0)} ms`);
    await page.waitForURL((url) => !url.pathname.endsWith(now));
    await expect.poll(async () => (await get(now)).status).toBe('submitted');
  });

  test('after a reload the task is still held, and nothing is lost', async () => {
    const { page, hand } = ann;
    await hand.ready();
    const now = taskOf(page);
    await hand.press('1', 'b');
    await hand.drag([400, 100], [500, 200]);
    await page.reload();
    await hand.ready();
    expect(taskOf(page)).toBe(now);
    await expect.poll(() => hand.objects.count()).toBe(1);
    expect(await get(now)).toMatchObject({ status: 'claimed', claimedBy: 'ann@example.org' });
  });

  test('skipped, the task goes back and another one comes', async () => {
    const { page, hand } = ann;
    const now = taskOf(page);
    await hand.press('Alt+n');
    await page.waitForURL((url) => !url.pathname.endsWith(now));
    await hand.ready();
    await expect.poll(async () => (await get(now)).status).toBe('pending');
  });

  test('flagged with a reason', async () => {
    const { page, hand } = ann;
    const now = taskOf(page);
    await page.getByRole('button', { name: 'Flag' }).click();
    await page.getByLabel('What is wrong with it').fill('Out of focus');
    await page.getByRole('dialog').getByRole('button', { name: 'Flag' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(now));
    await hand.ready();
    await expect.poll(() => get(now)).toMatchObject({ status: 'pending', flag: 'Out of focus' });
  });

  test('instructions are shown as text, whatever they hold', async () => {
    const { page, hand } = ann;
    await hand.press('i');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Draw tightly' }).waitFor();
    expect(await dialog.locator('script').count()).toBe(0);
    expect(await dialog.innerText()).toContain('<script>alert(1)</script>');
    await hand.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('a task that somebody else holds can only be looked at', async () => {
    await bob.hand.open(`/tasks/${taskOf(ann.page)}`);
    await bob.page.getByText('ann@example.org works on this task.').waitFor();
    const before = await bob.hand.objects.count();
    await bob.hand.press('1', 'b');
    await bob.hand.drag([10, 10], [90, 90]);
    await bob.hand.press('Control+a', 'Delete');
    expect(await bob.hand.objects.count()).toBe(before);
    expect(await bob.page.getByRole('button', { name: 'Submit' }).count()).toBe(0);
  });

  test('review: a comment is pinned to an object, the work is sent back with another, and comes again', async () => {
    const { page, hand } = bob;
    await hand.open(`/projects/${place.project}/next?batch=${batch}&review=true`);
    expect(taskOf(page)).toBe(first);
    await page.getByText('Review the work of ann@example.org').waitFor();
    await hand.click([150, 130]);
    await page.getByLabel('Comment on car').fill('Too loose on the left');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('region', { name: 'Comments' }).getByText('Too loose on the left').waitFor();
    await hand.page.getByTestId('canvas').focus();
    await hand.press('Control+Backspace');
    await page.getByLabel('What should be different').fill('Draw tightly');
    // The same keys accept the work where no dialog lies over the page.
    await page.keyboard.press('Control+Enter');
    await page.waitForURL((url) => !url.pathname.endsWith(first));
    // Whoever looks for the next task ahead may have it again already.
    await expect.poll(() => get(first)).toMatchObject({ reviewStatus: 'rejected', rounds: 1 });
    const task = await get(first);
    expect(task.reviewComments).toMatchObject([{ comment: 'Too loose on the left', annotationId: expect.any(String) }, { comment: 'Draw tightly' }]);
    await ann.hand.open(`/tasks/${first}`);
    await ann.page.getByText('Sent back: Draw tightly').waitFor();
    await ann.page.getByRole('button', { name: 'Show the object: car' }).click();
    await ann.hand.press('Delete', '0');
    await ann.hand.press('1', 'b');
    await ann.hand.drag([110, 110], [190, 150]);
    await ann.hand.press('Control+Enter');
    await expect.poll(async () => (await get(first)).status).toBe('submitted');
  });

  test('review: fixed by the reviewer, the fixes become the annotations', async () => {
    const { page, hand } = bob;
    await hand.open(`/tasks/${first}`);
    await expect.poll(() => hand.objects.count()).toBe(1);
    await hand.click([150, 130]);
    await hand.press('2');
    await hand.saved();
    await hand.press('Control+Shift+Enter');
    await expect.poll(async () => (await get(first)).status).toBe('completed');
    const task = await get(first);
    expect(task.reviewStatus).toBe('fixed');
    const [label] = await annotationsOf(site, task.itemId ?? '', 1);
    expect(label).toMatchObject({ label: 'person', draft: false });
    await page.waitForURL((url) => !url.pathname.endsWith(first));
  });

  test('review: accepted by a key, until nothing waits any more', async () => {
    const { page, hand } = bob;
    for (let round = 0; round < 6 && !(await page.getByText('Nothing left to do').isVisible()); round++) {
      await Promise.race([page.getByTestId('canvas').waitFor(), page.getByText('Nothing left to do').waitFor()]);
      if ((await page.getByTestId('canvas').count()) === 0) break;
      await hand.ready();
      const now = taskOf(page);
      await hand.press('Control+Enter');
      await page.waitForURL((url) => !url.pathname.endsWith(now));
    }
    await page.getByText('No work waits for your review.').waitFor();
    await expect.poll(async () => (await site.fovea.batches.get(batch)).counts.submitted).toBe(0);
  });

  test('offline: edits wait in the browser, leaving is asked about, and they arrive after the tab was killed', async () => {
    const item = place.items[3] ?? '';
    const { context } = ann;
    const page = await context.newPage();
    const hand = new Hand(page);
    await hand.open(`/items/${item}/annotate`);
    const before = (await site.fovea.annotations.list(item).toArray({ limit: 10 })).length;
    await context.setOffline(true);
    await hand.press('1', 'b');
    await hand.drag([50, 50], [150, 150]);
    await page.getByText('Offline: 1 edit kept here').waitFor();
    await hand.drag([250, 50], [350, 150]);
    await page.getByText('Offline: 2 edits kept here').waitFor();
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    await page.close();
    await context.setOffline(false);
    expect((await site.fovea.annotations.list(item).toArray({ limit: 10 })).length).toBe(before);
    const again = new Hand(await context.newPage());
    await again.open(`/items/${place.items[2] ?? ''}/annotate`);
    const arrived = await annotationsOf(site, item, before + 2);
    expect(arrived.slice(-2).map(({ geometry }) => rounded(geometry))).toEqual([50, 250].map((x) => ({ type: 'box', x, y: 50, width: 100, height: 100 })));
    await again.page.close();
  });

  test('offline and back: what was drawn meanwhile is sent', async () => {
    const item = place.items[1] ?? '';
    const page = await ann.context.newPage();
    const hand = new Hand(page);
    await hand.open(`/items/${item}/annotate`);
    const before = (await site.fovea.annotations.list(item).toArray({ limit: 10 })).length;
    await ann.context.setOffline(true);
    await hand.press('1', 'b');
    await hand.drag([600, 400], [700, 500]);
    await page.getByText('Offline: 1 edit kept here').waitFor();
    await ann.context.setOffline(false);
    await hand.saved();
    await annotationsOf(site, item, before + 1);
    await page.close();
  });

  test('the platform goes down and comes back: what was drawn meanwhile is sent', async () => {
    const item = place.items[0] ?? '';
    const page = await ann.context.newPage();
    const hand = new Hand(page);
    await hand.open(`/items/${item}/annotate`);
    const before = (await site.fovea.annotations.list(item).toArray({ limit: 10 })).length;
    await site.whileDown(async () => {
      await hand.press('1', 'b');
      await hand.drag([600, 100], [700, 200]);
      await page.getByText('1 edit kept here').waitFor();
    });
    await hand.saved();
    await annotationsOf(site, item, before + 1);
    await page.close();
  });

  test('two people on one item see each other’s edits, and choose where they clash', async () => {
    const item = place.items[2] ?? '';
    const { data } = await site.fovea.annotations.create(item, [{ type: 'box', label: 'car', geometry: { type: 'box', x: 300, y: 300, width: 100, height: 100 } }]);
    const id = data[0]?.id ?? '';
    await ann.hand.open(`/items/${item}/annotate`);
    await bob.hand.open(`/items/${item}/annotate`);
    const count = await ann.hand.objects.count();
    await ann.hand.press('3', 'b');
    await ann.hand.drag([500, 100], [600, 200]);
    await expect.poll(() => bob.hand.objects.count()).toBe(count + 1);
    await bob.hand.press('v');
    await bob.hand.click([350, 350]);
    await bob.hand.press('2');
    await expect.poll(async () => (await ann.hand.objects.allInnerTexts()).filter((text) => text.includes('Person on foot')).length).toBeGreaterThan(0);
    await ann.context.setOffline(true);
    await ann.hand.press('v', 'Escape');
    await ann.hand.click([350, 350]);
    await ann.hand.press('3');
    await ann.page.getByText('Offline: 1 edit kept here').waitFor();
    await bob.hand.press('1');
    await expect.poll(async () => (await site.fovea.annotations.get(id)).label).toBe('car');
    await ann.context.setOffline(false);
    const clash = ann.page.getByRole('alert').filter({ hasText: 'Changed by two people' });
    await clash.getByText('bob@example.org changed it too (label)').waitFor();
    await clash.getByRole('button', { name: 'Keep mine' }).click();
    await expect.poll(async () => (await site.fovea.annotations.get(id)).label).toBe('tree');
    await expect.poll(async () => (await bob.hand.objects.allInnerTexts()).filter((text) => text.includes('tree')).length).toBe(2);
  });

  test('nothing broke on the way', () => expect([...ann.faults, ...bob.faults]).toEqual([]));
});
