import { z } from 'zod';
import { operation } from './operation.ts';
import { description, id, metadata, name, page, pageQuery, time } from './primitives.ts';
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
};
