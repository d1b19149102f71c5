import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobError, type BlobStore, type StoredBlob } from './blobs.ts';
import { diskParts } from './disk-parts.ts';
import { StreamDigest } from './stream-digest.ts';

/** So many small files are written and flushed at the same time. */
const parallelWrites = 16;
const readBytes = 256 * 1024;
const asidePrefix = 'unused-';

/**
 * Blobs as files: `root/ab/<sha256>`, where `ab` begins the digest. Bytes go to a temporary name, are flushed to the disk, then renamed
 * and the folder flushed, so that a name, once it is there, stands for all its bytes. There are 256 folders, made once: a folder per blob
 * (`ab/cd/`) cost half the speed of small files, and 256 hold a hundred million blobs with some 400,000 names each.
 */
export async function diskBlobs({ root }: { root: string }): Promise<BlobStore> {
  const disk: Disk = { root, temporary: join(root, '.tmp') };
  await prepare(disk);
  const parts = diskParts({ folder: join(root, '.uploads'), settle: (file, sha256) => settle(disk, file, sha256), onDisk });
  return { ...storing(disk), ...reading(disk), ...keeping(disk), parts, close: async () => undefined };
}

interface Disk {
  root: string;
  temporary: string;
}

async function prepare({ root, temporary }: Disk): Promise<void> {
  try {
    await mkdir(temporary, { recursive: true });
    for (let first = 0; first < 256; first++)
      await mkdir(join(root, first.toString(16).padStart(2, '0')), { recursive: true });
    for (const name of await readdir(temporary)) await putBack({ root, temporary }, name);
    await syncFolder(root);
    await syncFolder(dirname(root));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull();
    throw new BlobError('unavailable', `The folder of the blobs ${root} cannot be used (${code ?? message}).`);
  }
}

function pathOf({ root }: Disk, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new BlobError('not_found', `"${sha256.slice(0, 80)}" is not the digest of a blob.`);
  return join(root, sha256.slice(0, 2), sha256);
}

/** What was taken aside to be removed when the program was killed lies at its place again: it may have been stored anew in that moment. */
async function putBack(disk: Disk, name: string): Promise<void> {
  if (name.startsWith(asidePrefix)) await rename(join(disk.temporary, name), pathOf(disk, name.slice(asidePrefix.length)));
}

/** A file under a temporary name: settled to its place, or removed. */
async function viaTemporary<T>(
  { temporary }: Disk,
  work: (file: string, handle: FileHandle) => Promise<T>,
): Promise<T> {
  const file = join(temporary, randomBytes(16).toString('hex'));
  const handle = await onDisk(open(file, 'wx', 0o640));
  try {
    return await work(file, handle);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  }
}

/** Moves a flushed file to its place. Equal content that is there already is replaced by itself, and its time renewed. */
async function settle(disk: Disk, file: string, sha256: string): Promise<void> {
  const place = pathOf(disk, sha256);
  await onDisk(rename(file, place));
  await onDisk(syncFolder(dirname(place)));
}

function storing(disk: Disk): Pick<BlobStore, 'put' | 'putMany'> {
  const writeSmall = (content: Uint8Array) =>
    viaTemporary(disk, async (file, handle): Promise<StoredBlob> => {
      const sha256 = createHash('sha256').update(content).digest('hex');
      await onDisk(writeAll(handle, content));
      await onDisk(handle.datasync());
      await onDisk(handle.close());
      await onDisk(rename(file, pathOf(disk, sha256)));
      return { sha256, size: content.length };
    });

  return {
    put: (source, options = {}) =>
      viaTemporary(disk, async (file, handle) => {
        const digest = new StreamDigest(options);
        for await (const chunk of source) {
          // The disk takes the chunk while the digest is computed of it.
          const written = onDisk(writeAll(handle, chunk));
          const fault = digest.add(chunk);
          await written;
          if (fault) throw fault;
        }
        const blob = digest.end();
        await onDisk(handle.datasync());
        await onDisk(handle.close());
        await settle(disk, file, blob.sha256);
        return blob;
      }),

    async putMany(contents) {
      const stored: StoredBlob[] = [];
      for (let start = 0; start < contents.length; start += parallelWrites) {
        const settled = await Promise.allSettled(contents.slice(start, start + parallelWrites).map(writeSmall));
        for (const one of settled) {
          if (one.status === 'rejected') throw one.reason;
          stored.push(one.value);
        }
      }
      const touched = [...new Set(stored.map((blob) => dirname(pathOf(disk, blob.sha256))))];
      for (let start = 0; start < touched.length; start += parallelWrites) {
        await onDisk(Promise.all(touched.slice(start, start + parallelWrites).map(syncFolder)));
      }
      return stored;
    },
  };
}

function reading(disk: Disk): Pick<BlobStore, 'get' | 'stat' | 'localPath' | 'verify'> {
  const get: BlobStore['get'] = async (sha256, range) => {
    const handle = await open(pathOf(disk, sha256), 'r').catch(absent);
    if (!handle) throw new BlobError('not_found', `The blob ${sha256} is not in the store.`);
    return handle.createReadStream({
      ...(range ? { start: range.start, end: range.end } : {}),
      highWaterMark: readBytes,
    });
  };
  return {
    get,
    async stat(sha256) {
      const found = await stat(pathOf(disk, sha256)).catch(absent);
      return found && { size: found.size, modifiedMs: found.mtimeMs };
    },
    async localPath(sha256) {
      const path = pathOf(disk, sha256);
      if (!(await stat(path).catch(absent)))
        throw new BlobError('not_found', `The blob ${sha256} is not in the store.`);
      return { path, release: async () => undefined };
    },
    async verify(sha256) {
      try {
        const hash = createHash('sha256');
        for await (const chunk of await get(sha256)) hash.update(chunk as Buffer);
        return hash.digest('hex') === sha256 ? 'ok' : 'damaged';
      } catch (error) {
        if (error instanceof BlobError && error.code === 'not_found') return 'missing';
        // A disk that cannot read its bytes back has damaged them.
        if ((error as NodeJS.ErrnoException).code === 'EIO') return 'damaged';
        throw error;
      }
    },
  };
}

function keeping(disk: Disk): Pick<BlobStore, 'delete' | 'deleteUnused' | 'list' | 'sweepTemporary'> {
  const { root, temporary } = disk;
  return {
    async delete(sha256) {
      await rm(pathOf(disk, sha256), { force: true });
    },
    async deleteUnused(sha256, beforeMs) {
      const place = pathOf(disk, sha256);
      const found = await stat(place).catch(absent);
      if (!found || found.mtimeMs >= beforeMs) return false;
      // Taken aside before it is removed: a put renames its file to the place, so it comes either before (and is seen to be young) or after.
      const aside = join(temporary, `${asidePrefix}${sha256}`);
      const taken = await rename(place, aside).then(() => stat(aside), absent);
      if (!taken) return false;
      if (taken.mtimeMs >= beforeMs) {
        await rename(aside, place);
        return false;
      }
      await rm(aside, { force: true });
      return true;
    },
    async *list() {
      for (const first of await readdir(root)) {
        if (!/^[0-9a-f]{2}$/.test(first)) continue;
        for (const sha256 of await readdir(join(root, first))) {
          const found = /^[0-9a-f]{64}$/.test(sha256) ? await stat(join(root, first, sha256)).catch(absent) : undefined;
          if (found) yield { sha256, size: found.size, modifiedMs: found.mtimeMs };
        }
      }
    },
    async sweepTemporary(olderThanMs) {
      let swept = 0;
      for (const name of await readdir(temporary)) {
        const file = join(temporary, name);
        const found = await stat(file).catch(absent);
        if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
        await rm(file, { force: true });
        swept += 1;
      }
      return swept;
    },
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

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}

const diskFull = () => new BlobError('disk_full', 'There is no space left on the disk of the platform.');

/** Errors of our own disk; those of a source pass by, as they are the caller's. */
async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull();
    throw error instanceof BlobError
      ? error
      : new BlobError('unavailable', `The disk of the platform does not take the file (${code ?? String(error)}).`);
  }
}
