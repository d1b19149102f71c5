import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdDataFolder } from './data-lock.ts';
import { processIdentity } from './process-identity.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fovea-lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const holder = `import { holdDataFolder } from ${JSON.stringify(join(import.meta.dirname, 'data-lock.ts'))};
  try { holdDataFolder(process.argv[1]); console.log('held'); setInterval(() => {}, 1000); } catch (error) { console.log(error.message); }`;

test('a folder held by a living process is refused with its number, and free when that is killed', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  expect(String((await once(child.stdout, 'data'))[0])).toBe('held\n');
  expect(() => holdDataFolder(folder)).toThrow(
    `The data folder ${folder} is in use by another Fovea process (${child.pid}); end it, or choose another folder with --data.`,
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  const letGo = holdDataFolder(folder);
  expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(`${process.pid} ${processIdentity(process.pid)}\n`);
  letGo();
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

test.each(['', 'rubbish', `${process.pid} another-boot:1`, '0 x', '999999999 y'])(
  'a stale file with "%s" does not count',
  (text) => {
    writeFileSync(join(folder, 'lock'), text);
    holdDataFolder(folder)();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  },
);

test('of many processes that start at once over a stale file, one gets the folder', async () => {
  writeFileSync(join(folder, 'lock'), '999999999 stale\n');
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', holder, folder], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const said = await Promise.all(children.map(async (child) => String((await once(child.stdout, 'data'))[0])));
  for (const child of children) child.kill('SIGKILL');
  expect(said.filter((line) => line === 'held\n')).toHaveLength(1);
});

test('a process is known by its start, and gone when it ended', () => {
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  const { pid } = spawnSync('true');
  expect(processIdentity(pid)).toBeUndefined();
});
