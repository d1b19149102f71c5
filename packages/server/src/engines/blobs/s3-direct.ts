import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Readable } from 'node:stream';
import { BlobError, type DirectTransfer, type StoredBlob } from './blobs.ts';
import { contentKey, copyInside, s3Error, uploadKeyOf, type S3Place } from './s3-place.ts';

/** Transfers between clients and the store itself, by presigned URLs (AWS Signature Version 4, query string). */
export function s3Direct(place: S3Place): DirectTransfer {
  const { client, bucket } = place;
  return {
    presignPut(uploadKey, { expiresSeconds, md5Base64, tagging }) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: uploadKeyOf(place, uploadKey),
        ...(md5Base64 === undefined ? {} : { ContentMD5: md5Base64 }),
        ...(tagging === undefined ? {} : { Tagging: tagging }),
      });
      // Headers that the client sends are signed as headers: in the query they would bind nobody.
      const headers = new Set(['content-md5', 'x-amz-tagging']);
      return getSignedUrl(client, command, { expiresIn: expiresSeconds, unhoistableHeaders: headers, signableHeaders: new Set(['host', ...headers]) });
    },

    async presignMultipart(uploadKey, { parts, expiresSeconds }) {
      const Key = uploadKeyOf(place, uploadKey);
      try {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
        if (UploadId === undefined) throw new BlobError('unavailable', 'The object store began an upload without naming it.');
        const urls: string[] = [];
        for (let PartNumber = 1; PartNumber <= parts; PartNumber++) {
          urls.push(await getSignedUrl(client, new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber }), { expiresIn: expiresSeconds }));
        }
        return { uploadId: UploadId, urls };
      } catch (error) {
        throw s3Error(error);
      }
    },

    async completeMultipart(uploadKey, uploadId, parts) {
      const Parts = parts.toSorted((a, b) => a.number - b.number).map((part) => ({ PartNumber: part.number, ETag: part.etag }));
      try {
        await client.send(
          new CompleteMultipartUploadCommand({ Bucket: bucket, Key: uploadKeyOf(place, uploadKey), UploadId: uploadId, MultipartUpload: { Parts } }),
        );
      } catch (error) {
        throw s3Error(error);
      }
    },

    adopt: (uploadKey, options) => adopt(place, uploadKeyOf(place, uploadKey), options),

    presignGet(sha256, { expiresSeconds, filename, mediaType }) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: contentKey(place, sha256),
        ResponseContentDisposition: disposition(filename),
        ResponseContentType: mediaType ?? 'application/octet-stream',
      });
      return getSignedUrl(client, command, { expiresIn: expiresSeconds });
    },

    async abort(uploadKey, uploadId) {
      const Key = uploadKeyOf(place, uploadKey);
      try {
        if (uploadId !== undefined) await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId: uploadId }));
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      } catch (error) {
        const known = s3Error(error);
        if (!(known instanceof BlobError && known.code === 'not_found')) throw known;
      }
    },
  };
}

/** Always an attachment: what users uploaded never opens in the store's own origin (RFC 6266 and 8187 for the name). */
function disposition(filename: string | undefined): string {
  if (filename === undefined) return 'attachment';
  const plain = filename.replace(/[^\x20-\x7e]|["\\%;]/g, '_');
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

async function adopt(place: S3Place, key: string, options: { sha256?: string; maxBytes?: number } = {}): Promise<StoredBlob> {
  const { client, bucket } = place;
  const remove = () => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  const maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  try {
    const { ContentLength = 0 } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    if (ContentLength > maxBytes) throw new BlobError('too_large', `The file has more than ${maxBytes.toLocaleString('en')} bytes.`);
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of found.Body as Readable) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
      // The object may have been replaced since it was asked for its size.
      if (size > maxBytes) throw new BlobError('too_large', `The file has more than ${maxBytes.toLocaleString('en')} bytes.`);
    }
    const sha256 = hash.digest('hex');
    if (options.sha256 !== undefined && options.sha256.toLowerCase() !== sha256) {
      throw new BlobError('digest_mismatch', 'The bytes that arrived do not have the SHA-256 that was announced.');
    }
    // The URL may still be written to: what is copied must be what was read.
    await copyInside(place, { from: key, to: contentKey(place, sha256), size, etag: found.ETag });
    await remove();
    return { sha256, size };
  } catch (error) {
    const known = s3Error(error);
    if (known instanceof BlobError && (known.code === 'too_large' || known.code === 'digest_mismatch')) await remove();
    throw (error as { name?: string }).name === 'PreconditionFailed' ? new BlobError('digest_mismatch', 'The upload was changed while it was being read.') : known;
  }
}
