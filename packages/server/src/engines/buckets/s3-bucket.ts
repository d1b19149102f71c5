import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { BlobError } from '../blobs/blobs.ts';
import { absent, s3Error } from '../blobs/s3-place.ts';
import { s3Client } from '../blobs/s3-client.ts';
import type { Bucket, BucketSettings } from './bucket.ts';

/** A bucket behind the S3 protocol. Nothing is asked of it before it is used. */
export function s3Bucket(settings: BucketSettings): Bucket {
  const { bucket, endpoint, region, credentials } = settings;
  const client = s3Client({ endpoint, region, ...(credentials ? { credentials } : {}) });
  const url = (key: string) => `s3://${bucket}/${key}`;

  async function stat(key: string) {
    try {
      const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return { key, size: found.ContentLength ?? 0, etag: found.ETag ?? '', modifiedMs: found.LastModified?.getTime() ?? 0 };
    } catch (error) {
      return absent(error);
    }
  }

  return {
    settings,
    stat,

    async *list(prefix, after) {
      let next: string | undefined;
      try {
        do {
          const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(next === undefined ? { StartAfter: after } : { ContinuationToken: next }) }));
          for (const { Key, Size = 0, ETag = '' } of page.Contents ?? []) if (Key !== undefined) yield { key: Key, size: Size, etag: ETag };
          next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
        } while (next !== undefined);
      } catch (error) {
        throw refusal(error, bucket);
      }
    },

    async read({ key, etag }, range) {
      const Range = range && `bytes=${range.start}-${Number.isFinite(range.end) ? range.end : ''}`;
      const ask = async (condition: { IfMatch?: string }) => {
        const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...condition, ...(Range === undefined ? {} : { Range }) }));
        return found.Body as Readable;
      };
      try {
        return await ask({ IfMatch: etag });
      } catch (error) {
        const { name } = error as { name?: string };
        if (name === 'InvalidRange') return Readable.from([]);
        if (name !== 'PreconditionFailed') throw named(refusal(error, bucket), url(key));
      }
      // Some servers do not know the tag of an object made of parts (Swift), although they tell it.
      if ((await stat(key))?.etag === etag) return ask({});
      throw new BlobError('digest_mismatch', `The object ${url(key)} is no longer the one that was imported.`);
    },

    close: () => client.destroy(),
  };
}

function named(error: unknown, url: string): unknown {
  return error instanceof BlobError && error.code === 'not_found' ? new BlobError('not_found', `The object ${url} is no longer there.`) : error;
}

/** What the store says, as sentences for whoever imports. */
function refusal(error: unknown, bucket: string): unknown {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (name === 'NoSuchBucket') return new BlobError('not_found', `There is no bucket "${bucket}" at the address of its connection.`);
  if (name === 'InvalidObjectState') return new BlobError('forbidden', 'The object is archived; have it restored first.');
  if ($metadata?.httpStatusCode === 403 || $metadata?.httpStatusCode === 401) return new BlobError('forbidden', `The credentials of the connection do not open the bucket "${bucket}".`);
  if (name === 'CredentialsProviderError') return new BlobError('forbidden', `There are no credentials for the bucket "${bucket}"; give its connection some in FOVEA_BUCKETS.`);
  return s3Error(error);
}
