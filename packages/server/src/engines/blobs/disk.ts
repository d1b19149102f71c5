import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobError, type BlobStore, type StoredBlob } from './blobs.ts';

/** So many small files are written and flushed at the same time. */
const parallelWrites = 16;

/**
 * Blobs as files: `root/ab/cd/<sha256>`. Bytes go to a temporary name, are flushed to the disk, then renamed and the folder flushed, so
 * that a name, once it is there, stands for all its bytes.
 */
export async function diskBlobs({ root }: { root: string }): Promise<BlobStore> {
  const temporary = join(root, '.tmp');
  await mkdir(temporary, { recursive: true });
  /** Folders that exist and whose entries in their parents are on the disk. */
  const folders = new Set<string>();

  const pathOf = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new BlobError('not_found', `"${sha256.slice(0, 80)}" is not the digest of a blob.`);
    return join(root, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  };
  const newTemporary = () => join(temporary, randomBytes(16).toString('hex'));

  async function ensureFolder(folder: string): Promise<void> {
    if (folders.has(folder)) return;
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) {
      await syncFolder(dirname(folder));
      await syncFolder(root);
    }
    folders.add(folder);
  }

  /** Moves a complete, flushed file to its place; equal content that is there already stays. */
  async function settle(from: string, sha256: string): Promise<void> {
    const target = pathOf(sha256);
    await ensureFolder(dirname(target));
    await rename(from, target);
    await syncFolder(dirname(target));
  }

  async function writeSmall(content: Uint8Array): Promise<StoredBlob> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const there = await stat(pathOf(sha256)).catch(absent);
    if (there?.size === content.length) return { sha256, size: content.length };
    const file = newTemporary();
    try {
      const handle = await open(file, 'wx', 0o640);
      try {
        await handle.writeFile(content);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      const target = pathOf(sha256);
      await ensureFolder(dirname(target));
      await rename(file, target);
    } catch (error) {
      await rm(file, { force: true });
      throw blobError(error);
    }
    return { sha256, size: content.length };
  }

  return {
    async put(source, options = {}) {
      const file = newTemporary();
      let handle: FileHandle | undefined;
      try {
        handle = await open(file, 'wx', 0o640);
        const sha = createHash('sha256');
        const md5 = options.md5 === undefined ? undefined : createHash('md5');
        let size = 0;
        for await (const chunk of source) {
          size += chunk.length;
          if (size > (options.maxBytes ?? Number.POSITIVE_INFINITY)) {
            throw new BlobError('too_large', `The file has more than ${options.maxBytes?.toLocaleString('en')} bytes.`);
          }
          sha.update(chunk);
          md5?.update(chunk);
          await writeAll(handle, chunk);
        }
        const sha256 = sha.digest('hex');
        checkDigest('SHA-256', options.sha256, sha256);
        checkDigest('MD5', options.md5, md5?.digest('hex'));
        await handle.datasync();
        await handle.close();
        handle = undefined;
        await settle(file, sha256);
        return { sha256, size };
      } catch (error) {
        await handle?.close().catch(() => undefined);
        await rm(file, { force: true });
        throw blobError(error);
      }
    },

    async putMany(contents) {
      const stored: StoredBlob[] = [];
      for (let start = 0; start < contents.length; start += parallelWrites) {
        const group = contents.slice(start, start + parallelWrites);
        const settled = await Promise.allSettled(group.map(writeSmall));
        for (const one of settled) {
          if (one.status === 'rejected') throw one.reason;
          stored.push(one.value);
        }
      }
      const touched = new Set(stored.map((blob) => dirname(pathOf(blob.sha256))));
      await inParallel([...touched], syncFolder);
      return stored;
    },

    async get(sha256, range) {
      const handle = await open(pathOf(sha256), 'r').catch((error: unknown) => {
        throw blobError(error);
      });
      return handle.createReadStream({ ...(range ? { start: range.start, end: range.end } : {}), highWaterMark: 256 * 1024 });
    },

    async stat(sha256) {
      const found = await stat(pathOf(sha256)).catch(absent);
      return found && { size: found.size, modifiedMs: found.mtimeMs };
    },

    async delete(sha256) {
      await rm(pathOf(sha256), { force: true });
    },

    async *list() {
      for (const first of await readdir(root).catch(() => [])) {
        if (!/^[0-9a-f]{2}$/.test(first)) continue;
        for (const second of await readdir(join(root, first))) {
          for (const sha256 of await readdir(join(root, first, second))) {
            const found = await stat(join(root, first, second, sha256)).catch(absent);
            if (found) yield { sha256, size: found.size, modifiedMs: found.mtimeMs };
          }
        }
      }
    },

    async localPath(sha256) {
      const path = pathOf(sha256);
      if (!(await stat(path).catch(absent))) throw new BlobError('not_found', `The blob ${sha256} is not in the store.`);
      return { path, release: async () => undefined };
    },

    async verify(sha256) {
      const path = pathOf(sha256);
      if (!(await stat(path).catch(absent))) return 'missing';
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
      return hash.digest('hex') === sha256 ? 'ok' : 'damaged';
    },

    async sweepTemporary(olderThanMs) {
      let swept = 0;
      for (const name of await readdir(temporary)) {
        const file = join(temporary, name);
        const found = await stat(file).catch(absent);
        if (found && Date.now() - found.mtimeMs >= olderThanMs) {
          await rm(file, { force: true });
          swept += 1;
        }
      }
      return swept;
    },

    close: async () => undefined,
  };
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) written += (await handle.write(chunk, written)).bytesWritten;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inParallel<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < values.length; start += parallelWrites) await Promise.all(values.slice(start, start + parallelWrites).map(work));
}

function checkDigest(name: string, expected: string | undefined, actual: string | undefined): void {
  if (expected !== undefined && expected.toLowerCase() !== actual) {
    throw new BlobError('digest_mismatch', `The bytes that arrived do not have the ${name} that was announced.`);
  }
}

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}

function blobError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new BlobError('disk_full', 'There is no space left on the disk of the platform.');
  if (code === 'ENOENT') return new BlobError('not_found', 'The blob is not in the store.');
  return error;
}
