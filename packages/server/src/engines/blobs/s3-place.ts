import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BlobError } from './blobs.ts';

/** Where the blobs of one installation lie: a client, a bucket, and the names of keys in it. */
export interface S3Place {
  client: S3Client;
  bucket: string;
  /** Begins every content key: `<prefix>/blobs/`. */
  contentPrefix: string;
  /** Begins every key of an upload in progress: `<prefix>/uploads/`. */
  uploadPrefix: string;
  /** Begins every key of an upload in parts, which lives longer: `<prefix>/transfers/`. */
  transferPrefix: string;
}

export function s3Place(client: S3Client, bucket: string, prefix: string): S3Place {
  const base = prefix.replace(/^\/+|\/+$/g, '');
  const start = base === '' ? '' : `${base}/`;
  return { client, bucket, contentPrefix: `${start}blobs/`, uploadPrefix: `${start}uploads/`, transferPrefix: `${start}transfers/` };
}

/** The key of a blob; throws BlobError `not_found` for what is no digest. */
export function contentKey(place: S3Place, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new BlobError('not_found', `"${sha256.slice(0, 80)}" is not the digest of a blob.`);
  return place.contentPrefix + sha256;
}

/** The key of an upload in progress. */
export function uploadKeyOf(place: S3Place, uploadKey: string): string {
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(uploadKey))
    throw new BlobError('not_found', `"${uploadKey.slice(0, 80)}" is not the key of an upload.`);
  return place.uploadPrefix + uploadKey;
}

/** One CopyObject moves at most 5 GiB (S3 API reference, CopyObject). */
const maxSingleCopyBytes = 5 * 1024 ** 3;
const copyPartBytes = 1024 ** 3;

/** Copies inside the store, from a temporary key to a content address; with `etag`, only while the source is still that object. */
export async function copyInside(
  place: S3Place,
  move: { from: string; to: string; size: number; etag?: string | undefined },
): Promise<void> {
  const { client, bucket } = place;
  const source = {
    Bucket: bucket,
    Key: move.to,
    CopySource: `${bucket}/${move.from.split('/').map(encodeURIComponent).join('/')}`,
    ...(move.etag === undefined ? {} : { CopySourceIfMatch: move.etag }),
  };
  if (move.size <= maxSingleCopyBytes) {
    await client.send(new CopyObjectCommand(source));
    return;
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: move.to }));
  try {
    const parts = [];
    for (let start = 0, number = 1; start < move.size; start += copyPartBytes, number++) {
      const end = Math.min(start + copyPartBytes, move.size) - 1;
      const done = await client.send(
        new UploadPartCopyCommand({
          ...source,
          UploadId,
          PartNumber: number,
          CopySourceRange: `bytes=${start}-${end}`,
        }),
      );
      parts.push({ PartNumber: number, ETag: done.CopyPartResult?.ETag });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket: bucket, Key: move.to, UploadId, MultipartUpload: { Parts: parts } }),
    );
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: move.to, UploadId }));
    throw error;
  }
}

/** What the store's refusals mean to us; an error that is ours already, or of the source, stays as it is. */
export function s3Error(error: unknown): unknown {
  if (error instanceof BlobError) return error;
  const { name, code, $metadata } = error as { name?: string; code?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (name === 'NoSuchKey' || name === 'NotFound' || name === 'NoSuchUpload')
    return new BlobError('not_found', 'The blob is not in the store.');
  if (status === 507 || name === 'QuotaExceeded' || name === 'XMinioStorageFull')
    return new BlobError('disk_full', 'There is no space left in the object store of the platform.');
  if (
    status === undefined &&
    !/^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH)/.test(code ?? '') &&
    name !== 'TimeoutError'
  )
    return error;
  return new BlobError(
    'unavailable',
    `The object store does not answer as it should (${name ?? code ?? 'unknown error'}${status === undefined ? '' : `, status ${status}`}).`,
  );
}

/** Undefined when the error says that there is no such object; throws every other one. */
export function absent(error: unknown): undefined {
  const known = s3Error(error);
  if (known instanceof BlobError && known.code === 'not_found') return undefined;
  throw known;
}
