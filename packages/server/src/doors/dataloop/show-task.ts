import type { ItemStatusCounts } from '../../labeling/batches/assignment-store.ts';
import type { ProjectAssignment } from '../../labeling/batches/assignments.ts';
import type { StoredBatch } from '../../labeling/batches/store.ts';
import { toWireId } from './ids.ts';
import { asJson, type Json } from './json.ts';

/** What the door keeps on a batch, under `dataloop`: what was sent and has no word of ours. */
export interface TaskNotes {
  taskOwner?: string;
  spec?: Json;
  query?: string;
  dueDate?: number;
  metadata?: Json;
  availableActions?: Json[];
  description?: unknown;
  /** What was set on assignments, by our id. */
  assignments?: Record<string, { name?: string; metadata?: Json }>;
}

export function taskNotes(batch: Pick<StoredBatch, 'extra'>): TaskNotes {
  return (asJson(asJson(batch.extra)?.['dataloop']) as TaskNotes | undefined) ?? {};
}

export function withTaskNotes(extra: unknown, notes: TaskNotes): Json {
  return { ...asJson(extra), dataloop: notes };
}

const statuses: Record<StoredBatch['status'], string> = { staging: 'open', in_progress: 'open', completed: 'completed', cancelled: 'canceled' };
const discard = { action: 'discard', displayName: 'Discard', color: '#FF3B30' };
const defaultActions: Record<string, Json[]> = {
  annotation: [{ action: 'completed', displayName: 'Completed', color: '#3452FF' }, discard],
  qa: [{ action: 'approved', displayName: 'Approved', color: '#25BC6D' }, discard],
};

export function specOf(batch: StoredBatch): Json {
  return taskNotes(batch).spec ?? { type: batch.kind === 'review' ? 'qa' : 'annotation' };
}

export function actionsOf(batch: StoredBatch): Json[] {
  return taskNotes(batch).availableActions ?? defaultActions[String(specOf(batch)['type'])] ?? [];
}

/** A batch as a task of the wire, with how its items were left and who has a share of it. */
export function showTask(url: (path: string) => string, batch: StoredBatch, assignments: readonly ProjectAssignment[], counts: readonly ItemStatusCounts[]): Json {
  const id = toWireId(batch.id);
  const notes = taskNotes(batch);
  const left = leftOf(counts);
  const spec = specOf(batch);
  return {
    id,
    url: url(`/annotationtasks/${id}`),
    name: batch.name,
    status: statuses[batch.status],
    projectId: batch.projectId,
    datasetId: batch.datasetId === null ? null : toWireId(batch.datasetId),
    recipeId: batch.recipeId === null ? null : toWireId(batch.recipeId),
    taskOwner: notes.taskOwner ?? batch.createdBy,
    creator: batch.createdBy,
    dueDate: notes.dueDate !== undefined && new Date(notes.dueDate).toISOString() === batch.dueAt ? notes.dueDate : batch.dueAt === null ? (notes.dueDate ?? 0) : Date.parse(batch.dueAt),
    spec,
    query: notes.query ?? JSON.stringify({ filter: {}, resource: 'items' }),
    assignmentIds: assignments.map((assignment) => toWireId(assignment.id)),
    annotationStatus: {},
    ...left,
    forReview: batch.counts.submitted,
    issues: 0,
    priority: batch.priority,
    hasParent: typeof spec['parentTaskId'] === 'string',
    description: notes.description ?? null,
    availableActions: actionsOf(batch),
    metadata: { ...notes.metadata, system: { ...asJson(notes.metadata?.['system']) } },
    createdAt: batch.createdAt,
    updatedAt: batch.updatedAt,
  };
}

export function showAssignment(url: (path: string) => string, batch: StoredBatch, assignment: ProjectAssignment, counts: readonly ItemStatusCounts[]): Json {
  const id = toWireId(assignment.id);
  const set = taskNotes(batch).assignments?.[assignment.id];
  const left = leftOf(counts.filter((count) => count.assignmentId === assignment.id));
  return {
    id,
    url: url(`/assignments/${id}`),
    name: set?.name ?? `${batch.name} (${assignment.email})`,
    annotator: assignment.email,
    status: left.totalItems > 0 && left.totalItems === left.progress['done'] ? 'completed' : 'open',
    projectId: batch.projectId,
    taskId: toWireId(batch.id),
    metadata: { ...set?.metadata, system: { ...asJson(set?.metadata?.['system']), taskId: toWireId(batch.id), datasetId: batch.datasetId === null ? null : toWireId(batch.datasetId) } },
    load: assignment.load,
    annotationStatus: {},
    ...left,
    forReview: 0,
    issues: 0,
    createdAt: assignment.createdAt,
    updatedAt: batch.updatedAt,
    updatedBy: batch.createdBy,
  };
}

/** How many items there are, and how many were left with each status. */
function leftOf(counts: readonly ItemStatusCounts[]): { itemStatus: Record<string, number>; totalItems: number; progress: Record<string, number> } {
  const itemStatus: Record<string, number> = {};
  let totalItems = 0;
  let done = 0;
  for (const { status, items } of counts) {
    totalItems += items;
    if (status === null) continue;
    done += items;
    itemStatus[status] = (itemStatus[status] ?? 0) + items;
  }
  return { itemStatus, totalItems, progress: { done, total: totalItems, percent: totalItems === 0 ? 0 : Math.floor((100 * done) / totalItems) } };
}
