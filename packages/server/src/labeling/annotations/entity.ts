import { annotationStatuses, annotationTypes } from '@fovea/contract';
import sql from 'sql-template-tag';
import { itemEntity } from '../../catalog/items/entity.ts';
import { column, type Entity } from '../../catalog/query/entity.ts';

/** Annotations, as filters can ask for them. Drafts of tasks are not among them. */
export const annotationEntity: Entity = {
  name: 'annotations',
  table: sql`annotations`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id', { required: true }),
    itemId: column((t) => sql`${t}.item_id`, 'id', { required: true }),
    type: column((t) => sql`${t}.type`, 'enum', { values: annotationTypes, required: true }),
    label: column((t) => sql`${t}.label`, 'text', { required: true }),
    frame: column((t) => sql`${t}.frame`, 'number', { numberAs: 'whole' }),
    endFrame: column((t) => sql`${t}.end_frame`, 'number', { numberAs: 'whole' }),
    confidence: column((t) => sql`${t}.confidence`, 'number', { numberAs: 'single' }),
    source: column((t) => sql`${t}.source`, 'enum', { values: ['human', 'model', 'import'], required: true }),
    group: column((t) => sql`${t}.group_key`, 'text'),
    zOrder: column((t) => sql`${t}.z_order`, 'number'),
    status: column((t) => sql`${t}.status`, 'enum', { values: annotationStatuses }),
    taskId: column((t) => sql`${t}.task_id`, 'id'),
    origin: column((t) => sql`${t}.origin`, 'text'),
    externalId: column((t) => sql`${t}.external_id`, 'text'),
    revision: column((t) => sql`${t}.revision`, 'number', { numberAs: 'whole', required: true }),
    createdBy: column((t) => sql`${t}.created_by`, 'text', { required: true }),
    createdAt: column((t) => sql`${t}.created_at`, 'time', { required: true }),
    updatedBy: column((t) => sql`${t}.updated_by`, 'text', { required: true }),
    updatedAt: column((t) => sql`${t}.updated_at`, 'time', { required: true }),
  },
  json: {
    attributes: (t) => sql`${t}.attributes`,
    metadata: (t) => sql`${t}.metadata`,
    geometry: (t) => sql`${t}.geometry`,
    extra: (t) => sql`coalesce(${t}.extra, '{}'::jsonb)`,
  },
  alive: (t) => sql`${t}.deleted_at is null and not ${t}.draft`,
  having: {
    items: { entity: () => itemEntity, on: (t, other) => sql`${other}.id = ${t}.item_id` },
  },
};
