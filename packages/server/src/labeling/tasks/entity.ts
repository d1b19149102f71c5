import sql from 'sql-template-tag';
import { itemEntity } from '../../catalog/items/entity.ts';
import { column, type Entity } from '../../catalog/query/entity.ts';
import { batchEntity } from '../batches/entity.ts';

export const taskStatuses = ['pending', 'claimed', 'submitted', 'completed', 'cancelled', 'error'] as const;
export const reviewStatuses = ['pending', 'accepted', 'rejected', 'fixed', 'commented'] as const;

/** Tasks, as filters can ask for them; also what an item can be asked to have. */
export const taskEntity: Entity = {
  name: 'tasks',
  table: sql`tasks`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id', { required: true }),
    projectId: column((t) => sql`${t}.project_id`, 'id', { required: true }),
    batchId: column((t) => sql`${t}.batch_id`, 'id'),
    datasetId: column((t) => sql`${t}.dataset_id`, 'id'),
    itemId: column((t) => sql`${t}.item_id`, 'id'),
    assignmentId: column((t) => sql`${t}.assignment_id`, 'id'),
    type: column((t) => sql`${t}.type`, 'text', { required: true }),
    status: column((t) => sql`${t}.status`, 'enum', { values: taskStatuses, required: true }),
    reviewStatus: column((t) => sql`${t}.review_status`, 'enum', { values: reviewStatuses }),
    itemStatus: column((t) => sql`${t}.item_status`, 'text'),
    priority: column((t) => sql`${t}.priority`, 'number', { numberAs: 'whole', required: true }),
    uniqueId: column((t) => sql`${t}.unique_id`, 'text'),
    tags: column((t) => sql`coalesce(${t}.tags, '{}')`, 'texts', { required: true }),
    claimedBy: column((t) => sql`${t}.claimed_by`, 'text'),
    submittedBy: column((t) => sql`${t}.submitted_by`, 'text'),
    submittedAt: column((t) => sql`${t}.submitted_at`, 'time'),
    createdBy: column((t) => sql`${t}.created_by`, 'text', { required: true }),
    createdAt: column((t) => sql`${t}.created_at`, 'time', { required: true }),
    updatedAt: column((t) => sql`${t}.updated_at`, 'time', { required: true }),
    completedAt: column((t) => sql`${t}.completed_at`, 'time'),
    origin: column((t) => sql`${t}.origin`, 'text'),
    externalId: column((t) => sql`${t}.external_id`, 'text'),
  },
  json: {
    metadata: (t) => sql`${t}.metadata`,
    params: (t) => sql`${t}.params`,
    extra: (t) => sql`coalesce(${t}.extra, '{}'::jsonb)`,
  },
  alive: (t) => sql`${t}.deleted_at is null`,
  having: {
    items: { entity: () => itemEntity, on: (t, other) => sql`${other}.id = ${t}.item_id` },
    batches: { entity: () => batchEntity, on: (t, other) => sql`${other}.id = ${t}.batch_id` },
  },
};
