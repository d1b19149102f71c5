import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import type { S3Place } from './s3-place.ts';

/** The first part; S3 takes no smaller one but the last, below 5 MiB. */
export const partBytes = 8 * 1024 ** 2;
/** S3 takes this many parts; later ones grow, so that memory stays small for usual files and a TiB still fits. */
const growth = [
  { untilPart: 2_000, bytes: partBytes },
  { untilPart: 5_000, bytes: 4 * partBytes },
  { untilPart: 10_000, bytes: 24 * partBytes },
] as const;
const parallelParts = 2;

/** The size of the part with this number (from 1), or undefined past the last one. */
export function partSize(number: number): number | undefined {
  return growth.find(({ untilPart }) => number <= untilPart)?.bytes;
}

/** A multipart upload that is written part by part, a few at a time. */
export interface PartedUpload {
  /** Begins to send a part; waits while too many are on their way. */
  write(part: Uint8Array): Promise<void>;
  /** Waits for every part and makes the object appear. */
  complete(): Promise<void>;
  abort(): Promise<void>;
}

export async function beginUpload({ client, bucket }: S3Place, key: string): Promise<PartedUpload> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
  const target = { Bucket: bucket, Key: key, UploadId };
  const parts: CompletedPart[] = [];
  const onTheirWay = new Set<Promise<void>>();
  let fault: unknown;

  const send = async (PartNumber: number, Body: Uint8Array) => {
    const { ETag } = await client.send(new UploadPartCommand({ ...target, PartNumber, Body }));
    parts[PartNumber - 1] = { PartNumber, ETag };
  };
  const settle = async (atMost: number) => {
    while (onTheirWay.size > atMost) await Promise.race(onTheirWay);
    if (fault !== undefined) throw fault;
  };
  let number = 0;
  return {
    async write(part) {
      await settle(parallelParts - 1);
      const sending: Promise<void> = send(++number, part)
        .catch((error: unknown) => {
          fault ??= error;
        })
        .finally(() => onTheirWay.delete(sending));
      onTheirWay.add(sending);
    },
    async complete() {
      await settle(0);
      await client.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts: parts } }));
    },
    async abort() {
      // A part that arrives after the abort would stay in the store.
      await Promise.allSettled(onTheirWay);
      await client.send(new AbortMultipartUploadCommand(target));
    },
  };
}

/** Gathers chunks into parts whose sizes the caller names, without copying a byte twice. */
export class PartBuffer {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first bytes, at most so many. */
  take(bytes: number): Uint8Array {
    const part = new Uint8Array(Math.min(bytes, this.#length));
    let filled = 0;
    while (filled < part.length) {
      const chunk = this.#chunks[0] ?? new Uint8Array();
      const used = chunk.subarray(0, part.length - filled);
      part.set(used, filled);
      filled += used.length;
      if (used.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(used.length);
    }
    this.#length -= part.length;
    return part;
  }
}
