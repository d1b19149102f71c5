import { z } from 'zod';
import { deidentifyOptions } from './deidentification.ts';
import { command } from './commands.ts';
import { conflictRules, facet, itemStatuses, uploadResult } from './items.ts';
import { operation } from './operation.ts';
import { description, futureExpiry, id, itemPath, metadata, time } from './primitives.ts';

/** SHA-256 as text. */
export const digestText = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

/** A part of a large file that has still to be sent. */
export const missingPart = z.object({
  number: z.int().describe('From 1'),
  offset: z.int().describe('Where it begins in the file, in bytes'),
  sizeBytes: z.int(),
  url: z.string().describe('PUT its bytes here, without a key; nothing else is needed'),
});
export type MissingPart = z.infer<typeof missingPart>;

/** A large file on its way into a dataset, part by part. */
export const partedUpload = z.object({
  id,
  datasetId: id,
  path: z.string(),
  sizeBytes: z.int(),
  partBytes: z.int().describe('Bytes of every part but the last'),
  partCount: z.int(),
  arrivedCount: z.int().describe('Parts that are there'),
  missing: z.array(missingPart).describe('The first hundred parts from `from` on that have not arrived'),
  direct: z.boolean().describe('The URLs are those of the store itself: the bytes do not pass through the platform'),
  urlsExpireAt: time,
  itemId: id.nullable().describe('The item that it became'),
  expiresAt: time.describe('Removed then, if nobody goes on with it'),
});
export type PartedUpload = z.infer<typeof partedUpload>;

/** A URL that opens the bytes of an item for whoever has it. */
export const downloadLink = z.object({
  url: z.string(),
  expiresAt: time,
  direct: z.boolean().describe('It is a URL of the store itself'),
});
export type DownloadLink = z.infer<typeof downloadLink>;

/** Which way the parts of an upload go. */
export const uploadVia = z.enum(['store', 'platform']).default('store').describe('`platform`: URLs of the platform, also where clients can reach the store itself');
const oneUpload = z.object({ dataset: id, upload: id });
/** How a large file is begun, whatever becomes of it. */
const large = {
  fingerprint: z.string().min(1).max(200).optional().describe('What you know the file again by'),
  sha256: digestText.optional().describe('Refuse bytes with another digest; can also be said at the end'),
  via: uploadVia,
};
/** What is said of the items that it becomes. */
const newItems = {
  ifExists: z.enum(conflictRules).default('error'),
  labels: z.array(facet).max(100).optional(),
  channel: facet.optional(),
  status: z.enum(itemStatuses).default('inbox'),
  expiresAt: futureExpiry.optional(),
};
const signed = z.object({ expires: z.string(), signature: z.string() });

export const transfers = {
  begin: operation({
    id: 'transfers.begin',
    method: 'POST',
    path: '/v1/datasets/{dataset}/uploads',
    summary: 'Begins the upload of a large file in parts, or finds one that broke off.',
    description:
      'Send each part of the answer to its URL, several at once if you like, ask again while `missing` is not empty, then call `transfers.complete`. Where the platform keeps its bytes in an S3-compatible store the URLs are presigned ones of that store. With the same `fingerprint` (e.g. made of size and time of the file), path and size, the upload that was begun before is found again, with what has arrived; nothing needs to be remembered by the client.',
    audience: 'developer',
    params: z.object({ dataset: id }),
    body: z
      .object({
        path: itemPath,
        sizeBytes: z.int('must be a whole number').min(1, 'must be at least 1; an empty file goes to items.upload'),
        ...large,
        ...newItems,
        metadata: metadata.optional(),
        description: description.optional(),
      })
      .strict(),
    result: partedUpload,
    status: 201,
    errors: ['not_found', 'forbidden', 'conflict', 'too_large', 'quota_exceeded', 'disk_full'],
  }),
  get: operation({
    id: 'transfers.get',
    method: 'GET',
    path: '/v1/datasets/{dataset}/uploads/{upload}',
    summary: 'Tells which parts of an upload are missing, with fresh URLs.',
    audience: 'developer',
    scope: 'write',
    params: oneUpload,
    query: z.object({ from: z.coerce.number().int().min(1).default(1).describe('Only parts from this number on'), via: uploadVia }),
    result: partedUpload,
    errors: ['not_found', 'forbidden'],
  }),
  putPart: operation({
    id: 'transfers.putPart',
    method: 'PUT',
    path: '/v1/datasets/{dataset}/uploads/{upload}/parts/{part}',
    summary: 'Takes the bytes of one part, by the signed URL that `transfers.begin` gives where the store has none of its own.',
    audience: 'public',
    params: oneUpload.extend({ part: z.coerce.number().int().min(1).max(10_000) }),
    query: signed,
    body: 'binary',
    errors: ['not_found', 'forbidden', 'too_large', 'upload_incomplete', 'disk_full'],
  }),
  complete: operation({
    id: 'transfers.complete',
    method: 'POST',
    path: '/v1/datasets/{dataset}/uploads/{upload}/complete',
    summary: 'Makes an item of an upload whose parts are all there.',
    description: 'Its bytes are read once and their digest taken. Bytes that have not the `sha256` that was said are refused and removed. Again, it answers the same.',
    audience: 'developer',
    params: oneUpload,
    body: z.object({ sha256: digestText.optional().describe('The digest that the bytes must have') }).strict(),
    result: uploadResult,
    errors: ['not_found', 'forbidden', 'conflict', 'digest_mismatch', 'upload_incomplete', 'gone', 'quota_exceeded', 'disk_full'],
  }),
  abort: operation({
    id: 'transfers.abort',
    method: 'DELETE',
    path: '/v1/datasets/{dataset}/uploads/{upload}',
    summary: 'Gives an upload up; what has arrived of it is removed.',
    audience: 'developer',
    params: oneUpload,
    errors: ['not_found', 'forbidden'],
  }),
  beginArchive: operation({
    id: 'transfers.beginArchive',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/import-archive/uploads',
    summary: 'Begins the upload of a large archive in parts, whose files become items, or finds one that broke off.',
    description:
      'As `transfers.begin`: send each part to its URL, ask `transfers.get` for those still missing, then call `transfers.finishArchive`. With the same `fingerprint` and size the upload that was begun before is found again, with what has arrived, until its archive is unpacked.',
    audience: 'developer',
    params: z.object({ dataset: id }),
    body: z
      .object({
        sizeBytes: z.int('must be a whole number').min(1, 'must be at least 1'),
        ...large,
        ...newItems,
        folder: itemPath.optional().describe('Where its folders go; the root by default'),
        deidentify: deidentifyOptions.optional().describe('De-identify its DICOM and NIfTI files before they become items; others are left out'),
      })
      .strict(),
    result: partedUpload,
    status: 201,
    errors: ['not_found', 'forbidden', 'too_large', 'disk_full'],
  }),
  finishArchive: operation({
    id: 'transfers.finishArchive',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/import-archive/uploads/{upload}',
    summary: 'Unpacks an upload whose parts are all there into its dataset, in the background.',
    description: 'Its bytes are read once and their digest taken. Bytes that have not the `sha256` that was said are refused and removed. Again, it answers the same command.',
    audience: 'developer',
    params: oneUpload,
    body: z.object({ sha256: digestText.optional().describe('The digest that the bytes must have') }).strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict', 'digest_mismatch', 'upload_incomplete', 'gone', 'disk_full'],
  }),
  link: operation({
    id: 'transfers.link',
    method: 'GET',
    path: '/v1/items/{item}/link',
    summary: 'Gives a URL that opens the bytes of an item without a key, for a time.',
    description: 'Of the store itself where clients can reach that. Ranges are answered.',
    audience: 'annotator',
    params: z.object({ item: id }),
    query: z.object({ expiresSeconds: z.coerce.number().int().min(1, 'must be from 1 to 86400').max(86_400, 'must be from 1 to 86400').default(3_600), via: uploadVia }),
    result: downloadLink,
    errors: ['not_found'],
  }),
  open: operation({
    id: 'transfers.open',
    method: 'GET',
    path: '/v1/items/{item}/content',
    summary: 'Downloads the bytes of an item by the signed URL of `transfers.link`.',
    audience: 'public',
    params: z.object({ item: id }),
    query: signed,
    result: 'binary',
    errors: ['not_found', 'forbidden', 'range_not_satisfiable'],
  }),
};
