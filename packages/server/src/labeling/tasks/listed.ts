import sql, { type Sql } from 'sql-template-tag';
import type { StoredTask, TaskRow } from './store.ts';

/** What lists of doors show of a task; the work in progress is not read for them. */
export type ListedTask = Omit<
  StoredTask,
  'datasetId' | 'assignmentId' | 'attachment' | 'recipeId' | 'recipeVersion' | 'claimedBy' | 'leaseToken' | 'leaseUntil' | 'itemStatus' | 'submittedBy' | 'submittedAt' | 'secondsSpent' | 'rounds' | 'flag' | 'origin' | 'externalId' | 'revision' | 'createdBy' | 'honeypot'
>;

export const listedColumns: Sql = sql`t.id, t.org_id, t.project_id, t.batch_id, t.item_id, t.type, t.status, t.instruction, t.params, t.priority, t.unique_id, t.tags, t.metadata, t.callback_url,
  t.response, t.review_status, t.review_comments, t.error, t.created_at, t.updated_at, t.completed_at, t.test, t.callback_succeeded, t.audits, t.prior_responses, t.extra`;

export function toListedTask(row: TaskRow): ListedTask {
  return {
    id: row.id,
    orgId: row.org_id,
    projectId: row.project_id,
    batchId: row.batch_id,
    itemId: row.item_id,
    type: row.type,
    status: row.status,
    instruction: row.instruction,
    params: row.params,
    priority: row.priority,
    uniqueId: row.unique_id,
    tags: row.tags,
    metadata: row.metadata,
    callbackUrl: row.callback_url,
    response: row.response,
    reviewStatus: row.review_status,
    reviewComments: row.review_comments,
    error: row.error,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    completedAt: row.completed_at?.toISOString() ?? null,
    test: row.test,
    callbackSucceeded: row.callback_succeeded,
    audits: row.audits,
    priorResponses: row.prior_responses,
    extra: row.extra,
  };
}
