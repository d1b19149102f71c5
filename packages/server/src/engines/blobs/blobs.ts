import type { Readable } from 'node:stream';
import type { PartStore } from './parts.ts';

/** A blob as the store knows it: content-addressed, never changed. */
export interface StoredBlob {
  /** SHA-256 of the bytes, 64 hexadecimal digits. */
  sha256: string;
  /** Bytes. */
  size: number;
}

export interface ByteRange {
  /** First byte, from 0. */
  start: number;
  /** Last byte, inclusive. */
  end: number;
}

/** The store of bytes. An acknowledged `put` survives `kill -9` and a power cut. */
export interface BlobStore {
  /**
   * Stores a stream while hashing it, with constant memory. Fails with BlobError `too_large` past `maxBytes`, `digest_mismatch`
   * when `sha256` or `md5` (hexadecimal) was given and differs, `disk_full` when there is no space; nothing is left behind then, nor when the source fails.
   */
  put(
    source: AsyncIterable<Uint8Array>,
    options?: { maxBytes?: number; sha256?: string; md5?: string },
  ): Promise<StoredBlob>;
  /** Stores several small byte arrays at once; durable when it returns, cheaper than one `put` each. */
  putMany(contents: readonly Uint8Array[]): Promise<StoredBlob[]>;
  /** Reads a blob or a range of it. Throws BlobError `not_found`. */
  get(sha256: string, range?: ByteRange): Promise<Readable>;
  /** Size in bytes, or undefined when it is not there. */
  stat(sha256: string): Promise<{ size: number; modifiedMs: number } | undefined>;
  delete(sha256: string): Promise<void>;
  /** Deletes a blob unless it was stored (again) since `beforeMs` (milliseconds since 1970), also by somebody who does so right now; tells whether it did. */
  deleteUnused(sha256: string, beforeMs: number): Promise<boolean>;
  /** Every blob in the store, in no special order. */
  list(): AsyncIterable<StoredBlob & { modifiedMs: number }>;
  /** A path on the local disk where the bytes can be read, for tools that need a file; `release` when done. */
  localPath(sha256: string): Promise<{ path: string; release(): Promise<void> }>;
  /** Recomputes the digest. */
  verify(sha256: string): Promise<'ok' | 'missing' | 'damaged'>;
  /** Present where clients can exchange bytes with the store itself (S3). */
  readonly direct?: DirectTransfer;
  /** Large files, part by part. */
  readonly parts: PartStore;
  /** Temporary files left by a crash, older than `olderThanMs`, removed; called at start. */
  sweepTemporary(olderThanMs: number): Promise<number>;
  close(): Promise<void>;
}

/** Presigned transfer, an ability that only some stores have. */
export interface DirectTransfer {
  /**
   * A URL to which a client PUTs the bytes of a new upload, under a temporary key. With `md5Base64` the client must send it as
   * `Content-MD5`, with `tagging` (e.g. `job=photo&api=true`) as `x-amz-tagging`; the store refuses another value, and other bytes.
   */
  presignPut(
    uploadKey: string,
    options: { expiresSeconds: number; md5Base64?: string; tagging?: string },
  ): Promise<string>;
  /** Starts a multipart upload and gives a URL per part. */
  presignMultipart(
    uploadKey: string,
    options: { parts: number; expiresSeconds: number },
  ): Promise<{ uploadId: string; urls: string[] }>;
  completeMultipart(uploadKey: string, uploadId: string, parts: { number: number; etag: string }[]): Promise<void>;
  /** Verifies an uploaded temporary object by reading it once, and moves it to its content address. */
  adopt(uploadKey: string, options?: { sha256?: string; maxBytes?: number }): Promise<StoredBlob>;
  /** A URL of a blob in the store. BlobError `not_found` where a store knows that the bytes are elsewhere. */
  presignGet(
    sha256: string,
    options: { expiresSeconds: number; filename?: string; mediaType?: string },
  ): Promise<string>;
  abort(uploadKey: string, uploadId?: string): Promise<void>;
}

export class BlobError extends Error {
  override name = 'BlobError';
  readonly code: 'not_found' | 'too_large' | 'upload_incomplete' | 'digest_mismatch' | 'disk_full' | 'forbidden' | 'unavailable';
  constructor(code: BlobError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
