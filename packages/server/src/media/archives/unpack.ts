import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { ArchiveError, BoundsCheck, type ArchiveBounds } from './bounds.ts';
import { archivePath, isClutter, type OpenedFiles } from './source.ts';

/** Where the bytes of a file lie on the disk, and how many. */
type Unpacked = Map<string, { file: string; bytes: number }>;

/**
 * Unpacks a TAR archive, gzipped or not, into a folder of ours: under numbers, never under the names in it. The folder is the caller's to
 * remove. @throws {ArchiveError}
 */
export async function openTar(given: { path: string; packedBytes: number; isGzipped: boolean; folder: string; bounds?: ArchiveBounds | undefined }): Promise<OpenedFiles> {
  const check = new BoundsCheck(given.packedBytes, given.bounds);
  const files: Unpacked = new Map();
  const notes: { path: string; how: string }[] = [];
  let unpacked = 0;
  const tar = extract();
  const reading = pipeline([createReadStream(given.path), ...(given.isGzipped ? [createGunzip()] : []), tar]);
  // Awaited below; a failure while an entry is read ends both.
  reading.catch(() => undefined);
  try {
    for await (const entry of tar) {
      const { name, type, size = 0 } = entry.header;
      const isFile = type === 'file' || type === 'contiguous-file';
      // What is left out has to be gone through too.
      check.bytes(size);
      if (!isFile || isClutter(name)) {
        if (!isFile && type !== 'directory') notes.push({ path: name.slice(0, 200), how: `file of the archive left out: it is no file but a ${type ?? 'thing'}` });
        entry.resume();
        continue;
      }
      check.file();
      const place = archivePath(name);
      // Numbered by a count of their own: a name that comes twice would have the next file written over it.
      const file = join(given.folder, `${unpacked}`);
      unpacked += 1;
      if (files.has(place)) notes.push({ path: place, how: 'earlier file of the archive left out: a later one has the same name' });
      await pipeline(entry as unknown as Readable, createWriteStream(file));
      files.set(place, { file, bytes: size });
    }
    await reading;
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(`The TAR archive cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return onDisk(files, notes);
}

/** Unpacks one gzipped file. @throws {ArchiveError} */
export async function openGzip(given: { path: string; name: string; packedBytes: number; folder: string; bounds?: ArchiveBounds | undefined }): Promise<OpenedFiles> {
  const check = new BoundsCheck(given.packedBytes, given.bounds);
  const file = join(given.folder, '0');
  let bytes = 0;
  async function* counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      check.bytes(chunk.length);
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    await pipeline(createReadStream(given.path), createGunzip(), counted, createWriteStream(file));
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(`The gzipped file cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return onDisk(new Map([[archivePath(given.name.replace(/\.gz$/i, '')), { file, bytes }]]));
}

/** Files that lie on the disk. */
export function onDisk(files: Unpacked, notes: OpenedFiles['notes'] = []): OpenedFiles {
  return {
    notes,
    async *list() {
      for (const [path, { bytes }] of files) yield { path, bytes };
    },
    open(path) {
      const found = files.get(path);
      return found && createReadStream(found.file, { highWaterMark: 256 * 1024 });
    },
    async slice(path, from, to) {
      const found = files.get(path);
      if (!found || to <= from) return new Uint8Array(0);
      return Buffer.concat(await Array.fromAsync(createReadStream(found.file, { start: from, end: to - 1 }) as AsyncIterable<Buffer>));
    },
    close: async () => undefined,
  };
}
