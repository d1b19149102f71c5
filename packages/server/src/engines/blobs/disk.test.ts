import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blobStoreSuite, chunksOf } from './blob-store.suite.ts';
import { diskBlobs } from './disk.ts';

blobStoreSuite('blobs on disk', async () => {
  const root = mkdtempSync(join(tmpdir(), 'fovea-blobs-'));
  const store = await diskBlobs({ root });
  return {
    store,
    leftovers: async () => [...readdirSync(join(root, '.tmp')), ...(existsSync(join(root, '.uploads')) ? readdirSync(join(root, '.uploads')) : [])],
    damage: async (sha256) => writeFileSync(join(root, sha256.slice(0, 2), sha256), 'rotten'),
    close: async () => {
      await store.close();
      rmSync(root, { recursive: true });
    },
  };
});

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'fovea-blobs-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('kill -9 in the middle: what was acknowledged is whole, the rest is swept', async () => {
  const script = `import { randomBytes } from 'node:crypto';
    import { diskBlobs } from ${JSON.stringify(join(import.meta.dirname, 'disk.ts'))};
    const store = await diskBlobs({ root: process.argv[1] });
    async function* bytes() { for (let n = 0; n < 20; n++) yield randomBytes(50_000); }
    await Promise.all(Array.from({ length: 8 }, async () => { for (;;) console.log((await store.put(bytes())).sha256); }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said += text));
  await expect.poll(() => said.split('\n').length, { timeout: 10_000 }).toBeGreaterThan(20);
  child.kill('SIGKILL');
  await once(child, 'close');
  const store = await diskBlobs({ root });
  const acknowledged = said.split('\n').slice(0, -1);
  for (const sha256 of acknowledged) expect(await store.verify(sha256)).toBe('ok');
  for await (const { sha256 } of store.list()) expect(await store.verify(sha256)).toBe('ok');
  expect(readdirSync(join(root, '.tmp')).length).toBeGreaterThan(0);
  expect(await store.sweepTemporary(60_000)).toBe(0);
  await store.sweepTemporary(0);
  expect(readdirSync(join(root, '.tmp'))).toEqual([]);
});

test('sweeping takes old temporary files only', async () => {
  const store = await diskBlobs({ root });
  for (const name of ['old', 'new']) writeFileSync(join(root, '.tmp', name), 'x');
  const longAgo = Date.now() / 1_000 - 3_600;
  utimesSync(join(root, '.tmp', 'old'), longAgo, longAgo);
  expect(await store.sweepTemporary(60_000)).toBe(1);
  expect(readdirSync(join(root, '.tmp'))).toEqual(['new']);
});

test('200 uploads at once keep memory small', async () => {
  const store = await diskBlobs({ root });
  // Of this thread alone: other test files share the process.
  const used = () => process.memoryUsage().arrayBuffers;
  const before = used();
  let peak = before;
  const watch = setInterval(() => void (peak = Math.max(peak, used())), 5);
  const chunk = randomBytes(65_536);
  async function* bytes(first: number) {
    chunk[0] = first;
    for (let n = 0; n < 64; n++) yield chunk;
  }
  const blobs = await Promise.all(Array.from({ length: 200 }, (_, first) => store.put(bytes(first))));
  clearInterval(watch);
  expect(blobs.every((blob) => blob.size === 64 * 65_536)).toBe(true);
  expect((peak - before) / 1024 ** 2).toBeLessThan(32);
});

test('a folder that cannot be used is named', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(diskBlobs({ root: join(root, 'file', 'blobs') })).rejects.toThrow(
    /The folder of the blobs .*file\/blobs cannot be used \(ENOTDIR\)/,
  );
});

test('a full disk answers disk_full, leaves nothing behind, and works again when there is space', async (context) => {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', root], { stdio: 'ignore' }).status !== 0)
    return context.skip('a small disk cannot be mounted here');
  try {
    const store = await diskBlobs({ root });
    const big = await store.put(chunksOf(randomBytes(4 * 1024 ** 2)));
    await expect(store.put(chunksOf(randomBytes(6 * 1024 ** 2)))).rejects.toMatchObject({
      name: 'BlobError',
      code: 'disk_full',
    });
    await expect(store.putMany(Array.from({ length: 300 }, () => randomBytes(20_000)))).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(readdirSync(join(root, '.tmp'))).toEqual([]);
    await store.delete(big.sha256);
    const { sha256, size } = await store.put(chunksOf(randomBytes(1024 ** 2)));
    expect(statSync(join(root, sha256.slice(0, 2), sha256)).size).toBe(size);
  } finally {
    spawnSync('umount', [root]);
  }
});
