import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobError, type StoredBlob } from './blobs.ts';
import { partCount, partRange, type PartStore, type PartUpload } from './parts.ts';
import { passedThrough } from './young-garbage.ts';

/** What the disk store does for its parts, as it does for its blobs. */
export interface DiskPartsDeps {
  /** On the same disk as the blobs, so that a file is moved and not copied. */
  folder: string;
  /** Moves a file to its digest, durably. */
  settle(file: string, sha256: string): Promise<void>;
  /** Errors of the disk as BlobErrors. */
  onDisk<T>(work: Promise<T>): Promise<T>;
}

const readBytes = 1024 * 1024;
/** What comes in pieces of a network packet is written in pieces of this size: each write is a trip to another thread. */
const writeBytes = 1024 * 1024;
/** Buffers that are kept for the next part. */
const maxSpare = 8;

/** The digest of the parts that follow each other from the first on, taken while later ones come. */
interface Rolling {
  hash: Hash;
  /** The last part in it. */
  upTo: number;
  turn: Promise<void>;
  /** One for all parts: a new one for each read would pile up until it is collected. */
  buffer: Buffer;
}

/**
 * Parts on disk: one file per upload, into which every part is written at its place, and an empty file beside it for each part that is
 * there and flushed. A part that a crash cut off has no such file and is sent again.
 */
export function diskParts({ folder, settle, onDisk }: DiskPartsDeps): PartStore {
  const rolling = new Map<string, Rolling>();
  const writing = new Map<string, Set<Promise<void>>>();
  /** What is being completed takes no more bytes: they would lie under the digest of others. */
  const closed = new Set<string>();
  const folderOf = ({ key }: Pick<PartUpload, 'key'>) => join(folder, safe(key));
  const fileOf = (upload: PartUpload) => join(folderOf(upload), 'bytes');

  async function arrived(upload: PartUpload): Promise<Set<number>> {
    const names = await onDisk(readdir(folderOf(upload)).catch(gone));
    return new Set(names.flatMap((name) => (/^part-\d+$/.test(name) ? [Number(name.slice(5))] : [])));
  }

  /** Goes on with the digest over all parts that are there in a row. */
  function roll(upload: PartUpload): Promise<void> {
    const state = rolling.get(upload.key) ?? { hash: createHash('sha256'), upTo: 0, turn: Promise.resolve(), buffer: Buffer.allocUnsafe(readBytes) };
    rolling.set(upload.key, state);
    state.turn = state.turn.then(async () => {
      const there = await arrived(upload);
      while (rolling.get(upload.key) === state && there.has(state.upTo + 1)) {
        const { offset, bytes } = partRange(upload, state.upTo + 1);
        await hashRange(fileOf(upload), { offset, bytes }, state);
        state.upTo += 1;
      }
    });
    return state.turn;
  }

  async function putPart(upload: PartUpload, number: number, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const mark = join(folderOf(upload), `part-${number}`);
    // What is sent again may be other bytes: it counts as missing until it is whole, and a digest that has it is of no use.
    if (existsSync(mark)) {
      await onDisk(rm(mark, { force: true }));
      rolling.delete(upload.key);
    }
    await writePart(fileOf(upload), partRange(upload, number), bytes, onDisk);
    // Somebody sent it at the same time.
    if (existsSync(mark)) rolling.delete(upload.key);
    await onDisk(writeFile(mark, '').catch(gone));
    // A fault of reading shows when the upload is completed, which begins anew.
    roll(upload).catch(() => rolling.delete(upload.key));
  }

  async function finish(upload: PartUpload, promised: string | undefined): Promise<StoredBlob> {
    const { size: there } = await arrived(upload);
    const parts = partCount(upload);
    if (there < parts) throw new BlobError('upload_incomplete', `${there} of ${parts} parts are here.`);
    await onDisk(roll(upload));
    const state = rolling.get(upload.key);
    rolling.delete(upload.key);
    if (state?.upTo !== parts) throw new BlobError('upload_incomplete', `${state?.upTo ?? 0} of ${parts} parts could be read.`);
    const sha256 = state.hash.digest('hex');
    if (promised !== undefined && promised !== sha256) {
      await rm(folderOf(upload), { recursive: true, force: true });
      throw new BlobError('digest_mismatch', 'The bytes that arrived do not have the SHA-256 that was announced.');
    }
    // The sweep must see that it came now.
    await onDisk(utimes(fileOf(upload), new Date(), new Date()));
    await settle(fileOf(upload), sha256);
    await rm(folderOf(upload), { recursive: true, force: true });
    return { sha256, size: upload.size };
  }

  return {
    async begin(key) {
      await onDisk(mkdir(folderOf({ key }), { recursive: true, mode: 0o750 }));
      await onDisk(open(join(folderOf({ key }), 'bytes'), 'a', 0o640).then((file) => file.close()));
      return 'disk';
    },

    async put(upload, number, bytes) {
      if (closed.has(upload.key)) throw new BlobError('unavailable', 'The upload is being completed.');
      const others = writing.get(upload.key) ?? new Set();
      writing.set(upload.key, others);
      const mine = putPart(upload, number, bytes);
      others.add(mine);
      await mine.finally(() => {
        others.delete(mine);
        if (others.size === 0) writing.delete(upload.key);
      });
    },

    arrived,

    async complete(upload, { sha256 }): Promise<StoredBlob> {
      closed.add(upload.key);
      try {
        await Promise.allSettled(writing.get(upload.key) ?? []);
        return await finish(upload, sha256?.toLowerCase());
      } finally {
        closed.delete(upload.key);
      }
    },

    async abort(upload) {
      rolling.delete(upload.key);
      await onDisk(rm(folderOf(upload), { recursive: true, force: true }));
    },
  };
}

async function hashRange(file: string, range: { offset: number; bytes: number }, { hash, buffer }: Rolling): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const end = range.offset + range.bytes;
    for (let at = range.offset; at < end; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw new BlobError('unavailable', 'A part that has arrived cannot be read back.');
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Buffers of one size that go from one part to the next: new ones would pile up until they are collected. */
class Buffers {
  private readonly spare: Buffer[] = [];

  take(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(writeBytes);
  }

  give(buffers: readonly Buffer[]): void {
    this.spare.push(...buffers.slice(0, Math.max(0, maxSpare - this.spare.length)));
  }
}

const buffers = new Buffers();

async function writePart(file: string, range: { offset: number; bytes: number }, bytes: AsyncIterable<Uint8Array>, onDisk: DiskPartsDeps['onDisk']): Promise<void> {
  const handle = await onDisk(open(file, 'r+').catch(gone));
  // One is filled while the other is written.
  const own = [buffers.take(), buffers.take()];
  let writing = Promise.resolve();
  try {
    let [length, filled, turn] = [0, 0, 0];
    const flush = async (): Promise<void> => {
      await writing;
      const [full, at] = [own[turn % 2]?.subarray(0, filled) ?? new Uint8Array(), range.offset + length - filled];
      writing = onDisk(writeAt(handle, full, at));
      // Whoever waits for it hears of its fault.
      writing.catch(() => undefined);
      [filled, turn] = [0, turn + 1];
    };
    for await (const chunk of bytes) {
      if (length + chunk.length > range.bytes) throw new BlobError('too_large', `The part has more than its ${range.bytes} bytes.`);
      for (let from = 0; from < chunk.length; ) {
        const piece = chunk.subarray(from, from + writeBytes - filled);
        own[turn % 2]?.set(piece, filled);
        filled += piece.length;
        length += piece.length;
        from += piece.length;
        if (filled === writeBytes) await flush();
      }
      passedThrough(chunk.length);
    }
    await flush();
    await writing;
    if (length < range.bytes) throw new BlobError('upload_incomplete', `The part has ${range.bytes} bytes, and ${length} came.`);
    await onDisk(handle.datasync());
  } finally {
    await writing.catch(() => undefined);
    buffers.give(own);
    await handle.close();
  }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, place: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) written += (await handle.write(bytes, written, bytes.length - written, place + written)).bytesWritten;
}

function safe(key: string): string {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(key)) throw new BlobError('not_found', `"${key.slice(0, 80)}" is not the key of an upload.`);
  return key;
}

function gone(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new BlobError('not_found', 'The upload is not in the store.');
  throw error;
}
