import { z } from 'zod';
import { annotationContent } from './annotation-geometry.ts';
import { command } from './commands.ts';
import { itemStatuses } from './items.ts';
import { mediaKinds } from './analytic-manifest.ts';
import { operation } from './operation.ts';
import { id, itemPath, metadata, page, pageQuery, time } from './primitives.ts';
import { queryBody } from './query.ts';

const versionId = z.string().describe('SHA-256 of the content: equal content has an equal id, on every installation');

/** How a version is divided for training. */
export const versionSplits = z
  .object({
    parts: z
      .array(z.object({ name: z.string().regex(/^[a-z0-9_-]{1,40}$/i, 'must be letters, digits, _ and -, at most 40'), share: z.number().gt(0).max(1) }).strict())
      .min(1)
      .max(20)
      .describe('E.g. train 0.8, val 0.1, test 0.1; the shares sum to 1'),
    seed: z.string().max(200).default(''),
    groupBy: z
      .string()
      .regex(/^(path|folder|sha256|channel|metadata(\.[^.]+)+)$/, 'must be path, folder, sha256, channel or metadata.<key>')
      .default('path')
      .describe('Items of one group come into one part, e.g. `metadata.patient`'),
  })
  .strict()
  .superRefine(({ parts }, context) => {
    if (new Set(parts.map((part) => part.name)).size < parts.length) context.addIssue({ code: 'custom', path: ['parts'], message: 'must have different names' });
    if (Math.abs(parts.reduce((sum, part) => sum + part.share, 0) - 1) > 1e-9) context.addIssue({ code: 'custom', path: ['parts'], message: 'must have shares that sum to 1' });
  })
  .describe('Decided by a hash of seed and group: an item keeps its part when others come or go');
export type VersionSplits = z.infer<typeof versionSplits>;

export const version = z.object({
  id: versionId,
  datasetId: id,
  projectId: id,
  number: z.int().describe('1 for the first commit of the dataset'),
  message: z.string(),
  tags: z.array(z.string()).describe('`latest` is on the newest'),
  itemCount: z.int(),
  annotationCount: z.int(),
  sizeBytes: z.int(),
  splits: versionSplits.nullable(),
  createdBy: z.string(),
  createdAt: time,
});
export type Version = z.infer<typeof version>;

export const versionAnnotation = annotationContent.partial().extend({
  label: z.string(),
  status: z.string().optional(),
  metadata: metadata.optional(),
  blob: z.string().optional().describe('SHA-256 of the file that came with it'),
});

export const versionItem = z.object({
  path: z.string(),
  sha256: z.string(),
  sizeBytes: z.int(),
  mediaType: z.string(),
  kind: z.enum(mediaKinds),
  width: z.int().nullable(),
  height: z.int().nullable(),
  frames: z.int().nullable(),
  labels: z.array(z.string()),
  channel: z.string().nullable(),
  status: z.enum(itemStatuses),
  description: z.string(),
  metadata,
  split: z.string().nullable(),
  annotations: z.array(versionAnnotation),
});
export type VersionItem = z.infer<typeof versionItem>;

export const versionChange = z.object({
  path: z.string(),
  change: z.enum(['added', 'removed', 'changed']),
  fields: z.array(z.string()).describe('Of a changed item: what is different, e.g. `sha256`, `labels`, `annotations`'),
  annotations: z.object({ added: z.array(versionAnnotation), removed: z.array(versionAnnotation) }),
});
export type VersionChange = z.infer<typeof versionChange>;

export const versionDiffSummary = z.object({
  itemsAdded: z.int(),
  itemsRemoved: z.int(),
  itemsChanged: z.int(),
  annotationsAdded: z.int(),
  annotationsRemoved: z.int(),
  recipeChanged: z.boolean(),
});
export type VersionDiffSummary = z.infer<typeof versionDiffSummary>;

const inDataset = z.object({ dataset: id });
const reference = z.string().min(1).max(200).describe('Id, the first digits of an id (8 or more), a tag such as `latest`, or `v` and the number');
const one = z.object({ dataset: id, version: reference });
const tagName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must begin with a letter or digit, then letters, digits, `.`, `_`, `-`, at most 100')
  .refine((text) => text !== 'latest' && !/^v\d+$/.test(text) && !/^[0-9a-f]{8,64}$/.test(text), { error: 'is kept for the platform: `latest`, `v1`, and what looks like an id' });
const split = z.string().max(40).optional().describe('Only the items of this part');

export const versions = {
  commit: operation({
    id: 'versions.commit',
    method: 'POST',
    path: '/v1/datasets/{dataset}/versions',
    summary: 'Keeps the dataset as it is now as a version, in the background; answers the command, whose result names the version.',
    audience: 'developer',
    params: inDataset,
    body: z
      .object({
        message: z.string().max(10_000).default(''),
        tags: z.array(tagName).max(20).default([]),
        splits: versionSplits.nullable().optional().describe('Those of the version before when left out'),
      })
      .strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  list: operation({
    id: 'versions.list',
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions',
    summary: 'Lists the versions of a dataset, newest first.',
    audience: 'annotator',
    params: inDataset,
    query: pageQuery,
    result: page(version),
    errors: ['not_found'],
  }),
  query: operation({
    id: 'versions.query',
    method: 'POST',
    path: '/v1/datasets/{dataset}/versions/query',
    summary: 'Finds versions of a dataset by the query language, newest first.',
    audience: 'annotator',
    scope: 'read',
    params: inDataset,
    body: queryBody,
    result: page(version.partial()),
    errors: ['not_found'],
  }),
  get: operation({
    id: 'versions.get',
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions/{version}',
    summary: 'Gets a version by id, tag or number.',
    audience: 'annotator',
    params: one,
    result: version,
    errors: ['not_found', 'conflict'],
  }),
  items: operation({
    id: 'versions.items',
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions/{version}/items',
    summary: 'Lists the items of a version with their labels, by path.',
    audience: 'annotator',
    params: one,
    query: pageQuery.extend({ split }),
    result: page(versionItem),
    errors: ['not_found', 'conflict'],
  }),
  stream: operation({
    id: 'versions.stream',
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions/{version}/stream',
    summary: 'Streams the items of a version with their labels, a line of JSON each, by path.',
    audience: 'annotator',
    params: one,
    query: z.object({ split }),
    result: 'ndjson',
    errors: ['not_found', 'conflict'],
  }),
  file: operation({
    id: 'versions.file',
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions/{version}/file',
    summary: 'Gives the bytes that an item has in a version; ranges are understood.',
    audience: 'annotator',
    params: one,
    query: z.object({
      path: itemPath,
      volume: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal').optional().describe('The file of a volume among the labels of the item (its `blob`) instead: a NIfTI'),
    }),
    result: 'binary',
    errors: ['not_found', 'conflict', 'range_not_satisfiable'],
  }),
  diff: operation({
    id: 'versions.diff',
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions/{version}/diff',
    summary: 'Tells what is different in a version from another one, item by item; the first page sums it up.',
    audience: 'annotator',
    params: one,
    query: pageQuery.extend({ from: reference.describe('The version before it when left out').optional() }),
    result: page(versionChange).extend({ from: z.string().nullable(), to: z.string(), summary: versionDiffSummary.nullable().describe('On the first page only') }),
    errors: ['not_found', 'conflict'],
  }),
  restore: operation({
    id: 'versions.restore',
    method: 'POST',
    path: '/v1/datasets/{dataset}/versions/{version}/restore',
    summary: 'Makes the dataset what it was in a version, in the background. What it is now is committed first, so nothing is lost.',
    audience: 'manager',
    params: one,
    body: z.object({}).strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  verify: operation({
    id: 'versions.verify',
    method: 'POST',
    path: '/v1/datasets/{dataset}/versions/{version}/verify',
    summary: 'Reads every byte and every label of a version again and compares the digests, in the background.',
    audience: 'developer',
    params: one,
    body: z.object({}).strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  tag: operation({
    id: 'versions.tag',
    method: 'PUT',
    path: '/v1/datasets/{dataset}/versions/{version}/tags/{tag}',
    summary: 'Puts a tag on a version; a tag that is on another one moves.',
    audience: 'developer',
    params: one.extend({ tag: tagName }),
    result: version,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  untag: operation({
    id: 'versions.untag',
    method: 'DELETE',
    path: '/v1/datasets/{dataset}/version-tags/{tag}',
    summary: 'Takes a tag away; the version stays.',
    audience: 'developer',
    params: z.object({ dataset: id, tag: tagName }),
    errors: ['not_found', 'forbidden'],
  }),
};
