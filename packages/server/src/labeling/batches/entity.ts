import { batchStatuses } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import { column, type Entity } from '../../catalog/query/entity.ts';
import { taskEntity } from '../tasks/entity.ts';

/** Batches, as filters can ask for them. */
export const batchEntity: Entity = {
  name: 'batches',
  table: sql`batches`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id', { required: true }),
    datasetId: column((t) => sql`${t}.dataset_id`, 'id'),
    recipeId: column((t) => sql`${t}.recipe_id`, 'id'),
    name: column((t) => sql`${t}.name`, 'text', { required: true }),
    kind: column((t) => sql`${t}.kind`, 'enum', { values: ['annotation', 'review'], required: true }),
    status: column((t) => sql`${t}.status`, 'enum', { values: batchStatuses, required: true }),
    priority: column((t) => sql`${t}.priority`, 'number', { numberAs: 'whole', required: true }),
    dueAt: column((t) => sql`${t}.due_at`, 'time'),
    revision: column((t) => sql`${t}.revision`, 'number', { numberAs: 'whole', required: true }),
    createdBy: column((t) => sql`${t}.created_by`, 'text', { required: true }),
    createdAt: column((t) => sql`${t}.created_at`, 'time', { required: true }),
    updatedAt: column((t) => sql`${t}.updated_at`, 'time', { required: true }),
    completedAt: column((t) => sql`${t}.completed_at`, 'time'),
  },
  json: {
    metadata: (t) => sql`${t}.metadata`,
    settings: (t) => sql`${t}.settings`,
  },
  alive: (t) => sql`${t}.deleted_at is null`,
  having: {
    tasks: { entity: () => taskEntity, on: (t, other) => sql`${other}.batch_id = ${t}.id` },
  },
};

/** That a batch has a task for an item. */
export const batchHoldsItem = (batch: Sql, item: Sql): Sql => sql`${batch}.id in (select w.batch_id from tasks w where w.item_id = ${item}.id and w.deleted_at is null)`;
