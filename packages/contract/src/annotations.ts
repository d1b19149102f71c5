import { z } from 'zod';
import { annotationContent } from './annotation-geometry.ts';
import { operation } from './operation.ts';
import { id, metadata, page, pageQuery, saysSomething, time } from './primitives.ts';
import { command } from './commands.ts';
import { countResult, filterSchema, queryBody } from './query.ts';

export const annotationStatuses = ['issue', 'review', 'approved'] as const;

export const annotation = annotationContent.extend({
  id,
  projectId: id,
  datasetId: id,
  itemId: id,
  status: z.enum(annotationStatuses).nullable(),
  metadata,
  taskId: id.nullable().describe('The task it was made in'),
  draft: z.boolean().describe('Work in progress of that task'),
  revision: z.int(),
  createdBy: z.string(),
  createdAt: time,
  updatedBy: z.string(),
  updatedAt: time,
});
export type Annotation = z.infer<typeof annotation>;

/** What a new annotation says. The id may be made by the client, with {@link newId}. */
export const annotationInput = annotationContent
  .extend({
    id: id.optional(),
    metadata: metadata.optional(),
    status: z.enum(annotationStatuses).nullable().optional(),
  })
  .strict();
export type AnnotationInput = z.input<typeof annotationInput>;

/** What can be changed; what is left out stays. */
export const annotationChange = annotationContent
  .omit({ attributes: true, frame: true, endFrame: true, confidence: true, source: true })
  .extend({
    attributes: annotationContent.shape.attributes.unwrap(),
    frame: annotationContent.shape.frame.unwrap(),
    endFrame: annotationContent.shape.endFrame.unwrap(),
    confidence: annotationContent.shape.confidence.unwrap(),
    source: annotationContent.shape.source.unwrap(),
    keyframes: annotationContent.shape.keyframes.unwrap().nullable(),
    group: z.string().max(200).nullable(),
    zOrder: annotationContent.shape.zOrder.unwrap().nullable(),
    metadata,
    status: z.enum(annotationStatuses).nullable(),
  })
  .partial()
  .strict();
export type AnnotationChange = z.infer<typeof annotationChange>;

/** One edit with an id made by the client: sent twice, it happens once. */
export const annotationOperation = z.discriminatedUnion('kind', [
  z.object({ opId: id, kind: z.literal('create'), annotationId: id, content: annotationInput }).strict(),
  z.object({ opId: id, kind: z.literal('update'), annotationId: id, baseRevision: z.int().min(1), content: annotationChange }).strict(),
  z.object({ opId: id, kind: z.literal('delete'), annotationId: id, baseRevision: z.int().min(1) }).strict(),
]);
export type AnnotationOperation = z.input<typeof annotationOperation>;

export const operationResult = z.object({
  opId: id,
  annotationId: id,
  outcome: z.enum(['applied', 'duplicate', 'conflict', 'invalid']),
  annotation: annotation.nullable().describe('The state after it; with `conflict`, the state that it met'),
  wanted: z.union([annotationInput, annotationChange]).nullable().optional().describe('With `conflict`, what the edit would have written; null for a deletion'),
  message: z.string().optional(),
});
export type OperationResult = z.infer<typeof operationResult>;

const inItem = z.object({ item: id });
const inDataset = z.object({ dataset: id });
const one = z.object({ annotation: id });
const inTask = z.object({ task: id.optional().describe('As part of this task: drafts until it is completed') });

export const annotations = {
  list: operation({
    id: 'annotations.list',
    method: 'GET',
    path: '/v1/items/{item}/annotations',
    summary: 'Lists the annotations of an item, oldest first.',
    audience: 'annotator',
    params: inItem,
    query: pageQuery.extend({ task: id.optional().describe('Those of this task, drafts included') }),
    result: page(annotation),
    errors: ['not_found'],
  }),
  create: operation({
    id: 'annotations.create',
    method: 'POST',
    path: '/v1/items/{item}/annotations',
    summary: 'Adds annotations to an item: all of them, or none when one is not valid.',
    audience: 'annotator',
    scope: 'label',
    params: inItem,
    query: inTask,
    body: z.object({ annotations: z.array(annotationInput).min(1).max(10_000) }).strict(),
    result: z.object({ data: z.array(annotation) }),
    status: 201,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  apply: operation({
    id: 'annotations.apply',
    method: 'POST',
    path: '/v1/items/{item}/operations',
    summary: 'Applies edits with client-made ids, each by itself; one that comes twice changes nothing.',
    description: 'An update or delete of an annotation that somebody else changed meanwhile answers `conflict` with the present state; nothing of it is lost.',
    audience: 'annotator',
    scope: 'label',
    params: inItem,
    query: inTask,
    body: z.object({ operations: z.array(annotationOperation).min(1).max(1_000) }).strict(),
    result: z.object({ data: z.array(operationResult) }),
    errors: ['not_found', 'forbidden'],
  }),
  get: operation({ id: 'annotations.get', method: 'GET', path: '/v1/annotations/{annotation}', summary: 'Gets an annotation.', audience: 'annotator', params: one, result: annotation, errors: ['not_found'] }),
  update: operation({
    id: 'annotations.update',
    method: 'PATCH',
    path: '/v1/annotations/{annotation}',
    summary: 'Changes an annotation; what is left out stays.',
    audience: 'annotator',
    scope: 'label',
    params: one,
    body: annotationChange,
    result: annotation,
    errors: ['not_found', 'forbidden', 'revision_conflict'],
  }),
  delete: operation({ id: 'annotations.delete', method: 'DELETE', path: '/v1/annotations/{annotation}', summary: 'Deletes an annotation.', audience: 'annotator', scope: 'label', params: one, errors: ['not_found', 'forbidden', 'revision_conflict'] }),
  revisions: operation({
    id: 'annotations.revisions',
    method: 'GET',
    path: '/v1/annotations/{annotation}/revisions',
    summary: 'Lists the earlier states of an annotation, newest first.',
    audience: 'annotator',
    params: one,
    query: pageQuery,
    result: page(z.object({ revision: z.int(), content: annotation, changedBy: z.string(), changedAt: time })),
    errors: ['not_found'],
  }),
  restore: operation({
    id: 'annotations.restore',
    method: 'POST',
    path: '/v1/annotations/{annotation}/restore',
    summary: 'Gives an annotation, also a deleted one, the state of an earlier revision.',
    audience: 'annotator',
    scope: 'label',
    params: one,
    body: z.object({ revision: z.int().min(1).optional().describe('Default: the last one') }).strict(),
    result: annotation,
    errors: ['not_found', 'forbidden'],
  }),
  query: operation({
    id: 'annotations.query',
    method: 'POST',
    path: '/v1/datasets/{dataset}/annotations/query',
    summary: 'Finds annotations of a dataset by the query language.',
    audience: 'annotator',
    scope: 'read',
    params: inDataset,
    body: queryBody,
    result: page(annotation.partial()),
    errors: ['not_found'],
  }),
  count: operation({
    id: 'annotations.count',
    method: 'POST',
    path: '/v1/datasets/{dataset}/annotations/count',
    summary: 'Counts the annotations that a filter finds.',
    audience: 'annotator',
    scope: 'read',
    params: inDataset,
    body: z.object({ filter: filterSchema.default({}) }).strict(),
    result: countResult,
    errors: ['not_found'],
  }),
  updateMany: operation({
    id: 'annotations.updateMany',
    method: 'POST',
    path: '/v1/datasets/{dataset}/annotations/update',
    summary: 'Changes every annotation that a filter finds, in the background.',
    audience: 'developer',
    scope: 'label',
    params: inDataset,
    body: z.object({ filter: filterSchema, change: annotationChange.pick({ label: true, attributes: true, status: true, metadata: true }).strict().refine(saysSomething, 'must say what changes') }).strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden'],
  }),
  deleteMany: operation({
    id: 'annotations.deleteMany',
    method: 'POST',
    path: '/v1/datasets/{dataset}/annotations/delete',
    summary: 'Deletes every annotation that a filter finds, in the background.',
    audience: 'developer',
    scope: 'label',
    params: inDataset,
    body: z.object({ filter: filterSchema }).strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden'],
  }),
  import: operation({
    id: 'annotations.import',
    method: 'POST',
    path: '/v1/datasets/{dataset}/annotations/import',
    summary: 'Adds many annotations from a stream of lines, each an annotation with the `itemId` or `path` of its item.',
    audience: 'developer',
    scope: 'label',
    params: inDataset,
    body: 'ndjson',
    result: z.object({ imported: z.int(), failed: z.int(), errors: z.array(z.object({ line: z.int(), message: z.string() })).describe('The first hundred') }),
    errors: ['not_found', 'forbidden', 'upload_incomplete'],
  }),
};
