import { z } from 'zod';
import { mediaKinds } from './analytic-manifest.ts';
import { fieldError } from './errors.ts';
import { operation } from './operation.ts';
import { command } from './commands.ts';
import { deidentifyQuery } from './deidentification.ts';
import { countResult, filterSchema, queryBody, sortSchema } from './query.ts';
import { description, expiryInput, futureExpiry, id, itemPath, metadata, metadataText, page, pageQuery, saysSomething, time, timeInput } from './primitives.ts';

export const itemStatuses = ['inbox', 'published', 'archived'] as const;
export const probeStates = ['pending', 'ready', 'failed'] as const;

/** A label or a channel: one line, at most 200 characters. */
export const facet = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), { error: 'must not contain control characters' });

export const item = z.object({
  id,
  projectId: id,
  datasetId: id,
  path: z.string().describe('`/folder/name.jpg`, unique in the dataset'),
  name: z.string(),
  folder: z.string().describe('`/folder`, `/` for the root'),
  sha256: z.string(),
  sizeBytes: z.int(),
  mediaType: z.string().describe('Decided by the content'),
  kind: z.enum(mediaKinds),
  probe: z.enum(probeStates).describe('Whether the media facts below are known yet'),
  problem: z.string().nullable().describe('What is wrong with the file, when something is'),
  width: z.int().nullable().describe('Pixels, upright'),
  height: z.int().nullable(),
  orientation: z.int().nullable().describe('EXIF orientation, 1–8'),
  frames: z.int().nullable(),
  durationSeconds: z.number().nullable(),
  fps: z.number().nullable(),
  summary: z.record(z.string(), z.unknown()).describe('Further facts of the medium, e.g. of a DICOM header'),
  metadata,
  labels: z.array(z.string()),
  channel: z.string().nullable(),
  status: z.enum(itemStatuses),
  description: z.string(),
  annotationCount: z.int(),
  hasThumbnail: z.boolean(),
  revision: z.int(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  expiresAt: time.nullable(),
});
export type Item = z.infer<typeof item>;

export const conflictRules = ['error', 'skip', 'replace'] as const;
export const uploadOutcomes = ['created', 'existing', 'replaced'] as const;

const facets = {
  channel: facet.optional(),
  labels: z
    .string()
    .transform((text) => text.split(',').map((label) => label.trim()).filter(Boolean))
    .pipe(z.array(facet).max(100, 'must be at most 100 labels'))
    .optional()
    .describe('Comma-separated'),
  status: z.enum(itemStatuses).default('inbox'),
  expiresAt: futureExpiry.optional(),
  deidentify: deidentifyQuery,
};

export const uploadResult = z.object({ outcome: z.enum(uploadOutcomes), item });
export type UploadResult = z.infer<typeof uploadResult>;

/** Every frame that a decoder puts out: frame number, presentation time and place in the stream belong together. */
export const videoFrameIndex = z.object({
  trackId: z.int().describe('The stream: id of the video track in its container'),
  codec: z.string().nullable(),
  ticksPerSecond: z.number(),
  count: z.int(),
  times: z.array(z.number()).describe('Presentation time of each frame in ticks, ascending, edit list applied'),
  packets: z.array(z.int()).describe('Place of the packet of each frame among all packets of the track, in the order in which they are decoded'),
  keyFrames: z.array(z.int()).describe('Frames at which decoding can begin'),
  packetCount: z.int(),
  isVariableRate: z.boolean(),
  fps: z.number().nullable(),
});
export type VideoFrameIndex = z.infer<typeof videoFrameIndex>;

const inDataset = z.object({ dataset: id });
const oneItem = z.object({ item: id });

export const itemFilter = z.object({
  kind: z.enum(mediaKinds).optional(),
  mediaType: z.string().optional(),
  status: z.enum(itemStatuses).optional(),
  probe: z.enum(probeStates).optional(),
  channel: z.string().optional(),
  label: z.string().optional(),
  folder: z.string().optional().describe('Items in this folder or below it'),
  path: z.string().optional().describe('Exactly this path'),
  sha256: z.string().optional(),
  createdAfter: timeInput.optional(),
  createdBefore: timeInput.optional(),
});

/** Something that filters can speak of. */
export const queryField = z.object({
  name: z.string().describe('As it stands in a filter: `kind`, `metadata.camera.iso`; `annotations.…` stands below `having`'),
  type: z.enum(['id', 'text', 'path', 'number', 'time', 'boolean', 'enum', 'texts', 'sha256', 'mixed']),
  values: z.array(z.string()).optional().describe('Of an enum'),
  items: z.int().nullable().describe('How many of the items looked at have it; null for fields of every item'),
});
export type QueryField = z.infer<typeof queryField>;

/** What can be changed on many items at once. */
export const itemBulkChange = z
  .object({
    mergeMetadata: metadata.optional(),
    metadata: metadata.optional(),
    labels: z.array(facet).max(100).optional(),
    addLabels: z.array(facet).max(100).optional(),
    removeLabels: z.array(facet).max(100).optional(),
    channel: facet.nullable().optional(),
    status: z.enum(itemStatuses).optional(),
    description: description.optional(),
    expiresAt: expiryInput.nullable().optional(),
  })
  .strict()
  .refine(saysSomething, 'must say what changes');
export type ItemBulkChange = z.infer<typeof itemBulkChange>;

export const items = {
  upload: operation({
    id: 'items.upload',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items',
    summary: 'Uploads one file; the body is its bytes.',
    description:
      'Bytes that are already there under this path change nothing and answer `existing`. Other bytes at a path that is taken follow `ifExists`: `error` answers 409, `skip` keeps the old item, `replace` gives the item the new content. With `deidentify` a DICOM or NIfTI file is de-identified before anything is stored, and takes a path made of pseudonyms; other files are refused.',
    audience: 'developer',
    params: inDataset,
    query: z.object({
      path: itemPath,
      ifExists: z.enum(conflictRules).default('error'),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').optional().describe('Refuse bytes with another digest'),
      metadata: metadataText.optional(),
      ...facets,
    }),
    body: 'binary',
    result: uploadResult,
    status: 201,
    errors: ['not_found', 'forbidden', 'conflict', 'too_large', 'unsupported_media', 'digest_mismatch', 'upload_incomplete', 'disk_full'],
  }),
  uploadMany: operation({
    id: 'items.uploadMany',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/bundle',
    summary: 'Uploads many small files in one request: multipart, each part\'s file name is the path.',
    description: 'At most 1,000 files of at most 8 MiB each. Every file succeeds or fails by itself; the answer has one entry per file, in their order.',
    audience: 'developer',
    params: inDataset,
    query: z.object({ ifExists: z.enum(conflictRules).default('error'), ...facets }),
    body: 'multipart',
    result: z.object({
      results: z.array(
        z.object({
          path: z.string(),
          outcome: z.enum([...uploadOutcomes, 'failed']),
          item: item.optional(),
          error: fieldError.optional(),
        }),
      ),
    }),
    errors: ['not_found', 'forbidden', 'too_large', 'upload_incomplete', 'disk_full'],
  }),
  importUrls: operation({
    id: 'items.importUrls',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/import-urls',
    summary: 'Fetches files by URL into a dataset, in the background; the command\'s result says which came and why others did not.',
    audience: 'developer',
    params: inDataset,
    body: z
      .object({
        urls: z
          .array(z.object({ url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(8_000), path: itemPath.optional(), metadata: metadata.optional() }).strict())
          .min(1, 'must name at least one URL')
          .max(10_000, 'must name at most 10,000 URLs'),
        folder: itemPath.optional().describe('Where files without a path go; they take their name from the URL'),
        ifExists: z.enum(conflictRules).default('error'),
        mediaTypes: z.array(z.string().regex(/^[a-z]+\/([a-z0-9.+-]+|\*)$/, 'must be a media type such as image/png or image/*')).max(50).optional().describe('Refuse others, by content'),
        maxBytes: z.int().min(1).max(1024 ** 4).default(10 * 1024 ** 3).describe('Refuse larger files'),
        labels: z.array(facet).max(100).optional(),
        channel: facet.optional(),
        status: z.enum(itemStatuses).optional(),
        expiresAt: futureExpiry.optional(),
      })
      .strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden'],
  }),
  importArchive: operation({
    id: 'items.importArchive',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/import-archive',
    summary: 'Unpacks a ZIP or TAR archive (gzipped too) into a dataset, in the background; the body is its bytes.',
    description:
      'With `deidentify` its DICOM and NIfTI files are de-identified before they become items, and take paths made of pseudonyms; others are left out. The archive is removed when its files are in.',
    audience: 'developer',
    params: inDataset,
    query: z.object({
      folder: itemPath.optional().describe('Where its folders go; the root by default'),
      ifExists: z.enum(conflictRules).default('error'),
      channel: facets.channel,
      labels: facets.labels,
      status: facets.status,
      expiresAt: facets.expiresAt,
      deidentify: deidentifyQuery,
    }),
    body: 'binary',
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'too_large', 'upload_incomplete', 'disk_full'],
  }),
  list: operation({
    id: 'items.list',
    method: 'GET',
    path: '/v1/datasets/{dataset}/items',
    summary: 'Lists the items of a dataset by path.',
    audience: 'annotator',
    params: inDataset,
    query: pageQuery.extend(itemFilter.shape),
    result: page(item),
    errors: ['not_found'],
  }),
  get: operation({
    id: 'items.get',
    method: 'GET',
    path: '/v1/items/{item}',
    summary: 'Gets an item.',
    audience: 'annotator',
    params: oneItem,
    result: item,
    errors: ['not_found'],
  }),
  query: operation({
    id: 'items.query',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/query',
    summary: 'Finds items by the query language.',
    description: 'Sorted by path unless `sort` says otherwise. With `fields`, rows carry just those.',
    audience: 'annotator',
    scope: 'read',
    params: inDataset,
    body: queryBody.extend({ offset: z.int().min(0).max(10_000, 'must be at most 10,000; further on, begin at one of items.landmarks').optional().describe('Rows left out before the first, after the cursor') }),
    result: page(item.partial()),
    errors: ['not_found'],
  }),
  stream: operation({
    id: 'items.stream',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/stream',
    summary: 'Streams all items that a filter finds, a line of JSON each.',
    description: 'In the order of `sort`, and in none without it, which is the fastest. With `fields`, lines carry just those. All is as it was when the stream began.',
    audience: 'developer',
    scope: 'read',
    params: inDataset,
    body: queryBody.omit({ limit: true, cursor: true }),
    result: 'ndjson',
    errors: ['not_found', 'forbidden', 'rate_limited'],
  }),
  count: operation({
    id: 'items.count',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/count',
    summary: 'Counts the items that a filter finds.',
    audience: 'annotator',
    scope: 'read',
    params: inDataset,
    body: z.object({ filter: filterSchema.default({}) }).strict(),
    result: countResult,
    errors: ['not_found'],
  }),
  landmarks: operation({
    id: 'items.landmarks',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/landmarks',
    summary: 'Marks every so many items of a query, so that a reader can begin anywhere in a long list.',
    description: 'Each cursor continues `items.query` with the same filter and sort after that many items; between two of them `offset` leads to any item. Costs one walk over what the filter finds.',
    audience: 'annotator',
    scope: 'read',
    params: inDataset,
    body: z.object({ filter: filterSchema.default({}), sort: sortSchema.optional(), every: z.int().min(100).max(10_000).default(1_000) }).strict(),
    result: z.object({ every: z.int(), count: z.int().describe('Items that the filter finds'), cursors: z.array(z.string()).describe('After `every` items, after twice as many, and so on') }),
    errors: ['not_found'],
  }),
  fields: operation({
    id: 'items.fields',
    method: 'GET',
    path: '/v1/datasets/{dataset}/fields',
    summary: 'Lists what the items of a dataset can be filtered by: fields of every item, and the keys of metadata that are in use.',
    description: 'Keys of metadata are those of some thousand items at the two ends of the dataset.',
    audience: 'annotator',
    params: inDataset,
    result: z.object({ data: z.array(queryField), examined: z.int().describe('Items looked at') }),
    errors: ['not_found'],
  }),
  values: operation({
    id: 'items.values',
    method: 'GET',
    path: '/v1/datasets/{dataset}/values',
    summary: 'Lists values that a field has in a dataset, the most frequent first: for suggestions.',
    description: 'All labels of annotations (`annotations.label`), their types and channels are known; of other fields some thousand items at the two ends of the dataset are looked at.',
    audience: 'annotator',
    params: inDataset,
    query: z.object({ field: z.string().min(1).max(1_000), prefix: z.string().max(200).default('').describe('Only values that begin so, whatever the case'), limit: z.coerce.number().int().min(1).max(1_000).default(50) }),
    result: z.object({ data: z.array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]), count: z.int().nullable().describe('Of the items looked at; null where all values are known') })), examined: z.int().nullable() }),
    errors: ['not_found'],
  }),
  updateMany: operation({
    id: 'items.updateMany',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/update',
    summary: 'Changes every item that a filter finds, in the background; answers the command to watch.',
    audience: 'developer',
    params: inDataset,
    body: z.object({ filter: filterSchema, change: itemBulkChange }).strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden'],
  }),
  deleteMany: operation({
    id: 'items.deleteMany',
    method: 'POST',
    path: '/v1/datasets/{dataset}/items/delete',
    summary: 'Deletes every item that a filter finds, in the background; they can be restored for 30 days.',
    audience: 'developer',
    params: inDataset,
    body: z.object({ filter: filterSchema }).strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden'],
  }),
  folders: operation({
    id: 'items.folders',
    method: 'GET',
    path: '/v1/datasets/{dataset}/folders',
    summary: 'Lists the folders directly in a folder, in the order of the paths in them.',
    audience: 'annotator',
    params: inDataset,
    query: pageQuery.extend({ folder: z.string().max(1_024).default('/') }),
    result: page(z.object({ path: z.string(), name: z.string() })),
    errors: ['not_found'],
  }),
  moveFolder: operation({
    id: 'items.moveFolder',
    method: 'POST',
    path: '/v1/datasets/{dataset}/folders/move',
    summary: 'Renames or moves a folder with everything in it.',
    audience: 'developer',
    params: inDataset,
    body: z.object({ from: itemPath, to: itemPath }).strict(),
    result: z.object({ moved: z.int() }),
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  update: operation({
    id: 'items.update',
    method: 'PATCH',
    path: '/v1/items/{item}',
    summary: 'Changes an item: where it lies, and what is said about it.',
    audience: 'developer',
    params: oneItem,
    body: z
      .object({
        path: itemPath.optional(),
        description: description.optional(),
        metadata: metadata.optional().describe('Replaces the metadata'),
        mergeMetadata: metadata.optional().describe('Merged into the metadata, depth first; null removes a key'),
        labels: z.array(facet).max(100).optional(),
        channel: facet.nullable().optional(),
        status: z.enum(itemStatuses).optional(),
        expiresAt: expiryInput.nullable().optional().describe('A time, or days from now such as `30d`; a time in the past deletes, null clears'),
      })
      .strict(),
    result: item,
    errors: ['not_found', 'forbidden', 'conflict', 'revision_conflict'],
  }),
  delete: operation({
    id: 'items.delete',
    method: 'DELETE',
    path: '/v1/items/{item}',
    summary: 'Deletes an item; it can be restored for 30 days.',
    audience: 'developer',
    params: oneItem,
    errors: ['not_found', 'forbidden'],
  }),
  restore: operation({
    id: 'items.restore',
    method: 'POST',
    path: '/v1/items/{item}/restore',
    summary: 'Brings a deleted item back.',
    audience: 'developer',
    params: oneItem,
    result: item,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  download: operation({
    id: 'items.download',
    method: 'GET',
    path: '/v1/items/{item}/file',
    summary: 'Downloads the bytes of an item; ranges and conditional requests are answered.',
    audience: 'annotator',
    params: oneItem,
    result: 'binary',
    errors: ['not_found', 'range_not_satisfiable'],
  }),
  frameIndex: operation({
    id: 'items.frameIndex',
    method: 'GET',
    path: '/v1/items/{item}/frame-index',
    summary: 'Lists the frames of a video in the order in which they are shown; their places in it are the frame numbers of annotations.',
    audience: 'annotator',
    params: oneItem,
    result: videoFrameIndex,
    errors: ['not_found', 'unsupported_media'],
  }),
  thumbnail: operation({
    id: 'items.thumbnail',
    method: 'GET',
    path: '/v1/items/{item}/thumbnail',
    summary: 'A small picture of the item (WebP, at most 256 pixels a side).',
    audience: 'annotator',
    params: oneItem,
    result: 'binary',
    errors: ['not_found'],
  }),
};
