import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, Fovea } from '@fovea/sdk';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adminKey, dropFiles, noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';
import { png } from './pictures.ts';

/** What a person does with the console, in the order in which one does it first. */
describe.skipIf(noBrowser)(`console journey${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let page: Page;
  beforeAll(async () => {
    site = await startConsole();
    opened = await site.open();
    page = opened.page;
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  const onlyDataset = async () => {
    const [dataset] = await site.fovea.datasets.list().toArray({ limit: 1 });
    if (!dataset) throw new Error('There is no dataset.');
    return dataset;
  };
  const itemNamed = async (name: string) => {
    const found = (await site.fovea.items.list((await onlyDataset()).id).toArray({ limit: 100 })).find((item) => item.name === name);
    if (!found) throw new Error(`There is no item "${name}".`);
    return found;
  };

  test('a wrong key is refused in words, and one stays where one is', async () => {
    await page.goto('/keys');
    await page.waitForURL(/\/sign-in\?next=/);
    await page.getByLabel('API key', { exact: true }).last().fill('live_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('not valid').waitFor();
    expect(page.url()).toContain('/sign-in');
  });

  test('signs in, creates a project and a dataset', async () => {
    await signIn(page);
    await page.getByRole('button', { name: 'New project' }).click();
    await page.getByLabel('Name').fill('Street');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Add the first dataset').waitFor();
    await page.getByRole('button', { name: 'New dataset' }).first().click();
    await page.getByLabel('Name').fill('Night');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('This dataset is empty').waitFor();
    expect(await onlyDataset()).toMatchObject({ name: 'Night', itemCount: 0 });
  });

  test('a dropped folder goes in with its tree, and its thumbnails appear by themselves', async () => {
    const root = join(site.folder, 'trip');
    mkdirSync(join(root, 'left', 'raw'), { recursive: true });
    writeFileSync(join(root, 'a.png'), png(64, 48, [200, 60, 60]));
    writeFileSync(join(root, 'left', 'b.png'), png(80, 40, [60, 160, 60]));
    writeFileSync(join(root, 'left', 'raw', 'c.png'), png(40, 80, [60, 60, 200]));
    writeFileSync(join(root, 'left', 'notes.txt'), 'Rain from the west.\n');
    writeFileSync(join(root, '.DS_Store'), 'clutter');
    await dropFiles(page, [root]);
    await page.getByText('4 files uploaded').waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('[role="listitem"] img')].filter((image) => image.naturalWidth > 0).length === 3);
    const paths = (await site.fovea.items.list((await onlyDataset()).id).toArray({ limit: 100 })).map((item) => item.path);
    expect(paths).toEqual(['/trip/a.png', '/trip/left/b.png', '/trip/left/notes.txt', '/trip/left/raw/c.png']);
    await page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name: 'left', exact: true }).waitFor();
  });

  test('what fails is listed with its reason, and can be sent again over what is there', async () => {
    const other = join(site.folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'a.png'), png(32, 32, [0, 0, 0]));
    await page.getByRole('button', { name: 'Close the list' }).click();
    await page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name: 'trip', exact: true }).click();
    await page.waitForURL(/folder=/);
    await dropFiles(page, [join(other, 'a.png')]);
    await page.getByText('1 failed').waitFor();
    await page.getByRole('button', { name: 'Show what failed' }).click();
    await page.getByRole('region', { name: 'Show what failed' }).getByText('/trip/a.png').waitFor();
    await page.getByRole('button', { name: 'Try again, replacing what is there' }).click();
    await page.getByText('1 file uploaded').waitFor();
    await expect.poll(() => itemNamed('a.png')).toMatchObject({ width: 32, path: '/trip/a.png' });
    await page.getByRole('button', { name: 'Close the list' }).click();
  });

  test('folders and filters narrow the grid and stand in the address', async () => {
    await page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name: 'left', exact: true }).click();
    await page.getByText('1–3 of 3').waitFor();
    await page.getByLabel('Kind').selectOption('image');
    await page.getByText('1–2 of 2').waitFor();
    await page.reload();
    await page.getByText('1–2 of 2').waitFor();
    await page.getByLabel('Name or pattern').fill('nothing-has-this');
    await page.getByText('No item matches these filters.').waitFor();
    await page.getByLabel('Name or pattern').fill('b.p');
    await page.getByText('1–1 of 1').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByText('1–3 of 3').waitFor();
    await page.getByRole('button', { name: 'All items' }).click();
    await page.getByText('1–4 of 4').waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  test('arrow keys go about in the grid, space selects, a selection is published', async () => {
    await page.locator('[data-tile="0"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => (document.activeElement as HTMLElement | null)?.dataset['tile'] === '1');
    await page.keyboard.press('Space');
    await page.getByText('1 selected').waitFor();
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('1 item changed').waitFor();
    expect(await itemNamed('b.png')).toMatchObject({ status: 'published' });
    await page.locator('[data-tile="0"]').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/items\//);
    await page.getByRole('heading', { level: 1, name: 'a.png' }).waitFor();
  });

  test('the picture is shown and zooms by keys', async () => {
    const stage = page.getByRole('application');
    await page.waitForFunction(() => (document.querySelector<HTMLImageElement>('[role="application"] img')?.naturalWidth ?? 0) === 32);
    await page.getByText('100 %').waitFor();
    await stage.focus();
    await page.keyboard.press('+');
    await page.getByText('125 %').waitFor();
    const zoomed = await page.getByRole('img', { name: 'a.png' }).boundingBox();
    expect(zoomed?.width).toBeCloseTo(40);
    await page.keyboard.press('0');
    await page.getByText('100 %').waitFor();
  });

  test('metadata is checked, saved, and guarded against what others wrote meanwhile', async () => {
    const editor = page.getByLabel('Metadata (JSON)');
    await editor.fill('{"site": }');
    await page.getByText('This is not valid JSON.').waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await editor.fill('{"site": "north"}');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    const { id, metadata } = await itemNamed('a.png');
    expect(metadata).toEqual({ site: 'north' });

    await editor.fill('{"site": "south"}');
    await site.fovea.items.update(id, { metadata: { site: 'west' } });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('Somebody changed this item').waitFor();
    expect((await site.fovea.items.get(id)).metadata).toEqual({ site: 'west' });
    await page.getByRole('button', { name: 'Save over it' }).click();
    await expect.poll(async () => (await site.fovea.items.get(id)).metadata).toEqual({ site: 'south' });
  });

  test('labels, channel and status are saved as they are set', async () => {
    const { id } = await itemNamed('a.png');
    await page.getByRole('combobox', { name: 'Labels' }).fill('dusk');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await site.fovea.items.get(id)).labels).toEqual(['dusk']);
    await page.getByLabel('Channel').fill('camera-1');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await site.fovea.items.get(id)).channel).toBe('camera-1');
    await page.getByText('Published', { exact: true }).click();
    await expect.poll(async () => (await site.fovea.items.get(id)).status).toBe('published');
  });

  test('next and previous follow the grid, also after a reload', async () => {
    await page.getByRole('button', { name: 'Next item' }).click();
    await page.getByRole('heading', { level: 1, name: 'b.png' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'b.png' }).waitFor();
    await page.locator('h1').click();
    await page.keyboard.press('ArrowRight');
    await page.getByText('Rain from the west.').waitFor();
    expect(page.url()).toContain((await itemNamed('notes.txt')).id);
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('heading', { level: 1, name: 'b.png' }).waitFor();
  });

  test('a deleted item can be brought back', async () => {
    const { id } = await itemNamed('b.png');
    await page.getByRole('button', { name: 'Delete item' }).click();
    await page.getByText('“b.png” deleted').waitFor();
    await expect(site.fovea.items.get(id)).rejects.toMatchObject({ code: 'not_found' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('“b.png” restored').waitFor();
    expect((await site.fovea.items.get(id)).path).toBe('/trip/left/b.png');
  });

  test('the download has the bytes of the file', async () => {
    await page.getByRole('heading', { level: 1, name: 'b.png' }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
    expect(download.suggestedFilename()).toBe('b.png');
    const bytes = await (await download.createReadStream()).toArray();
    expect(Buffer.concat(bytes as Buffer[]).equals(png(80, 40, [60, 160, 60]))).toBe(true);
  });

  test('a session that ended leads to the sign-in page and back to where one was', async () => {
    const before = page.url();
    await opened.context.clearCookies();
    await page.getByRole('button', { name: 'Next item' }).click();
    await page.getByText('Your session has ended').waitFor();
    await page.getByLabel('API key', { exact: true }).last().fill(adminKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/items\//);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(new URL(before).origin).toBe(new URL(page.url()).origin);
  });

  test('members come and go, with roles', async () => {
    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByRole('button', { name: 'Add member' }).click();
    await page.getByRole('dialog').getByLabel('E-mail').fill('ann@example.org');
    await page.getByRole('dialog').getByLabel('Role').selectOption('reviewer');
    await page.getByRole('dialog').getByRole('button', { name: 'Add member' }).click();
    const role = page.getByLabel('Role of ann@example.org');
    await role.waitFor();
    expect(await role.inputValue()).toBe('reviewer');
    await role.selectOption('developer');
    const { projectId } = await onlyDataset();
    const members = () => site.fovea.members.list(projectId).toArray({ limit: 10 });
    await expect.poll(async () => (await members()).find((member) => member.email === 'ann@example.org')?.role).toBe('developer');
    await page.getByRole('button', { name: 'Remove ann@example.org' }).click();
    await expect.poll(async () => (await members()).length).toBe(1);
  });

  test('a key is shown once with what the door is given, works, and stops working when revoked', async () => {
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('import');
    await page.getByRole('dialog').getByLabel('Client library').selectOption('voxel51');
    await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
    const key = (await page.getByLabel('The key').textContent())?.trim() ?? '';
    expect(key).toMatch(/^live_/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as JSON' }).click()]);
    const json = JSON.parse(Buffer.concat((await (await download.createReadStream()).toArray()) as Buffer[]).toString('utf8')) as { access_token: { private_key: string } };
    expect(json.access_token.private_key).toBe(key);
    const program = new Fovea({ url: site.url, key });
    expect((await program.session.get()).user.admin).toBe(true);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Revoke import' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('Key “import” revoked').waitFor();
    await expect(program.session.get()).rejects.toBeInstanceOf(ApiError);
  });

  test('a user with a password signs in and sees what is theirs only', async () => {
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('button', { name: 'New user' }).click();
    await page.getByRole('dialog').getByLabel('E-mail').fill('bob@example.org');
    await page.getByRole('dialog').getByLabel('Password', { exact: true }).fill('correct horse battery');
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await page.getByText('User bob@example.org created').waitFor();
    const other = await site.open();
    await other.page.goto('/');
    await other.page.getByText('Password', { exact: true }).click();
    await other.page.getByLabel('E-mail').fill('bob@example.org');
    await other.page.getByLabel('Password', { exact: true }).last().fill('correct horse battery');
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByText('Create your first project').waitFor();
    expect(await other.page.getByRole('link', { name: 'Users' }).count()).toBe(0);
    await other.page.goto(`/datasets/${(await onlyDataset()).id}`);
    await other.page.getByText('There is no such page').first().waitFor();
    await other.context.close();
  });

  test('the palette goes to a dataset by its name', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to' }).fill('nig');
    await page.getByRole('option', { name: /Night/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/datasets\//);
    await page.getByRole('heading', { level: 1, name: 'Night' }).waitFor();
    expect(page.url()).toContain((await onlyDataset()).id);
  });

  test('signs out: the session is over, here and on the platform', async () => {
    const cookies = await opened.context.cookies();
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/\/sign-in/);
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    expect((await fetch(`${site.url}/v1/me`, { headers: { cookie } })).status).toBe(401);
  });

  test('nothing broke on the way', () => expect(opened.faults).toEqual([]));
});
