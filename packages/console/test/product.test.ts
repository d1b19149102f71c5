import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';
import { furnish, type Places } from './furnish.ts';

/** Profiles with their preview, filters with suggestions, usage, audit, my work, tasks answered in forms, the tour: as a person uses them. */
describe.skipIf(noBrowser)(`console product${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 90_000 }, () => {
  let site: Console;
  let made: Places;
  let opened: OpenPage;
  beforeAll(async () => {
    site = await startConsole();
    made = await furnish(site);
    opened = await site.open({ reducedMotion: 'reduce', colorScheme: 'light' });
    await signIn(opened.page);
  }, 180_000);
  afterAll(async () => {
    await site?.close();
  });

  test('the tour leads from page to page, and is offered once', async () => {
    const { page } = opened;
    await page.getByRole('button', { name: 'Take the tour' }).click();
    const card = page.getByRole('region', { name: 'Tour' });
    await card.getByRole('heading', { name: 'A project' }).waitFor();
    expect(page.url()).toContain(`/projects/`);
    expect(await violations(page, { picture: 'tour' })).toEqual([]);
    for (const heading of ['A dataset', 'A recipe', 'Labeling', 'Analytics', 'My work', 'Programs']) {
      await card.getByRole('button', { name: 'Next' }).click();
      await card.getByRole('heading', { name: heading }).waitFor();
    }
    await card.getByRole('button', { name: 'Done' }).click();
    await card.waitFor({ state: 'detached' });
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
    expect(await page.getByRole('button', { name: 'Take the tour' }).count()).toBe(0);
  });

  test('home says what waits', async () => {
    const waiting = opened.page.getByRole('region', { name: 'Waits for you' });
    await waiting.getByRole('link', { name: 'First round', exact: true }).waitFor();
    expect(await waiting.innerText()).toContain('8 tasks');
  });

  test('a profile is changed in a form made of the document, looked at before and after, saved, and taken back', async () => {
    const { page } = opened;
    await page.goto(`/profiles/${made.profile}`);
    await page.getByRole('button', { name: 'Choose an item' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Choose 0.png' }).click();
    await page.getByRole('img', { name: 'After' }).waitFor({ timeout: 60_000 });
    const slider = page.getByRole('slider', { name: /How much of the picture/ });
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    expect(await slider.inputValue()).toBe('51');
    expect(await violations(page, { picture: 'profile-preview' })).toEqual([]);
    await page.getByLabel('Find a setting').fill('color_blue');
    await page.getByLabel('color_blue').fill('7');
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByText('Saved as version 2').waitFor();
    expect((await site.fovea.profiles.get(made.profile)).parameters).toMatchObject({ color_red: 10, color_blue: 7 });
    await page.getByRole('button', { name: 'Take back to version 1' }).click();
    await page.getByText('Not saved yet').waitFor();
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByText('Saved as version 3').waitFor();
    const { parameters } = await site.fovea.profiles.get(made.profile);
    expect([parameters['color_red'], parameters['color_blue']]).toEqual([10, 0]);
  });

  test('a profile takes files of its own', async () => {
    const { page } = opened;
    await page.getByRole('button', { name: 'Add file' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Choose 2.png' }).click();
    await page.getByRole('region', { name: 'Files' }).getByRole('link', { name: '2.png' }).waitFor();
    expect((await site.fovea.profiles.get(made.profile)).files).toHaveLength(1);
  });

  test('a filter is built of the fields and values that the dataset has', async () => {
    const { page } = opened;
    // What was labeled in the batch counts once it is reviewed, and which of it is reviewed is drawn by lot: this one counts whatever is drawn.
    await site.fovea.annotations.create(made.item, [{ type: 'box', label: 'car', geometry: { type: 'box', x: 100, y: 20, width: 30, height: 30 } }]);
    await page.goto(`/datasets/${made.dataset}`);
    await page.getByRole('button', { name: 'Add a filter' }).click();
    const form = page.getByRole('dialog', { name: 'Add a filter' });
    await form.getByLabel('Field').and(form.locator('input')).fill('metadata');
    await form.getByRole('option', { name: 'metadata.site' }).click();
    await form.getByLabel('Value').and(form.locator('input')).click();
    await form.getByRole('option', { name: 'north' }).click();
    expect(await violations(page, { menu: true, picture: 'filter' })).toEqual([]);
    await form.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('1–3 of 3').waitFor();
    await page.getByRole('button', { name: 'Add a filter' }).click();
    await form.getByLabel('Field').and(form.locator('input')).fill('annotations.label');
    await form.getByRole('option', { name: 'annotations.label' }).click();
    await form.getByLabel('Value').and(form.locator('input')).click();
    await form.getByRole('option', { name: 'car' }).click();
    await form.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: 'Remove the filter annotations.label is car' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Remove the filter metadata.site is north' }).click();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByText('1–6 of 6').waitFor();
  });

  test('what the filters show is changed, copied, moved and deleted as a whole, and deleting is taken back', async () => {
    const { page } = opened;
    const only = JSON.stringify([['metadata.site', 'eq', 'south']]);
    await page.goto(`/datasets/${made.dataset}?where=${encodeURIComponent(only)}`);
    const dialog = page.getByRole('dialog');
    const choose = async (what: string) => {
      await page.getByRole('button', { name: 'Change all 3', exact: true }).click();
      await page.getByRole('menuitem', { name: what }).click();
    };
    await choose('Change fields …');
    await dialog.getByRole('button', { name: 'Change', exact: true }).click();
    await dialog.getByText('Nothing is to be changed yet.').waitFor();
    expect(await violations(page)).toEqual([]);
    await dialog.getByLabel('Status').selectOption('published');
    await dialog.getByLabel('Merge into the metadata').fill('{"checked": true}');
    await dialog.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByText('3 items changed').waitFor();
    const changed = await site.fovea.items.query(made.dataset, { filter: { and: [{ 'metadata.checked': true }, { status: 'published' }] } }).toArray({ limit: 10 });
    expect(changed.map(({ path }) => path)).toEqual(['/a/1.png', '/a/3.png', '/a/5.png']);
    await choose('Copy into a dataset …');
    await dialog.getByLabel('Name of the new dataset').fill('South only');
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('3 items copied').waitFor();
    expect((await site.fovea.datasets.list({ project: made.project }).toArray({ limit: 10 })).find(({ name }) => name === 'South only')?.itemCount).toBe(3);
    await choose('Move …');
    await dialog.getByLabel('To folder').fill('/south');
    await dialog.getByRole('button', { name: 'Move', exact: true }).click();
    await page.getByText('3 items moved').waitFor();
    expect(await site.fovea.items.count(made.dataset, { filter: { path: { match: '/south/a/*.png' } } })).toMatchObject({ count: 3 });
    await choose('Delete …');
    await dialog.getByRole('button', { name: 'Delete 3 items' }).click();
    await page.getByText('3 items deleted').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('3 items restored').waitFor();
    expect(await site.fovea.items.count(made.dataset, { filter: {} })).toMatchObject({ count: 6 });
  });

  test('the quality of a project: its batches, its people', async () => {
    const { page } = opened;
    await page.goto(`/projects/${made.project}`);
    await page.getByRole('link', { name: 'Quality', exact: true }).click();
    await page.getByRole('region', { name: 'Batches' }).getByRole('link', { name: 'First round' }).waitFor();
    await page.getByRole('region', { name: 'People' }).getByRole('cell', { name: '3 min' }).waitFor();
  });

  test('a quota is set and shown', async () => {
    const { page } = opened;
    await page.goto('/usage');
    await page.getByRole('button', { name: 'Set quota of Street' }).click();
    await page.getByRole('dialog').getByLabel('Gigabytes').fill('0.00001');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('The quota of Street is set.').waitFor();
    expect((await site.fovea.usage.project(made.project)).quotaBytes).toBe(10_000);
    await page.getByRole('img', { name: /of 10.0 kB/ }).waitFor();
    await site.fovea.usage.setQuota(made.project, { quotaBytes: null });
  });

  test('the audit is narrowed by what was done', async () => {
    const { page } = opened;
    await page.goto('/audit');
    await page.getByLabel('What').selectOption({ label: 'Webhooks' });
    await page.getByRole('cell', { name: 'webhook.created' }).waitFor();
    expect(await page.getByRole('cell', { name: 'task.created' }).count()).toBe(0);
    await page.getByLabel('By whom').and(page.locator('input')).fill('nobody@example.org');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing here').waitFor();
  });

  test('a collection is answered in a form made of its fields; what is required is asked for', async () => {
    const { page } = opened;
    const fields = [
      { type: 'text', field_id: 'plate', title: 'Number plate', required: true },
      { type: 'category', field_id: 'kind', title: 'Kind', choices: [{ label: 'Car', value: 'car' }, { label: 'Lorry', value: 'lorry' }] },
      { type: 'boolean', field_id: 'parked', title: 'Parked' },
      { type: 'number', field_id: 'wheels', title: 'Wheels', max_responses_required: 3 },
    ];
    const task = await site.fovea.tasks.create({ project: made.project, item: made.item, type: 'textcollection', params: { title: 'Read the plate', attachments: [{ type: 'text', content: 'Look closely.' }], fields }, instruction: 'Write **everything**.' });
    await page.goto(`/tasks/${task.id}`);
    await page.getByRole('heading', { level: 1, name: 'Read the plate' }).waitFor();
    await page.getByText('Look closely.').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('Number plate is required.').waitFor();
    await page.getByLabel('Number plate').fill('B-FV 12');
    await page.getByLabel('Lorry').check();
    await page.getByLabel('Parked').selectOption('Yes');
    await page.getByLabel('Wheels 1').fill('4');
    expect(await violations(page, { picture: 'form-collection' })).toEqual([]);
    // Nothing is lost by a reload.
    await page.reload();
    expect(await page.getByLabel('Number plate').inputValue()).toBe('B-FV 12');
    await page.keyboard.press('Control+Enter');
    await expect.poll(async () => (await site.fovea.tasks.get(task.id)).status, { timeout: 15_000 }).toBe('completed');
    expect((await site.fovea.tasks.get(task.id)).response).toEqual({ annotations: { plate: 'B-FV 12', kind: 'lorry', parked: true, wheels: [4] } });
  });

  test('entities are marked in a text by keys', async () => {
    const { page } = opened;
    const task = await site.fovea.tasks.create({ project: made.project, type: 'namedentityrecognition', params: { text: 'Ada met Bob in Berlin.', labels: ['person', 'place'] } });
    await page.goto(`/tasks/${task.id}`);
    const text = page.getByLabel('Text', { exact: true });
    await text.waitFor();
    const mark = async (start: number, end: number, key: string) => {
      await text.evaluate((element, [from, to]) => (element as HTMLTextAreaElement).setSelectionRange(from ?? 0, to ?? 0), [start, end]);
      await text.press(key);
    };
    await text.focus();
    await mark(0, 3, '1');
    await mark(15, 21, '2');
    await page.getByRole('button', { name: 'Remove the mark of Berlin' }).waitFor();
    expect(await violations(page, { picture: 'form-entities' })).toEqual([]);
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(async () => (await site.fovea.tasks.get(task.id)).status, { timeout: 15_000 }).toBe('completed');
    const { response } = await site.fovea.tasks.get(task.id);
    expect(response).toMatchObject({ annotations: [{ text: 'Ada', label: 'person', start: 0, end: 3 }, { text: 'Berlin', label: 'place', start: 15 }], relationships: [] });
  });

  test.each([
    ['categorization', { attachment_type: 'text', attachment: 'A red car.', categories: ['car', 'bus'] }, async (page: OpenPage['page']) => page.getByLabel('bus').check(), { category: 'bus' }],
    ['comparison', { attachment_type: 'text', attachments: ['one', 'two'], choices: ['first', 'second'] }, async (page: OpenPage['page']) => page.getByLabel('second').check(), { choice: 'second' }],
    ['transcription', { attachment_type: 'text', attachment: 'ABC', fields: { letters: 'What is written' } }, async (page: OpenPage['page']) => page.getByLabel('letters').fill('ABC'), { fields: { letters: 'ABC' } }],
    ['audiotranscription', { attachment_type: 'text', attachment: 'x' }, async (page: OpenPage['page']) => page.getByLabel('What is said').fill('hello'), { transcript: 'hello' }],
  ] as const)('%s is answered', async (type, params, answer, response) => {
    const { page } = opened;
    const task = await site.fovea.tasks.create({ project: made.project, item: made.item, type, params });
    await page.goto(`/tasks/${task.id}`);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await answer(page);
    expect(await violations(page, { picture: `form-${type}` })).toEqual([]);
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(async () => (await site.fovea.tasks.get(task.id)).status, { timeout: 15_000 }).toBe('completed');
    expect((await site.fovea.tasks.get(task.id)).response).toMatchObject(response);
  });

  test('my work adds up what was handed in', async () => {
    const { page } = opened;
    // What is in no batch waits there as well.
    await site.fovea.tasks.create({ project: made.project, item: made.item });
    await page.goto('/my-work');
    await page.getByRole('link', { name: 'Label: Tasks outside of batches' }).click();
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await page.goto('/my-work');
    await page.getByRole('region', { name: 'Handed in' }).getByText('Your last tasks').waitFor();
    const figures = await page.getByRole('region', { name: 'Handed in' }).locator('dl').innerText();
    expect(figures).toMatch(/Handed in\s+10/);
  });

  test('nothing broke on the way', () => expect(opened.faults).toEqual([]));
});
