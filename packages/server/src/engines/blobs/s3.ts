import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { BlobError, type BlobStore, type StoredBlob } from './blobs.ts';
import { localCopy } from './local-copy.ts';
import { s3Client, type S3ClientOptions } from './s3-client.ts';
import { s3Direct } from './s3-direct.ts';
import { s3Parts } from './s3-parts.ts';
import { keeping } from './s3-keeping.ts';
import { absent, contentKey, copyInside, s3Error, s3Place, type S3Place } from './s3-place.ts';
import { StreamDigest, type Promised } from './stream-digest.ts';
import { beginUpload, PartBuffer, partBytes, partSize, type PartedUpload } from './s3-upload.ts';

export interface S3Options extends S3ClientOptions {
  bucket: string;
  /** Keys begin with it; empty for the whole bucket. */
  prefix?: string | undefined;
}

const parallelSmall = 8;

/** Blobs as objects of an S3-compatible store: `<prefix>/blobs/<sha256>`. Checks at once that the bucket answers. */
export async function s3Blobs(options: S3Options): Promise<BlobStore> {
  const client = s3Client(options);
  const place = s3Place(client, options.bucket, options.prefix ?? '');
  await checkBucket(place, options.endpoint);
  const writing = storing(place);
  return {
    ...writing,
    ...reading(place),
    ...keeping(place),
    direct: s3Direct(place, writing.put),
    parts: s3Parts(place, writing.put),
    close: async () => client.destroy(),
  };
}

async function checkBucket({ client, bucket }: S3Place, endpoint: string | undefined): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    client.destroy();
    const where = `the bucket "${bucket}"${endpoint === undefined ? '' : ` at ${endpoint}`}`;
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404)
      throw new BlobError('unavailable', `There is no ${where.slice(4)}; create it, or correct FOVEA_BLOBS.`);
    if (status === 403 || status === 401)
      throw new BlobError(
        'unavailable',
        `The credentials do not open ${where}; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
      );
    throw new BlobError(
      'unavailable',
      `The object store with ${where} cannot be reached (${(error as Error).message.slice(0, 200)}).`,
    );
  }
}

function storing(place: S3Place): Pick<BlobStore, 'put' | 'putMany'> {
  const { client, bucket } = place;
  const putSmall = async (content: Uint8Array): Promise<StoredBlob> => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: contentKey(place, sha256),
        Body: content,
        ContentType: 'application/octet-stream',
      }),
    );
    return { sha256, size: content.length };
  };
  return {
    async put(source, options = {}) {
      try {
        return await putStream(place, source, options, putSmall);
      } catch (error) {
        throw s3Error(error);
      }
    },
    async putMany(contents) {
      const stored: StoredBlob[] = [];
      try {
        for (let start = 0; start < contents.length; start += parallelSmall) {
          const settled = await Promise.allSettled(contents.slice(start, start + parallelSmall).map(putSmall));
          for (const one of settled) {
            if (one.status === 'rejected') throw one.reason;
            stored.push(one.value);
          }
        }
        return stored;
      } catch (error) {
        throw s3Error(error);
      }
    },
  };
}

/**
 * Stores a stream. One that fits a single part goes straight to its content address. A longer one goes in parts to a temporary key and is
 * copied inside the store once its digest is known; when the digest was announced, the parts go to its address at once, and the object
 * appears only if the bytes keep the promise.
 */
async function putStream(
  place: S3Place,
  source: AsyncIterable<Uint8Array>,
  options: Promised,
  putSmall: (content: Uint8Array) => Promise<StoredBlob>,
): Promise<StoredBlob> {
  const promised = options.sha256?.toLowerCase();
  const key =
    promised !== undefined && /^[0-9a-f]{64}$/.test(promised)
      ? contentKey(place, promised)
      : `${place.uploadPrefix}put-${randomUUID()}`;
  const digest = new StreamDigest(options);
  const buffer = new PartBuffer();
  let upload: PartedUpload | undefined;
  let number = 1;
  try {
    for await (const chunk of source) {
      const fault = digest.add(chunk);
      if (fault) throw fault;
      buffer.add(chunk);
      for (let bytes = partSize(number); buffer.length > (bytes ?? 0); bytes = partSize(number)) {
        if (bytes === undefined) throw new BlobError('too_large', 'The file is larger than the object store takes.');
        upload ??= await beginUpload(place, key);
        await upload.write(buffer.take(bytes));
        number += 1;
      }
    }
    const blob = digest.end();
    if (upload === undefined) return await putSmall(buffer.take(partBytes));
    await upload.write(buffer.take(buffer.length));
    await upload.complete();
    upload = undefined;
    if (key !== contentKey(place, blob.sha256)) await settle(place, key, blob);
    return blob;
  } catch (error) {
    await upload?.abort();
    throw error;
  }
}

/** Moves a complete temporary object to its content address. */
async function settle(place: S3Place, from: string, { sha256, size }: StoredBlob): Promise<void> {
  try {
    await copyInside(place, { from, to: contentKey(place, sha256), size });
  } finally {
    await place.client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: from }));
  }
}

function reading(place: S3Place): Pick<BlobStore, 'get' | 'stat' | 'localPath' | 'verify'> {
  const { client, bucket } = place;
  const get: BlobStore['get'] = async (sha256, range) => {
    try {
      const Range = range && `bytes=${range.start}-${Number.isFinite(range.end) ? range.end : ''}`;
      const found = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: contentKey(place, sha256), ...(Range ? { Range } : {}) }),
      );
      return found.Body as Readable;
    } catch (error) {
      // A range that begins behind the end has no bytes, as in a file.
      if ((error as { name?: string }).name === 'InvalidRange') return Readable.from([]);
      throw s3Error(error);
    }
  };
  return {
    get,
    async stat(sha256) {
      try {
        const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: contentKey(place, sha256) }));
        return { size: found.ContentLength ?? 0, modifiedMs: found.LastModified?.getTime() ?? 0 };
      } catch (error) {
        return absent(error);
      }
    },
    async localPath(sha256) {
      return localCopy(await get(sha256), sha256).catch((error: unknown) => {
        throw s3Error(error);
      });
    },
    async verify(sha256) {
      try {
        const hash = createHash('sha256');
        for await (const chunk of await get(sha256)) hash.update(chunk as Buffer);
        return hash.digest('hex') === sha256 ? 'ok' : 'damaged';
      } catch (error) {
        return absent(error) ?? 'missing';
      }
    },
  };
}
