import { toObjectId, type Task } from '@fovea/contract';
import type { Queryable } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ListedTask } from '../../labeling/tasks/listed.ts';
import type { ScaleDeps } from './context.ts';
import type { Links } from './links.ts';
import { nameOf } from './projects.ts';
import { showResponse } from './response/response.ts';
import { madeUpWork } from '../../labeling/task-types/made-up.ts';
import { attachmentsOf, familyOf } from '../../labeling/task-types/params.ts';
import type { Json } from '../../labeling/task-types/work.ts';

/** What the door keeps on a task. */
export interface TaskFacts {
  urgency?: string;
  /** Version of the project's parameters that it was made under. */
  paramVersion?: number;
  /** Its project was named by the caller. */
  inProject?: boolean;
  clearUniqueIdOnError?: boolean;
  /** Items of its attachments, in their order; null for those that are no files. */
  items?: (string | null)[];
  /** What was wrong with its pre-labels. */
  hypothesis?: string;
  quality?: { kind: 'evaluation' | 'training'; expected_response: unknown; initial_response?: unknown; batch?: string };
}

export function taskFacts(task: Pick<ListedTask, 'extra'>): TaskFacts {
  return (task.extra as TaskFacts | null) ?? {};
}

/** What a task is shown with: names of projects and batches, and sides of the pages of documents, all by id. */
export interface Names {
  projects: ReadonlyMap<string, string>;
  batches: ReadonlyMap<string, string>;
  pages: ReadonlyMap<string, Page>;
}

interface Page {
  width: number;
  height: number;
}

const statuses: Readonly<Record<Task['status'], string>> = {
  pending: 'pending',
  claimed: 'pending',
  submitted: 'pending',
  completed: 'completed',
  cancelled: 'canceled',
  error: 'error',
};

/** Looks the names up that the tasks need. */
export async function namesFor({ rooms }: Pick<ScaleDeps, 'rooms'>, caller: Caller, tasks: readonly ListedTask[], on?: Queryable): Promise<Names> {
  const projectIds = [...new Set(tasks.filter((task) => taskFacts(task).inProject).map((task) => task.projectId))];
  const batchIds = [...new Set(tasks.flatMap((task) => task.batchId ?? []))];
  const projects = projectIds.length === 0 ? [] : await rooms.projects.find(caller, { ids: projectIds }, on);
  const batches = batchIds.length === 0 ? [] : await rooms.batches.findAlone(caller, { ids: batchIds }, { limit: batchIds.length }, on);
  const pages = await pagesFor({ rooms }, tasks);
  return { projects: new Map(projects.map((project) => [project.id, nameOf(project)])), batches: new Map(batches.map((batch) => [batch.id, batch.name])), pages };
}

/** The sides of the files of those tasks that are about documents. */
export async function pagesFor({ rooms }: Pick<ScaleDeps, 'rooms'>, tasks: readonly ListedTask[]): Promise<Names['pages']> {
  const ids = tasks.flatMap((task) => (isDocument(task) ? (taskFacts(task).items ?? []).flatMap((id) => id ?? []) : []));
  const items = await rooms.items.named([...new Set(ids)]);
  return new Map(items.flatMap(({ id, width, height }) => (width === null || height === null ? [] : [[id, { width, height }]])));
}

const isDocument = (task: ListedTask): boolean => familyOf(task.type) === 'document';

/** The pages of a document in the order of its attachments, once the sides of all are known; made up where the response is. */
function documentPages(task: ListedTask, pages: Names['pages']): { document_pages?: Page[] } {
  if (!isDocument(task)) return {};
  if (task.test) {
    const { width, height } = madeUpWork(task).media;
    return { document_pages: attachmentsOf(task.type, task.params).map(() => ({ width, height })) };
  }
  const found = (taskFacts(task).items ?? []).map((id) => (id === null ? undefined : pages.get(id)));
  const known = found.flatMap((page) => page ?? []);
  return known.length > 0 && known.length === found.length ? { document_pages: known } : {};
}

/** The review as the customer sees it: nothing before completion, then `pending` until somebody judged. */
function reviewOf(task: ListedTask): Json {
  if (task.status !== 'completed') return {};
  return {
    customer_review_status: task.reviewStatus ?? 'pending',
    ...(task.reviewComments.length > 0 ? { customer_review_comments: task.reviewComments } : {}),
    ...(task.priorResponses.length > 0 ? { prior_responses: task.priorResponses } : {}),
    ...(task.audits.length > 0 ? { audits: task.audits.map((audit) => ({ audit_time_secs: null, ...(audit as Json) })) } : {}),
  };
}

/** The response once there is one: of a person, or what went wrong with the attachments. */
export function responseOf(task: ListedTask, links: Links): Json | undefined {
  if (task.status === 'error') return task.error ?? undefined;
  if (task.status !== 'completed') return undefined;
  return showResponse(task, (file) => links.response(task, task.id, file)) ?? {};
}

/** A task as the wire has it. Keys that do not apply are absent, which clients tell from null. */
export function showTask(task: ListedTask, names: Names, links: Links, options: { withAttachmentUrl?: boolean } = {}): Json {
  const facts = taskFacts(task);
  const response = responseOf(task, links);
  const project = facts.inProject ? names.projects.get(task.projectId) : undefined;
  const batch = task.batchId === null ? undefined : names.batches.get(task.batchId);
  return {
    task_id: toObjectId(task.id),
    type: task.type,
    status: statuses[task.status],
    instruction: task.instruction,
    params: task.params,
    metadata: task.metadata,
    callback_url: task.callbackUrl ?? '',
    created_at: task.createdAt,
    updated_at: task.updatedAt,
    ...(task.completedAt !== null && task.status === 'completed' ? { completed_at: task.completedAt } : {}),
    is_test: task.test,
    urgency: facts.urgency ?? 'standard',
    priority: task.priority,
    work_started: task.status !== 'pending' && task.status !== 'cancelled' && task.status !== 'error',
    processed_attachments: [],
    ...documentPages(task, names.pages),
    ...(project === undefined ? {} : { project }),
    ...(batch === undefined ? {} : { batch }),
    ...(facts.paramVersion === undefined ? {} : { project_param_version: facts.paramVersion }),
    ...(facts.hypothesis === undefined ? {} : { hypothesis_error: facts.hypothesis }),
    ...(task.uniqueId === null ? {} : { unique_id: task.uniqueId }),
    ...(task.tags === null ? {} : { tags: task.tags }),
    ...(response === undefined ? {} : { response }),
    ...(task.callbackSucceeded === null ? {} : { callback_succeeded: task.callbackSucceeded }),
    ...reviewOf(task),
    ...(options.withAttachmentUrl && task.itemId !== null ? { attachment_url: links.item(task, task.itemId) } : {}),
  };
}

/** What `limited_response` leaves of a task. */
export function limited(task: Json): Json {
  const { task_id, status, metadata, project } = task;
  return { task_id, status, metadata, ...(project === undefined ? {} : { project }), otherVersion: null };
}
