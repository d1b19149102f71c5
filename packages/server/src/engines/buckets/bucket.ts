import type { Readable } from 'node:stream';
import type { ByteRange } from '../blobs/blobs.ts';

/** How a bucket of others is reached. */
export interface BucketSettings {
  /** Of the connection. */
  name: string;
  bucket: string;
  /** Undefined: Amazon's own. */
  endpoint: string | undefined;
  region: string;
  /** Undefined: found the usual way (AWS variables, profile, machine role). */
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined;
  /** Ids of the projects that may import from it, `*` for all; empty: administrators only. */
  projects: readonly string[];
}

/** An object as it was when it was listed. */
export interface BucketObject {
  key: string;
  /** Bytes. */
  size: number;
  /** Changes when the object does. */
  etag: string;
}

/** A bucket of others: it is read from, and never written to. */
export interface Bucket {
  readonly settings: BucketSettings;
  /** Objects below a prefix in the order of their keys, after a key. BlobError `unavailable`, `not_found` when there is no such bucket, `forbidden` when the credentials do not open it. */
  list(prefix: string, after?: string): AsyncIterable<BucketObject>;
  /** Undefined when there is none. */
  stat(key: string): Promise<(BucketObject & { modifiedMs: number }) | undefined>;
  /** Reads an object, whole or in part. BlobError `not_found`; `forbidden`; `digest_mismatch` when it was changed since it had that tag. */
  read(object: { key: string; etag: string }, range?: ByteRange): Promise<Readable>;
  close(): void;
}
