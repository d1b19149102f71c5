import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArchiveError, FileSpools, openFiles, openFolder, ZipWriter } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-archives-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = (value: string) => [Buffer.from(value)];
async function opened(bytes: Uint8Array, name = 'upload', bounds?: Parameters<typeof openFiles>[0]['bounds']) {
  const room = await mkdtemp(join(folder, 'open-'));
  const path = join(room, 'upload');
  await writeFile(path, bytes);
  return openFiles({ path, name, bytes: bytes.length, folder: room, bounds });
}
async function contents(files: Awaited<ReturnType<typeof opened>>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { path } of files.list()) found[path] = Buffer.concat(await Array.fromAsync(files.open(path) ?? [])).toString();
  await files.close();
  return found;
}
async function zip(entries: readonly (readonly [string, Iterable<Uint8Array> | AsyncIterable<Uint8Array>, boolean?])[]): Promise<Buffer> {
  const spools = new FileSpools(await mkdtemp(join(folder, 'zip-')));
  const writer = new ZipWriter(spools.create());
  const parts: Uint8Array[] = [];
  for (const [path, content, store = false] of entries) for await (const part of writer.entry(path, content, { store })) parts.push(part);
  for await (const part of writer.end()) parts.push(part);
  await spools.close();
  return Buffer.concat(parts);
}

describe('ZIP', () => {
  const noise = Buffer.from(Array.from({ length: 6_000_000 }, (_, index) => (index * 2654435761) >>> 13));
  const entries = [['a.txt', text('one')], ['ä/b.txt', text('zwei'), true], ['empty', []], ['large', [noise.subarray(0, 3_000_000), noise.subarray(3_000_000)]], ['stored', [noise], true]] as const;

  test('what is written is read back, also entries whose size is not known beforehand', async () => {
    const found = await contents(await opened(await zip(entries)));
    expect(Object.keys(found)).toEqual(['a.txt', 'ä/b.txt', 'empty', 'large', 'stored']);
    expect([found['a.txt'], found['ä/b.txt'], found['empty']]).toEqual(['one', 'zwei', '']);
    expect(found['large'] === noise.toString() && found['stored'] === noise.toString()).toBe(true);
  });
  test('equal entries give equal bytes', async () => {
    expect((await zip(entries)).equals(await zip(entries))).toBe(true);
  });
  test('Python reads it and finds every checksum right', async () => {
    const file = join(folder, 'check.zip');
    await writeFile(file, await zip(entries));
    const out = execFileSync('python3', ['-c', 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), [i.file_size for i in z.infolist()])', file], { encoding: 'utf8' });
    expect(out.trim()).toBe('None [3, 4, 0, 6000000, 6000000]');
  });
  test('the failure of a source comes out, and nothing hangs', async () => {
    async function* failing() {
      yield Buffer.from('x');
      throw new Error('the disk is gone');
    }
    await expect(zip([['a', failing()]])).rejects.toThrow('the disk is gone');
  });
  test.each(['../up.txt', 'a/../../up.txt', '/etc/passwd', 'C:\\up.txt', '..\\up.txt'])('a name that leaves the folder is refused: %s', async (name) => {
    await expect(opened(await zip([['ok.txt', text('1')], [name, text('2')]]))).rejects.toThrow(ArchiveError);
  });
  test('links are left out, and said so', async () => {
    const bytes = await zip([['link', text('/etc/passwd')]]);
    // Rights of the entry in the directory at the end: those of a symbolic link.
    bytes.writeUInt32LE((0o120777 << 16) >>> 0, bytes.indexOf(Buffer.from('PK\u0001\u0002')) + 38);
    const files = await opened(bytes);
    expect(files.notes).toEqual([{ path: 'link', how: 'file of the archive left out: it is a link' }]);
    expect(await contents(files)).toEqual({});
  });
  test('bounds on files, bytes and ratio are named', async () => {
    const bytes = await zip([['a', text('1')], ['b', text('2')]]);
    await expect(opened(bytes, 'x', { maxFiles: 1, maxBytes: 1e9, maxRatio: 100 })).rejects.toThrow('more than 1 files');
    await expect(opened(bytes, 'x', { maxFiles: 9, maxBytes: 1, maxRatio: 100 })).rejects.toThrow('more than 1 bytes');
    const bomb = await zip([['bomb', (function* () { for (let i = 0; i < 300; i++) yield Buffer.alloc(1024 * 1024); })()]]);
    await expect(opened(bomb, 'x', { maxFiles: 9, maxBytes: 1e12, maxRatio: 10 })).rejects.toThrow('more than 10 times as large');
  });
  test('an entry that is longer than the directory says is stopped', async () => {
    const bytes = await zip([['bomb', [Buffer.alloc(1_000_000)]]]);
    bytes.writeUInt32LE(10, bytes.indexOf(Buffer.from('PK\u0001\u0002')) + 24);
    await expect(contents(await opened(bytes))).rejects.toThrow(ArchiveError);
  });
  test('a broken archive is an ArchiveError', async () => {
    const bytes = await zip(entries.slice(0, 2));
    await expect(opened(bytes.subarray(0, bytes.length - 30))).rejects.toThrow(ArchiveError);
  });
});

describe('TAR and gzip', () => {
  async function tar(names: readonly string[], type: 'file' | 'symlink' = 'file'): Promise<Buffer> {
    const writer = pack();
    for (const name of names) if (type === 'file') writer.entry({ name }, `content of ${name}`);
      else writer.entry({ name, type, linkname: '/etc/passwd' });
    writer.finalize();
    return Buffer.concat(await Array.fromAsync(writer as AsyncIterable<Buffer>));
  }
  test('are read, gzipped or not', async () => {
    const bytes = await tar(['a.txt', 'sub/b.txt', '.DS_Store']);
    const wanted = { 'a.txt': 'content of a.txt', 'sub/b.txt': 'content of sub/b.txt' };
    expect(await contents(await opened(bytes))).toEqual(wanted);
    expect(await contents(await opened(gzipSync(bytes)))).toEqual(wanted);
  });
  test('a name that leaves the folder is refused, a link left out', async () => {
    await expect(opened(await tar(['../up.txt']))).rejects.toThrow('would leave its folder');
    const files = await opened(await tar(['link'], 'symlink'));
    expect(files.notes).toHaveLength(1);
  });
  test('a name that comes twice takes nothing from the files after it', async () => {
    const files = await opened(await tar(['a.txt', 'a.txt', 'b.txt', 'c.txt']));
    expect(files.notes).toEqual([{ path: 'a.txt', how: 'earlier file of the archive left out: a later one has the same name' }]);
    expect(await contents(files)).toEqual({ 'a.txt': 'content of a.txt', 'b.txt': 'content of b.txt', 'c.txt': 'content of c.txt' });
  });
  test('a gzipped file is the file, a single one itself', async () => {
    expect(await contents(await opened(gzipSync('{}'), 'labels.json.gz'))).toEqual({ 'labels.json': '{}' });
    const files = await opened(Buffer.from('{"a":1}'), 'labels.json');
    expect(Buffer.from((await files.slice?.('labels.json', 1, 4)) ?? '').toString()).toBe('"a"');
    expect(await contents(files)).toEqual({ 'labels.json': '{"a":1}' });
  });
  test('what unpacks to too much is stopped', async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024));
    await expect(opened(bomb, 'bomb.json.gz', { maxFiles: 9, maxBytes: 1e12, maxRatio: 10 })).rejects.toThrow('more than 10 times as large');
  });
});

test('a folder is read without following links', async () => {
  const root = await mkdtemp(join(folder, 'folder-'));
  await mkdir(join(root, 'sub'));
  await writeFile(join(root, 'sub', 'a.txt'), 'a');
  await symlink('/etc/passwd', join(root, 'link'));
  const files = await openFolder(root);
  expect(files.notes.map(({ path }) => path)).toEqual(['link']);
  expect(await contents(files)).toEqual({ 'sub/a.txt': 'a' });
  expect((await readFile(join(root, 'sub', 'a.txt'))).toString()).toBe('a');
});
