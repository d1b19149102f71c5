// The commands against a real platform.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../server/src/testing/platform.ts';
import { runCli, type TestIoOptions } from '../src/testing.ts';

let platform: TestPlatform;
let folder: string;
let count = 0;
let project: string;

beforeAll(async () => {
  platform = await startTestPlatform({ working: false });
  folder = mkdtempSync(join(tmpdir(), 'fovea-cli-'));
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  project = `Project ${++count}`;
  const { code, err } = await fovea(['projects', 'create', project]);
  if (code !== 0) throw new Error(err);
});

const fovea = (args: readonly string[], options: TestIoOptions = {}) =>
  runCli(args, { cwd: folder, ...options, env: { HOME: folder, FOVEA_URL: platform.url, FOVEA_KEY: platform.key, ...options.env } });
const json = async (args: readonly string[], options?: TestIoOptions) => {
  const { code, out, err } = await fovea([...args, '--json'], options);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

function makeTree(name: string, files: number): string {
  const root = join(folder, name);
  mkdirSync(join(root, 'deep', 'er'), { recursive: true });
  for (let index = 0; index < files; index++) writeFileSync(join(root, index % 2 ? 'deep' : 'deep/er', `file ${index}.bin`), randomBytes(2_000));
  writeFileSync(join(root, 'big.bin'), randomBytes(1_500_000));
  writeFileSync(join(root, 'empty.txt'), '');
  writeFileSync(join(root, '.hidden'), 'x');
  return root;
}

function digests(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(root, name)).isFile());
  return Object.fromEntries(names.toSorted().map((name) => [name, createHash('sha256').update(readFileSync(join(root, name))).digest('hex')]));
}

test('a folder goes up and comes back as it was; doing either again moves nothing', async () => {
  const root = makeTree('round', 30);
  const [up] = await json(['upload', 'round', '--dataset', 'Night', '--project', project, '--create', '--label', 'rain', '--label', 'fog', '--publish']);
  expect(up).toMatchObject({ created: 32, existing: 0, failed: 0, failures: [] });
  const again = await fovea(['upload', 'round', '-D', 'Night', '-p', project]);
  expect(again.out).toMatch(/^✓ 0 created, 32 there already in "Night"/);
  expect(again.err).toContain('1 hidden files were left out');
  const items = await json(['items', 'list', '-D', 'Night', '-p', project]);
  expect(items).toHaveLength(32);
  expect(items[0]).toMatchObject({ path: '/big.bin', labels: ['rain', 'fog'], status: 'published' });
  const [down] = await json(['download', '-D', 'Night', '-p', project, '--to', 'back']);
  expect(down).toMatchObject({ downloaded: 32, existing: 0, failed: 0 });
  const { '.hidden': _, ...expected } = digests(root);
  expect(digests(join(folder, 'back'))).toEqual(expected);
  expect((await fovea(['download', '-D', 'Night', '-p', project, '--to', 'back'])).out).toContain('0 downloaded, 32 there already');
});

test('what stands in the way is told, file by file, and nothing is overwritten unasked', async () => {
  makeTree('clash', 2);
  await json(['upload', 'clash', '-D', 'Clash', '-p', project, '--create']);
  writeFileSync(join(folder, 'clash', 'empty.txt'), 'no longer');
  const refused = await fovea(['upload', 'clash', '-D', 'Clash', '-p', project]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('1 file was not uploaded:\n  /empty.txt: The path is taken by other bytes');
  expect(refused.out).toContain('3 there already');
  const [skipped] = await json(['upload', 'clash', '-D', 'Clash', '-p', project, '--if-exists', 'skip']);
  expect(skipped).toMatchObject({ existing: 4, replaced: 0 });
  const [replaced] = await json(['upload', 'clash', '-D', 'Clash', '-p', project, '--if-exists', 'replace']);
  expect(replaced).toMatchObject({ existing: 3, replaced: 1 });
  mkdirSync(join(folder, 'theirs'));
  writeFileSync(join(folder, 'theirs', 'empty.txt'), 'mine');
  const kept = await fovea(['download', '-D', 'Clash', '-p', project, '--to', 'theirs']);
  expect(kept.code).toBe(1);
  expect(kept.err).toContain('/empty.txt: A file with other bytes is here already; --overwrite replaces it.');
  expect(readFileSync(join(folder, 'theirs', 'empty.txt'), 'utf8')).toBe('mine');
  expect((await fovea(['download', '-D', 'Clash', '-p', project, '--to', 'theirs', '--overwrite'])).code).toBe(0);
  expect(readFileSync(join(folder, 'theirs', 'empty.txt'), 'utf8')).toBe('no longer');
});

test('single files, a folder of the dataset, and filters', async () => {
  writeFileSync(join(folder, 'one.txt'), 'one');
  writeFileSync(join(folder, 'two.txt'), 'two');
  await json(['upload', 'one.txt', 'two.txt', '-D', 'Few', '-p', project, '--create', '--into', 'notes/2026', '--channel', 'left']);
  expect((await json(['items', 'list', '-D', 'Few', '-p', project, '--folder', '/notes'])).map((item) => item['path'])).toEqual(['/notes/2026/one.txt', '/notes/2026/two.txt']);
  expect(await json(['items', 'list', '-D', 'Few', '-p', project, '--channel', 'right'])).toEqual([]);
  const found = await fovea(['items', 'query', '{"folder": "/notes/2026"}', '-D', 'Few', '-p', project, '--fields', 'path,kind', '--sort', '-path']);
  expect(found.out.trim().split('\n').map((line) => JSON.parse(line))).toEqual([{ path: '/notes/2026/two.txt', kind: 'text' }, { path: '/notes/2026/one.txt', kind: 'text' }]);
  expect(await json(['items', 'list', '-D', 'Few', '-p', project, '--limit', '1'])).toHaveLength(1);
  const table = await fovea(['items', 'list', '-D', 'Few', '-p', project, '--limit', '1'], { columns: 100 });
  expect(table.out.split('\n')[0]).toContain('PATH');
  expect(table.err).toContain('There are more than these 1; --limit N shows more, --json all.');
  const missing = await fovea(['upload', 'one.txt', '-D', 'Nowhere', '-p', project]);
  expect(missing).toMatchObject({ code: 1 });
  expect(missing.err).toContain('With --create --project PROJECT a missing dataset is created.');
});

test('items, datasets and projects are deleted and restored', async () => {
  writeFileSync(join(folder, 'one.txt'), 'one');
  await json(['upload', 'one.txt', '-D', 'Bin', '-p', project, '--create']);
  const [item] = await json(['items', 'list', '-D', 'Bin', '-p', project]);
  const id = item!['id'] as string;
  expect((await fovea(['items', 'delete', id])).out).toContain(`"fovea items restore ${id}" brings it back`);
  expect((await fovea(['items', 'get', id])).err).toContain('There is no item');
  expect((await fovea(['items', 'restore', id])).out).toContain('Restored item /one.txt');
  expect((await fovea(['items', 'get', id])).out).toMatch(/^path +\/one\.txt$/m);
  const [dataset] = await json(['datasets', 'get', 'Bin', '-p', project]);
  expect((await fovea(['datasets', 'delete', 'Bin', '-p', project])).out).toContain('Deleted dataset "Bin" with 1 items');
  expect((await fovea(['datasets', 'list', '-p', project])).err).toContain('No datasets yet');
  expect((await fovea(['datasets', 'restore', dataset!['id'] as string])).code).toBe(0);
  const [made] = await json(['projects', 'get', project]);
  expect((await fovea(['projects', 'delete', project])).code).toBe(0);
  expect((await fovea(['projects', 'get', project])).code).toBe(1);
  expect((await fovea(['projects', 'restore', made!['id'] as string])).out).toContain(`Restored project "${project}"`);
});

test('keys create --json prints one line with what the door gives', async () => {
  const { code, out } = await fovea(['keys', 'create', '--name', 'trainer', '--scope', 'read', '--scope', 'write', '--project', project, '--door', 'scale', '--expires', '30d', '--json']);
  expect(code).toBe(0);
  expect(out.trim().split('\n')).toHaveLength(1);
  const made = JSON.parse(out) as { id: string; key: string; door: object };
  expect(made).toEqual({ id: expect.any(String), key: expect.any(String), door: { apiKey: made.key, baseUrl: `${platform.url}/scale/v1`, callbackAuthKey: expect.stringMatching(/^live_/) } });
  const me = await json(['whoami'], { env: { FOVEA_KEY: made.key } });
  expect(me[0]).toMatchObject({ keyId: made.id, scopes: ['read', 'write'], url: platform.url });
  const plain = await json(['keys', 'create', '--name', 'plain']);
  expect(plain[0]!['door']).toEqual({});
  const shown = await fovea(['keys', 'create', '--name', 'shown']);
  expect(shown.out.trim()).toMatch(/^\S{20,}$/);
  expect((await fovea(['keys', 'revoke', made.id])).code).toBe(0);
  expect((await fovea(['whoami'], { env: { FOVEA_KEY: made.key } })).code).toBe(1);
  const listed = await json(['keys', 'list']);
  expect(listed.find((key) => key['id'] === made.id)?.['revokedAt']).not.toBeNull();
});

test('members and users', async () => {
  const email = `ann-${count}@example.org`;
  expect((await fovea(['users', 'create', email, '--name', 'Ann', '--password'], { input: 'a long password\n' })).code).toBe(0);
  expect((await json(['users', 'list'])).map((user) => user['email'])).toContain(email);
  expect((await fovea(['members', 'set', email, 'annotator', '-p', project])).out).toBe(`✓ ${email} is annotator in project "${project}".\n`);
  expect((await json(['members', 'list', '-p', project])).map((member) => `${member['email']} ${member['role']}`)).toContain(`${email} annotator`);
  expect((await fovea(['members', 'remove', email, '-p', project])).code).toBe(0);
  expect((await json(['members', 'list', '-p', project])).map((member) => member['email'])).not.toContain(email);
});

test('login stores what works, refuses what does not, and logout forgets it', async () => {
  const home = mkdtempSync(join(folder, 'home-'));
  const env = { HOME: home, FOVEA_URL: '', FOVEA_KEY: '' };
  const refused = await fovea(['login', '--url', platform.url, '--key', 'nonsense'], { env });
  expect(refused.code).toBe(1);
  expect((await fovea(['whoami'], { env })).err).toContain('No platform is known');
  const done = await fovea(['login', '--url', platform.url], { env, input: `${platform.key}\n` });
  expect(done.out).toContain('Signed in to');
  expect(done.out + done.err).not.toContain(platform.key);
  expect((await fovea(['whoami'], { env })).out).toContain('administrator');
  expect((await fovea(['logout'], { env })).code).toBe(0);
  expect((await fovea(['whoami'], { env })).code).toBe(1);
});

test('doctor finds the platform, and a key that does not work', async () => {
  const checks = await json(['doctor']);
  expect(checks.map((check) => check['check'])).toContain('disk space');
  expect(checks.find((check) => check['check'] === 'platform')).toMatchObject({ state: 'ok' });
  const broken = await fovea(['doctor'], { env: { FOVEA_KEY: 'nonsense' } });
  expect(broken.code).toBe(1);
  expect(broken.out).toContain('refuses the key from FOVEA_KEY');
  expect(broken.out).toContain('→ Run "fovea login"');
  expect(broken.err).toContain('found something to fix');
});
