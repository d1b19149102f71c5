import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { BlobError, type BlobStore, type StoredBlob } from './blobs.ts';
import { partCount, partRange, type PartStore, type PartUpload } from './parts.ts';
import { s3Direct } from './s3-direct.ts';
import { s3Error, uploadKeyOf, type S3Place } from './s3-place.ts';
import { PartBuffer } from './s3-upload.ts';

/** The handle of an upload that is one object and no multipart upload. */
const single = 'single';

/**
 * Parts of S3 multipart uploads; a file of one part is a plain object. Their keys lie apart from those of other uploads in progress,
 * which are swept sooner.
 */
export function s3Parts(given: S3Place, put: BlobStore['put']): PartStore {
  const place = { ...given, uploadPrefix: given.transferPrefix };
  const { client, bucket } = place;
  const direct = s3Direct(place, put);
  const target = ({ key }: Pick<PartUpload, 'key'>) => ({ Bucket: bucket, Key: uploadKeyOf(place, key) });

  /** Whether the whole object is there. */
  async function isWhole(upload: PartUpload): Promise<boolean> {
    try {
      return (await client.send(new HeadObjectCommand(target(upload)))).ContentLength === upload.size;
    } catch (error) {
      if (isMissing(error)) return false;
      throw s3Error(error);
    }
  }

  /** The parts that are there in full length, with their tags; undefined when S3 does not know the upload. */
  async function listParts(upload: PartUpload): Promise<Map<number, string> | undefined> {
    const parts = new Map<number, string>();
    let after: string | undefined;
    try {
      do {
        const page = await client.send(new ListPartsCommand({ ...target(upload), UploadId: upload.handle, ...(after === undefined ? {} : { PartNumberMarker: after }) }));
        for (const { PartNumber = 0, Size, ETag = '' } of page.Parts ?? []) if (Size === partRange(upload, PartNumber).bytes) parts.set(PartNumber, ETag);
        after = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      } while (after !== undefined);
      return parts;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw s3Error(error);
    }
  }

  /** Makes one object of the parts. Again after a crash, the object is there already. */
  async function join(upload: PartUpload): Promise<void> {
    const expected = partCount(upload);
    const parts = upload.handle === single ? undefined : await listParts(upload);
    if (!parts) {
      if (await isWhole(upload)) return;
      throw upload.handle === single ? new BlobError('upload_incomplete', 'The file has not arrived.') : lost();
    }
    if (parts.size < expected) throw new BlobError('upload_incomplete', `${parts.size} of ${expected} parts are here.`);
    await direct.completeMultipart(upload.key, upload.handle, [...parts].map(([number, etag]) => ({ number, etag })));
  }

  return {
    async begin(key, { parts }) {
      if (parts === 1) return single;
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(target({ key }))).catch((error: unknown) => {
        throw s3Error(error);
      });
      if (UploadId === undefined) throw new BlobError('unavailable', 'The object store began an upload without naming it.');
      return UploadId;
    },

    async put(upload, number, bytes) {
      const { bytes: size } = partRange(upload, number);
      // In memory: a stream that fails would leave the request hanging, and could not be sent again.
      const body = { ...target(upload), Body: await exactly(bytes, size) };
      try {
        if (upload.handle === single) await client.send(new PutObjectCommand(body));
        else await client.send(new UploadPartCommand({ ...body, UploadId: upload.handle, PartNumber: number }));
      } catch (error) {
        throw isMissing(error) ? lost() : s3Error(error);
      }
    },

    async arrived(upload) {
      const all = () => new Set(Array.from({ length: partCount(upload) }, (_, index) => index + 1));
      if (upload.handle === single) return (await isWhole(upload)) ? all() : new Set();
      const parts = await listParts(upload);
      if (parts) return new Set(parts.keys());
      if (await isWhole(upload)) return all();
      throw lost();
    },

    async complete(upload, { sha256 }): Promise<StoredBlob> {
      await join(upload);
      const blob = await direct.adopt(upload.key, { maxBytes: upload.size, ...(sha256 === undefined ? {} : { sha256 }) });
      if (blob.size !== upload.size) throw new BlobError('digest_mismatch', `The file was announced with ${upload.size} bytes, and ${blob.size} came.`);
      return blob;
    },

    async abort(upload) {
      await direct.abort(upload.key, upload.handle === single ? undefined : upload.handle);
    },

    presign(upload, PartNumber, { expiresSeconds }) {
      if (upload.handle === single) return direct.presignPut(upload.key, { expiresSeconds });
      return getSignedUrl(client, new UploadPartCommand({ ...target(upload), UploadId: upload.handle, PartNumber }), { expiresIn: expiresSeconds });
    },
  };
}

const lost = () => new BlobError('not_found', 'The object store no longer knows the upload.');

function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return name === 'NoSuchUpload' || name === 'NoSuchKey' || name === 'NotFound' || $metadata?.httpStatusCode === 404;
}

/** Just so many bytes; fails where they are fewer or more. */
async function exactly(bytes: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const buffer = new PartBuffer();
  for await (const chunk of bytes) {
    buffer.add(Uint8Array.prototype.slice.call(chunk));
    if (buffer.length > size) throw new BlobError('too_large', `The part has more than its ${size} bytes.`);
  }
  const { length } = buffer;
  if (length < size) throw new BlobError('upload_incomplete', `The part has ${size} bytes, and ${length} came.`);
  return buffer.take(length);
}
