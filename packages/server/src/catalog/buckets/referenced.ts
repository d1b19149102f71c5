import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { BlobError, type BlobStore, type ByteRange, type DirectTransfer } from '../../engines/blobs/blobs.ts';
import { localCopy } from '../../engines/blobs/local-copy.ts';
import type { Bucket } from '../../engines/buckets/bucket.ts';
import type { Queryable } from '../../engines/database/database.ts';
import { selectPlaces } from './store.ts';

export type Buckets = ReadonlyMap<string, Bucket>;

/**
 * The platform's store, and behind it the buckets of others that items were imported from by reference: what the store does not have is
 * read there. Listing, deleting and sweeping know the platform's own bytes only, so nothing of others is ever removed.
 */
export function referencedBlobs(db: Queryable, own: BlobStore, buckets: Buckets): BlobStore {
  if (buckets.size === 0) return own;

  /** The bytes, from the first object that still has them; undefined when no bucket ever had. */
  async function elsewhere(sha256: string, range?: ByteRange): Promise<Readable | undefined> {
    let fault: unknown;
    for (const place of await selectPlaces(db, sha256)) {
      const bucket = buckets.get(place.connection);
      fault = bucket ? undefined : new BlobError('unavailable', `The bytes lie in a bucket whose connection "${place.connection}" is no longer among the settings of the platform.`);
      if (!bucket) continue;
      try {
        return await bucket.read(place, range);
      } catch (error) {
        fault = error;
      }
    }
    if (fault !== undefined) throw fault;
    return undefined;
  }

  const get: BlobStore['get'] = async (sha256, range) => {
    try {
      return await own.get(sha256, range);
    } catch (error) {
      const found = isMissing(error) ? await elsewhere(sha256, range) : undefined;
      if (!found) throw error;
      return found;
    }
  };

  async function stat(sha256: string): ReturnType<BlobStore['stat']> {
    const mine = await own.stat(sha256);
    if (mine) return mine;
    for (const { connection, key } of await selectPlaces(db, sha256)) {
      const found = await buckets.get(connection)?.stat(key);
      if (found) return { size: found.size, modifiedMs: found.modifiedMs };
    }
    return undefined;
  }

  async function verify(sha256: string): ReturnType<BlobStore['verify']> {
    const state = await own.verify(sha256);
    if (state !== 'missing') return state;
    try {
      const bytes = await elsewhere(sha256);
      if (!bytes) return 'missing';
      const hash = createHash('sha256');
      for await (const chunk of bytes) hash.update(chunk as Buffer);
      return hash.digest('hex') === sha256 ? 'ok' : 'damaged';
    } catch (error) {
      if (isMissing(error)) return 'missing';
      if (error instanceof BlobError && error.code === 'digest_mismatch') return 'damaged';
      throw error;
    }
  }

  async function localPath(sha256: string): ReturnType<BlobStore['localPath']> {
    try {
      return await own.localPath(sha256);
    } catch (error) {
      const found = isMissing(error) ? await elsewhere(sha256) : undefined;
      if (!found) throw error;
      return localCopy(found, sha256);
    }
  }

  /** What lies elsewhere is handed out by the platform, which notices when it was changed. */
  const presignGet: DirectTransfer['presignGet'] = async (sha256, options) => {
    if (own.direct && ((await selectPlaces(db, sha256)).length === 0 || (await own.stat(sha256)))) return own.direct.presignGet(sha256, options);
    throw new BlobError('not_found', 'The bytes are not in the store of the platform.');
  };

  return { ...own, get, stat, verify, localPath, ...(own.direct ? { direct: { ...own.direct, presignGet } } : {}) };
}

const isMissing = (error: unknown): boolean => error instanceof BlobError && error.code === 'not_found';
