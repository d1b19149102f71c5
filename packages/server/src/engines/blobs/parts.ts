import type { StoredBlob } from './blobs.ts';

/** An upload that comes in parts of equal size (the last one may be shorter), as its owner remembers it. */
export interface PartUpload {
  /** Names it in the store; chosen by the caller: letters, digits, `.`, `_` and `-`. */
  key: string;
  /** What {@link PartStore.begin} gave. */
  handle: string;
  /** Bytes in all. */
  size: number;
  /** Bytes of each part but the last. */
  partBytes: number;
}

/**
 * Uploads in parts: they come in any order, several at once and again; what has arrived survives the end of the process. Nobody but
 * the caller removes an upload that is begun.
 */
export interface PartStore {
  begin(key: string, options: { parts: number }): Promise<string>;
  /** Stores one part; BlobError `upload_incomplete` or `too_large` when it has not just its bytes, `not_found` when the upload is gone. */
  put(upload: PartUpload, number: number, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** The numbers of the parts that are there, from 1. BlobError `not_found` when the upload is gone. */
  arrived(upload: PartUpload): Promise<ReadonlySet<number>>;
  /**
   * Makes a blob of the parts, which are read once for their digest. BlobError `upload_incomplete` when one is missing; `digest_mismatch` when
   * `sha256` (hexadecimal) was given and differs, and then the upload is removed.
   */
  complete(upload: PartUpload, options: { sha256?: string | undefined }): Promise<StoredBlob>;
  abort(upload: PartUpload): Promise<void>;
  /** The URL to which a client PUTs a part itself, where clients can reach the store. */
  presign?(upload: PartUpload, number: number, options: { expiresSeconds: number }): Promise<string>;
}

export const partCount = ({ size, partBytes }: Pick<PartUpload, 'size' | 'partBytes'>): number => Math.max(1, Math.ceil(size / partBytes));

/** Where a part begins and how many bytes it has. */
export function partRange({ size, partBytes }: Pick<PartUpload, 'size' | 'partBytes'>, number: number): { offset: number; bytes: number } {
  const offset = (number - 1) * partBytes;
  return { offset, bytes: Math.min(partBytes, size - offset) };
}

const mebibyte = 1024 ** 2;
/** What S3 takes: at most 10,000 parts. */
const maxParts = 10_000;

/** The size of the parts of a file: 16 MiB, more where the file would have too many. */
export function partBytesFor(size: number): number {
  return Math.max(16 * mebibyte, Math.ceil(size / maxParts / mebibyte) * mebibyte);
}
