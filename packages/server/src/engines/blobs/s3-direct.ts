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
import { BlobError, type BlobStore, type DirectTransfer, type StoredBlob } from './blobs.ts';
import { contentKey, copyInside, s3Error, uploadKeyOf, type S3Place } from './s3-place.ts';
import { StreamDigest, tooLarge, type Promised } from './stream-digest.ts';

/**
 * Transfers between clients and the store itself, by presigned URLs (AWS Signature Version 4, query string). `put` stores a stream, for
 * servers that cannot copy on a condition.
 */
export function s3Direct(place: S3Place, put: BlobStore['put']): DirectTransfer {
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
      return getSignedUrl(client, command, {
        expiresIn: expiresSeconds,
        unhoistableHeaders: headers,
        signableHeaders: new Set(['host', ...headers]),
      });
    },

    async presignMultipart(uploadKey, { parts, expiresSeconds }) {
      const Key = uploadKeyOf(place, uploadKey);
      try {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
        if (UploadId === undefined)
          throw new BlobError('unavailable', 'The object store began an upload without naming it.');
        const urls: string[] = [];
        for (let PartNumber = 1; PartNumber <= parts; PartNumber++) {
          urls.push(
            await getSignedUrl(client, new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber }), {
              expiresIn: expiresSeconds,
            }),
          );
        }
        return { uploadId: UploadId, urls };
      } catch (error) {
        throw s3Error(error);
      }
    },

    async completeMultipart(uploadKey, uploadId, parts) {
      const Parts = parts
        .toSorted((a, b) => a.number - b.number)
        .map((part) => ({ PartNumber: part.number, ETag: part.etag }));
      try {
        await client.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: uploadKeyOf(place, uploadKey),
            UploadId: uploadId,
            MultipartUpload: { Parts },
          }),
        );
      } catch (error) {
        throw s3Error(error);
      }
    },

    async adopt(uploadKey, options = {}) {
      const key = uploadKeyOf(place, uploadKey);
      const remove = () => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      try {
        const { etag, ...blob } = await digestOf(place, key, options);
        await settle(place, key, { ...blob, etag }, put);
        await remove();
        return blob;
      } catch (error) {
        const known = s3Error(error);
        if (known instanceof BlobError && (known.code === 'too_large' || known.code === 'digest_mismatch'))
          await remove();
        throw known;
      }
    },

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
        if (uploadId !== undefined)
          await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId: uploadId }));
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
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Reads an uploaded object once; throws BlobError `too_large`, `digest_mismatch`. */
async function digestOf(
  { client, bucket }: S3Place,
  key: string,
  options: Promised,
): Promise<StoredBlob & { etag: string | undefined }> {
  const target = { Bucket: bucket, Key: key };
  const { ContentLength = 0 } = await client.send(new HeadObjectCommand(target));
  const { maxBytes } = options;
  if (maxBytes !== undefined && ContentLength > maxBytes) throw tooLarge(maxBytes);
  const found = await client.send(new GetObjectCommand(target));
  const digest = new StreamDigest(options);
  for await (const chunk of found.Body as Readable) {
    // The object may have been replaced since it was asked for its size.
    const fault = digest.add(chunk as Buffer);
    if (fault) throw fault;
  }
  return { ...digest.end(), etag: found.ETag };
}

/** Moves an upload to its content address. Its URL may still be written to: what arrives there must be what was read. */
async function settle(
  place: S3Place,
  key: string,
  read: StoredBlob & { etag: string | undefined },
  put: BlobStore['put'],
): Promise<void> {
  const { sha256, size, etag } = read;
  try {
    await copyInside(place, { from: key, to: contentKey(place, sha256), size, etag });
  } catch (error) {
    // The upload was changed, or the server does not know the tag of an object made of parts (Swift): the bytes go through us, and are checked again.
    if ((error as { name?: string }).name !== 'PreconditionFailed') throw error;
    const again = await place.client.send(new GetObjectCommand({ Bucket: place.bucket, Key: key }));
    await put(again.Body as Readable, { sha256, maxBytes: size });
  }
}
