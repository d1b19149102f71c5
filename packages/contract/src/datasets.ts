import { z } from 'zod';
import { command } from './commands.ts';
import { operation } from './operation.ts';
import { description, id, itemPath, metadata, name, page, pageQuery, time } from './primitives.ts';
import { filterSchema } from './query.ts';
import { reference } from './projects.ts';

export const datasetKinds = ['master', 'clone', 'merge'] as const;

export const dataset = z.object({
  id,
  projectId: id,
  name: z.string(),
  description: z.string(),
  metadata,
  kind: z.enum(datasetKinds),
  sources: z.array(id).describe('The datasets a clone or merge was made from'),
  itemCount: z.int().describe('Items in it, without deleted and expired ones'),
  sizeBytes: z.int().describe('Sum of the sizes of its items'),
  recipeId: id.nullable().describe('The recipe that labeling in it starts from'),
  itemDays: z.number().nullable().describe('Items expire so many days after upload, null for never'),
  revision: z.int(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
});
export type Dataset = z.infer<typeof dataset>;

const itemDays = z.number().positive('must be positive').max(36_500, 'must be at most 36,500').nullable();

/** What a copy does where two datasets have other bytes at one path. */
export const clashRules = ['error', 'first', 'last', 'beside', 'folder'] as const;

const copied = {
  filter: filterSchema.default({}).describe('Only the items that it finds'),
  withMetadata: z.boolean().default(true).describe('Metadata, labels, channel, status and description come along'),
  withAnnotations: z.boolean().default(true),
};

export const datasets = {
  create: operation({
    id: 'datasets.create',
    method: 'POST',
    path: '/v1/datasets',
    summary: 'Creates a dataset in a project.',
    audience: 'developer',
    body: z
      .object({
        project: reference.describe('Id or name of the project'),
        name,
        description: description.default(''),
        metadata: metadata.default({}),
        itemDays: itemDays.default(null),
      })
      .strict(),
    result: dataset,
    status: 201,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  list: operation({
    id: 'datasets.list',
    method: 'GET',
    path: '/v1/datasets',
    summary: 'Lists datasets, newest first: of one project, or of all that the caller can see.',
    audience: 'user',
    query: pageQuery.extend({ project: reference.optional(), name: z.string().optional().describe('Exactly this name') }),
    result: page(dataset),
    errors: ['not_found'],
  }),
  get: operation({
    id: 'datasets.get',
    method: 'GET',
    path: '/v1/datasets/{dataset}',
    summary: 'Gets a dataset by id, or by name where just one visible dataset has it.',
    audience: 'annotator',
    params: z.object({ dataset: reference }),
    query: z.object({ project: reference.optional().describe('Look for the name in this project only') }),
    result: dataset,
    errors: ['not_found', 'conflict'],
  }),
  update: operation({
    id: 'datasets.update',
    method: 'PATCH',
    path: '/v1/datasets/{dataset}',
    summary: 'Changes a dataset; metadata given replaces the old.',
    audience: 'developer',
    params: z.object({ dataset: id }),
    body: z
      .object({ name: name.optional(), description: description.optional(), metadata: metadata.optional(), itemDays: itemDays.optional(), recipeId: id.nullable().optional() })
      .strict(),
    result: dataset,
    errors: ['not_found', 'forbidden', 'conflict', 'revision_conflict'],
  }),
  delete: operation({
    id: 'datasets.delete',
    method: 'DELETE',
    path: '/v1/datasets/{dataset}',
    summary: 'Deletes a dataset with its items; it can be restored for 30 days.',
    audience: 'manager',
    params: z.object({ dataset: id }),
    errors: ['not_found', 'forbidden'],
  }),
  restore: operation({
    id: 'datasets.restore',
    method: 'POST',
    path: '/v1/datasets/{dataset}/restore',
    summary: 'Brings a deleted dataset back.',
    audience: 'manager',
    params: z.object({ dataset: id }),
    result: dataset,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  clone: operation({
    id: 'datasets.clone',
    method: 'POST',
    path: '/v1/datasets/{dataset}/clone',
    summary: 'Copies a dataset, or what a filter finds in it, in the background; no byte is copied. Answers the command to watch, whose subject is the copy.',
    audience: 'developer',
    params: z.object({ dataset: id }),
    body: z
      .object({
        name: name.optional().describe('Of the new dataset; or give `into`'),
        project: reference.optional().describe('Where the new dataset goes; its own project by default'),
        into: id.optional().describe('A dataset that exists, to copy into'),
        folder: itemPath.optional().describe('Put everything below this folder'),
        onConflict: z.enum(clashRules).exclude(['folder']).default('beside').describe('Where a path in `into` holds other bytes: fail, keep the old, take the new, or put the new beside the old'),
        ...copied,
      })
      .strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  merge: operation({
    id: 'datasets.merge',
    method: 'POST',
    path: '/v1/datasets/merge',
    summary: 'Makes one dataset of several, in the background. The same bytes at the same path become one item with the annotations of all.',
    audience: 'developer',
    body: z
      .object({
        name,
        project: reference.optional().describe('Where it goes; the project of the first source by default'),
        description: description.default(''),
        sources: z.array(id).min(1, 'must name at least one dataset').max(100, 'must name at most 100 datasets'),
        onConflict: z
          .enum(clashRules)
          .default('beside')
          .describe('Where paths hold other bytes: fail, keep the first, take the last, put later ones beside with their id in the name, or put each source into a folder of its own'),
        ...copied,
      })
      .strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
};
