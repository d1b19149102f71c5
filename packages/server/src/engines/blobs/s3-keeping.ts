import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { BlobStore } from './blobs.ts';
import { absent, contentKey, s3Error, type S3Place } from './s3-place.ts';

/** Twice the life of an upload in parts. */
const transferLifeMs = 14 * 24 * 3_600_000;

/** What keeps a store in order: removing, listing, and sweeping what uploads have left. */
export function keeping(place: S3Place): Pick<BlobStore, 'delete' | 'deleteUnused' | 'list' | 'sweepTemporary'> {
  const { client, bucket } = place;
  return {
    async delete(sha256) {
      const Key = contentKey(place, sha256);
      try {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      } catch (error) {
        absent(error);
      }
    },
    async deleteUnused(sha256, beforeMs) {
      const Key = contentKey(place, sha256);
      try {
        // Between the two requests lie milliseconds in which a put of the same bytes would be lost: S3 has no deletion on condition of age.
        const { LastModified } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
        if ((LastModified?.getTime() ?? 0) >= beforeMs) return false;
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
        return true;
      } catch (error) {
        absent(error);
        return false;
      }
    },
    async *list() {
      for await (const { key, size, modifiedMs } of objects(place, place.contentPrefix)) {
        const sha256 = key.slice(place.contentPrefix.length);
        if (/^[0-9a-f]{64}$/.test(sha256)) yield { sha256, size, modifiedMs };
      }
    },
    async sweepTemporary(olderThanMs) {
      const before = Date.now() - olderThanMs;
      // Uploads in parts are removed by whoever began them; a URL that outlived its upload may have left something all the same.
      const longBefore = Math.min(before, Date.now() - transferLifeMs);
      let swept = 0;
      for (const [prefix, end] of [[place.uploadPrefix, before], [place.contentPrefix, before], [place.transferPrefix, longBefore]] as const) {
        if (prefix !== place.contentPrefix) swept += await sweepObjects(place, prefix, end);
        swept += await sweepUploads(place, prefix, end);
      }
      return swept;
    },
  };
}

async function sweepObjects(place: S3Place, prefix: string, before: number): Promise<number> {
  let swept = 0;
  for await (const { key, modifiedMs } of objects(place, prefix)) {
    if (modifiedMs > before) continue;
    await place.client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: key }));
    swept += 1;
  }
  return swept;
}

async function* objects(
  { client, bucket }: S3Place,
  prefix: string,
): AsyncGenerator<{ key: string; size: number; modifiedMs: number }> {
  let after: string | undefined;
  try {
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(after ? { ContinuationToken: after } : {}) }),
      );
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
        yield { key: Key, size: Size, modifiedMs: LastModified?.getTime() ?? 0 };
      after = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (after !== undefined);
  } catch (error) {
    throw s3Error(error);
  }
}

/** Ends multipart uploads that nobody will finish: their parts cost space and appear in no list of objects. */
async function sweepUploads({ client, bucket }: S3Place, prefix: string, before: number): Promise<number> {
  let swept = 0;
  let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  do {
    const page: Awaited<ReturnType<typeof listUploads>> = await listUploads({ client, bucket }, prefix, next);
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if ((Initiated?.getTime() ?? 0) > before) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
      swept += 1;
    }
    next =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker ?? '', UploadIdMarker: page.NextUploadIdMarker ?? '' }
        : undefined;
  } while (next !== undefined);
  return swept;
}

const listUploads = ({ client, bucket }: Pick<S3Place, 'client' | 'bucket'>, Prefix: string, after: object) =>
  client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix, ...after }));
