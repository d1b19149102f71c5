import { createHash } from 'node:crypto';
import type { MediaKind } from '@fovea/contract';
import type { LabelledItem } from '@fovea/formats';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { detectMedia } from '../../media/detect.ts';
import type { OpenedFiles } from '../../media/archives/source.ts';

/** A medium of an archive, in the blob store (or only looked at, in a dry run). */
export type StoredMedium = { blob: { sha256: string; size: number }; media: { mediaType: string; kind: MediaKind } };

const headBytes = 4_100;
/** Files below this are stored side by side. */
const smallBytes = 4 * 1024 * 1024;
const gatherBytes = 64 * 1024 * 1024;

/** Brings the media of images from the archive into the blob store; with `dryRun` only their digests are made. */
export async function storeMedia(blobs: BlobStore, source: OpenedFiles, images: readonly LabelledItem[], dryRun: boolean): Promise<Map<LabelledItem, StoredMedium>> {
  const stored = new Map<LabelledItem, StoredMedium>();
  let small: { image: LabelledItem; bytes: Uint8Array }[] = [];
  let gathered = 0;
  const flush = async (): Promise<void> => {
    const made = dryRun ? small.map(({ bytes }) => digestOf(bytes)) : await blobs.putMany(small.map(({ bytes }) => bytes));
    for (const [index, { image, bytes }] of small.entries()) {
      const blob = made[index];
      if (blob) stored.set(image, { blob, media: detectMedia(bytes.subarray(0, headBytes), image.path) });
    }
    [small, gathered] = [[], 0];
  };
  for (const image of images) {
    const stream = image.file === undefined ? undefined : source.open(image.file);
    if (!stream) continue;
    const iterator = stream[Symbol.asyncIterator]();
    const start = await readUpTo(iterator, smallBytes);
    if (start.isWhole) {
      small.push({ image, bytes: start.bytes });
      gathered += start.bytes.length;
      if (gathered >= gatherBytes) await flush();
      continue;
    }
    const rest = continued(start.bytes, iterator);
    const blob = dryRun ? await digestOfStream(rest) : await blobs.put(rest);
    stored.set(image, { blob, media: detectMedia(start.bytes.subarray(0, headBytes), image.path) });
  }
  await flush();
  return stored;
}

async function readUpTo(iterator: AsyncIterator<Uint8Array>, limit: number): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length <= limit) {
    const { done, value } = await iterator.next();
    if (done) return { bytes: Buffer.concat(parts), isWhole: true };
    parts.push(value);
    length += value.length;
  }
  return { bytes: Buffer.concat(parts), isWhole: false };
}

async function* continued(start: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}

function digestOf(bytes: Uint8Array): { sha256: string; size: number } {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

async function digestOfStream(stream: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}
