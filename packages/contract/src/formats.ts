import { z } from 'zod';
import { commandStatuses } from './commands.ts';
import { itemStatuses } from './items.ts';
import { operation } from './operation.ts';
import { id, name, page, pageQuery, pathFault, queryBoolean, time } from './primitives.ts';
import { filterSchema } from './query.ts';
import { digestText, partedUpload, uploadVia } from './transfers.ts';
import { versionSplits } from './versions.ts';

/** The label formats, the commonest first, as they are named in `--format`. */
export const formatNames = [
  'coco', 'coco-panoptic', 'coco-captions', 'yolo', 'yolo-segment', 'yolo-pose', 'yolo-obb', 'yolo-classify', 'voc', 'voc-segmentation', 'cvat',
  'label-studio', 'labelme', 'datumaro', 'fiftyone', 'labelbox', 'dataloop', 'scale', 'mot', 'kitti', 'open-images', 'parquet', 'tfrecord', 'webdataset',
] as const;
export type FormatName = (typeof formatNames)[number];

const formatName = z.enum(formatNames, { error: `must be one of ${formatNames.join(', ')}` });

const capability = z.object({
  fit: z.enum(['exact', 'approximated', 'dropped']),
  how: z.string().optional().describe('Under which condition, in which way, or why not'),
  as: z.string().optional().describe('The type of geometry that it becomes'),
});

/** A label format and what it can carry. */
export const labelFormat = z.object({
  name: formatName,
  title: z.string(),
  reference: z.string().describe('Where the format is described'),
  extensions: z.array(z.string()),
  canImport: z.boolean(),
  canExport: z.boolean(),
  table: z.object({
    types: z.record(z.string(), capability).describe('By type of annotation'),
    annotation: z.record(z.string(), capability).describe('What annotations have besides their geometry'),
    item: z.record(z.string(), capability),
    label: z.record(z.string(), capability),
    precisionPx: z.number().describe('The greatest error of a coordinate that writing and reading adds, in pixels'),
  }),
});
export type LabelFormat = z.infer<typeof labelFormat>;

export const lossOutcomes = ['approximated', 'dropped', 'noted'] as const;

/** What an export or import did to annotations: each is kept, approximated (counted once) or dropped. */
export const lossReport = z.object({
  items: z.int().describe('Items that came through'),
  kept: z.int().describe('Annotations that came through as they are'),
  approximated: z.int(),
  dropped: z.int(),
  sums: z.array(z.object({ outcome: z.enum(lossOutcomes), how: z.string(), count: z.int() })).describe('Every way, with how often it happened'),
  notes: z
    .array(z.object({ outcome: z.enum(lossOutcomes), path: z.string(), annotation: z.string().optional(), how: z.string() }))
    .describe('One by one: the first thousand; `losses` gives all'),
  omittedNotes: z.int().describe('How many more there are'),
});
export type LossReport = z.infer<typeof lossReport>;

const splitName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be letters, digits, _ and -, at most 64');

/** How items are told apart into parts such as `train` and `val`. */
export const splitRule = z.discriminatedUnion('by', [
  z.object({ by: z.literal('none') }).strict(),
  z.object({ by: z.literal('metadata'), field: z.string().min(1).max(200).default('split') }).strict().describe('A field of the metadata names the part'),
  z.object({ by: z.literal('label'), labels: z.array(splitName).min(1).max(100) }).strict().describe('The first of these that the item has among its labels'),
  z.object({ by: z.literal('folder') }).strict().describe('The first folder of the path'),
  z.object({ by: z.literal('share'), splits: versionSplits }).strict().describe('Drawn by a hash, as versions do'),
]);
export type SplitRule = z.input<typeof splitRule>;

export const mediaRules = ['included', 'linked', 'none'] as const;
export const splitStyles = ['folders', 'lists'] as const;

/** What to export and how. */
export const exportRequest = z
  .object({
    format: formatName,
    name: name.optional().describe('Of the dataset in the files; default its own'),
    version: z.string().min(1).max(200).optional().describe('This version of the dataset, by id, tag or number, rather than what it is now'),
    filter: filterSchema.default({}).describe('Which items, by the query language; not with a version'),
    annotations: filterSchema.default({}).describe('Which annotations of them; not with a version'),
    media: z.enum(mediaRules).default('none').describe('`included`: the files lie in the archive; `linked`: `media.csv` says where to download each; `none`: left out'),
    splits: splitRule.default({ by: 'metadata', field: 'split' }).describe('Items of a version that is divided keep its parts'),
    splitStyle: z.enum(splitStyles).default('folders').describe('As folders (or files) of the format, or as lists of paths beside one whole'),
    rle: z.enum(['compressed', 'plain']).default('compressed').describe('COCO: how masks are written'),
    shardItems: z.int().min(1).max(1_000_000).optional().describe('Items in a shard, for formats that have such'),
  })
  .strict();
export type ExportRequest = z.input<typeof exportRequest>;

const work = {
  id,
  projectId: id,
  datasetId: id,
  status: z.enum(commandStatuses),
  progress: z.number().min(0).max(1),
  done: z.int().describe('Items so far'),
  total: z.int().nullable().describe('Of an import an estimate by how much of the labels was read, until it ends, where the format does not say'),
  message: z.string().nullable().describe('What it is at, or why it failed'),
  report: lossReport.nullable().describe('When it is complete'),
  createdBy: z.string(),
  createdAt: time,
  endedAt: time.nullable(),
};

/** An export of a dataset: an archive in a label format, made in the background. Its id is that of the command that makes it. */
export const datasetExport = z.object({
  ...work,
  format: formatName,
  request: exportRequest,
  items: z.int().nullable().describe('Items that the filter found'),
  fileName: z.string().nullable(),
  sizeBytes: z.int().nullable(),
  sha256: z.string().nullable(),
  url: z.string().nullable().describe('Downloads the archive without a key, until `urlExpiresAt`; made anew with every answer'),
  urlExpiresAt: time.nullable(),
  expiresAt: time.nullable().describe('Then the archive goes'),
});
export type DatasetExport = z.infer<typeof datasetExport>;

export const matchRules = ['auto', 'path', 'name', 'sha256'] as const;

const uploadedName = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), { error: 'must not contain control characters' });

/** `a/b`, `/a/b/` and so on, or nothing. */
const folder = z
  .string()
  .max(1_024)
  .refine((text) => text.replaceAll('/', '') === '' || pathFault(`/${text}/x`.replaceAll(/\/+/g, '/')) === undefined, { error: 'must be a folder of the dataset such as /street/day, without . and .. and control characters' });

/** How to import. */
export const importQuery = z.object({
  name: uploadedName.optional().describe('Name of the uploaded file, which tells what a single file is'),
  format: z.enum(['auto', ...formatNames], { error: `must be auto or one of ${formatNames.join(', ')}` }).default('auto'),
  match: z.enum(matchRules).default('auto').describe('How images find their items: by path, by a name that only one item has, by digest; `auto` tries them in this order'),
  into: folder.default('').describe('A folder of the dataset that paths start from'),
  media: z.enum(['add', 'skip']).default('add').describe('Whether files of the archive that no item matches become items'),
  annotations: z.enum(['add', 'replace']).default('add').describe('`replace` also deletes the annotations of matched items that the file does not have'),
  createLabels: queryBoolean.default(false).describe("Adds labels that are not in the dataset's recipe to it; a dataset without one gets one"),
  dryRun: queryBoolean.default(false).describe('Reports what would happen, and changes nothing'),
  status: z.enum(itemStatuses).default('inbox').describe('Of items that it makes'),
});
export type ImportQuery = z.input<typeof importQuery>;

/** An import whose file comes in parts: how to import, and what file it is. */
const importUpload = importQuery
  .extend({
    name: uploadedName.default('upload').describe('Name of the file, which tells what a single file is'),
    createLabels: z.boolean().default(false).describe(importQuery.shape.createLabels.description ?? ''),
    dryRun: z.boolean().default(false).describe(importQuery.shape.dryRun.description ?? ''),
    sizeBytes: z.int('must be a whole number').min(1, 'must be at least 1'),
    fingerprint: z.string().min(1).max(200).optional().describe('What you know the file again by'),
    sha256: digestText.optional().describe('Refuse bytes with another digest; can also be said at the end'),
    via: uploadVia,
  })
  .strict();

/** An import of labels from an archive or a file, done in the background. Its id is that of the command that does it. */
export const datasetImport = z.object({
  ...work,
  fileName: z.string(),
  sizeBytes: z.int(),
  sha256: z.string().nullable().describe('Of the uploaded file; null when it has gone, after 30 days'),
  request: z.object({
    format: z.enum(['auto', ...formatNames]),
    match: z.enum(matchRules),
    into: z.string(),
    media: z.enum(['add', 'skip']),
    annotations: z.enum(['add', 'replace']),
    createLabels: z.boolean(),
    dryRun: z.boolean(),
    status: z.enum(itemStatuses),
  }),
  format: formatName.nullable().describe('The format that was read'),
  guesses: z.array(z.object({ format: formatName, score: z.number() })).describe('What the files look like, the likeliest first'),
  items: z
    .object({ read: z.int(), matched: z.int(), created: z.int(), unmatched: z.int() })
    .describe('Images in the files: those that found their item, became one, or have none'),
  annotations: z
    .object({ imported: z.int(), existing: z.int(), deleted: z.int(), dropped: z.int() })
    .describe('Added, there already, deleted by `replace`, not brought in'),
  labels: z.object({ found: z.array(z.string()), unknown: z.array(z.string()), created: z.array(z.string()) }).describe('Labels in the files, those not in the recipe, those added to it'),
});
export type DatasetImport = z.infer<typeof datasetImport>;

const inDataset = z.object({ dataset: id });
const waiting = z.object({ waitSeconds: z.coerce.number().min(0).max(60).default(0) });
const oneExport = z.object({ export: id });
const oneImport = z.object({ import: id });
const lossQuery = 'Everything that the report speaks of, one JSON object a line: `outcome`, `path`, `annotation`, `how`.';

export const formats = {
  list: operation({ id: 'formats.list', method: 'GET', path: '/v1/formats', summary: 'Lists the label formats with what each can carry.', audience: 'public', result: z.object({ data: z.array(labelFormat) }) }),
};

export const exports = {
  create: operation({
    id: 'exports.create',
    method: 'POST',
    path: '/v1/datasets/{dataset}/exports',
    summary: 'Exports a dataset to an archive in a label format, in the background; the answer has its state, then a link and a loss report.',
    description: 'Equal contents give an equal archive, byte for byte. `GET /v1/exports/{export}?waitSeconds=60` waits for the end; `commands.cancel` with its id stops it.',
    audience: 'developer',
    scope: 'read',
    params: inDataset,
    body: exportRequest,
    result: datasetExport,
    status: 202,
    errors: ['not_found', 'forbidden'],
  }),
  list: operation({ id: 'exports.list', method: 'GET', path: '/v1/datasets/{dataset}/exports', summary: 'Lists the exports of a dataset, newest first, without their notes.', audience: 'developer', params: inDataset, query: pageQuery, result: page(datasetExport), errors: ['not_found'] }),
  get: operation({ id: 'exports.get', method: 'GET', path: '/v1/exports/{export}', summary: 'Gets an export; with `waitSeconds` answers when it ends, or after so long.', audience: 'developer', params: oneExport, query: waiting, result: datasetExport, errors: ['not_found'] }),
  download: operation({ id: 'exports.download', method: 'GET', path: '/v1/exports/{export}/file', summary: 'Downloads the archive of a complete export; ranges are answered.', audience: 'developer', params: oneExport, result: 'binary', errors: ['not_found', 'illegal_state', 'gone', 'range_not_satisfiable'] }),
  open: operation({
    id: 'exports.open',
    method: 'GET',
    path: '/v1/exports/{export}/archive',
    summary: 'Downloads the archive by the signed link of the export, without a key.',
    audience: 'public',
    params: oneExport,
    query: z.object({ expires: z.string(), signature: z.string() }),
    result: 'binary',
    errors: ['not_found', 'forbidden', 'gone'],
  }),
  losses: operation({ id: 'exports.losses', method: 'GET', path: '/v1/exports/{export}/losses', summary: 'Downloads the whole loss report of a complete export, line by line.', description: lossQuery, audience: 'developer', params: oneExport, result: 'ndjson', errors: ['not_found', 'illegal_state'] }),
};

export const imports = {
  create: operation({
    id: 'imports.create',
    method: 'POST',
    path: '/v1/datasets/{dataset}/imports',
    summary: 'Imports labels (and media) from an archive or a file; the body is its bytes. Done in the background.',
    description:
      'ZIP, TAR, TAR.GZ or a single file; the format is found out unless it is named. Imported twice, nothing comes twice. `GET /v1/imports/{import}?waitSeconds=60` waits for the end.',
    audience: 'developer',
    params: inDataset,
    query: importQuery,
    body: 'binary',
    result: datasetImport,
    status: 202,
    errors: ['not_found', 'forbidden', 'upload_incomplete'],
  }),
  begin: operation({
    id: 'imports.begin',
    method: 'POST',
    path: '/v1/datasets/{dataset}/imports/uploads',
    summary: 'Begins the upload of a large archive in parts for an import, or finds one that broke off.',
    description:
      'As `transfers.begin`: send each part to its URL, ask `transfers.get` for those still missing, then call `imports.finish`. With the same `fingerprint`, name and size the upload that was begun before is found again, with what has arrived; for seven days also one that was imported already, so that the same archive can be imported otherwise without being sent again.',
    audience: 'developer',
    params: inDataset,
    body: importUpload,
    result: partedUpload,
    status: 201,
    errors: ['not_found', 'forbidden', 'too_large', 'disk_full'],
  }),
  finish: operation({
    id: 'imports.finish',
    method: 'POST',
    path: '/v1/datasets/{dataset}/imports/uploads/{upload}',
    summary: 'Imports an upload whose parts are all there, in the background.',
    description: 'Its bytes are read once and their digest taken. Bytes that have not the `sha256` that was said are refused and removed. Again, it answers the same import while that is under way.',
    audience: 'developer',
    params: z.object({ dataset: id, upload: id }),
    body: z.object({ sha256: digestText.optional().describe('The digest that the bytes must have') }).strict(),
    result: datasetImport,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict', 'digest_mismatch', 'upload_incomplete', 'gone', 'disk_full'],
  }),
  list: operation({ id: 'imports.list', method: 'GET', path: '/v1/datasets/{dataset}/imports', summary: 'Lists the imports of a dataset, newest first, without their notes.', audience: 'developer', params: inDataset, query: pageQuery, result: page(datasetImport), errors: ['not_found'] }),
  get: operation({ id: 'imports.get', method: 'GET', path: '/v1/imports/{import}', summary: 'Gets an import; with `waitSeconds` answers when it ends, or after so long.', audience: 'developer', params: oneImport, query: waiting, result: datasetImport, errors: ['not_found'] }),
  losses: operation({ id: 'imports.losses', method: 'GET', path: '/v1/imports/{import}/losses', summary: 'Downloads the whole report of a complete import, line by line.', description: lossQuery, audience: 'developer', params: oneImport, result: 'ndjson', errors: ['not_found', 'illegal_state'] }),
};
