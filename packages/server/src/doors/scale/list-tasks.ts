import { createHash } from 'node:crypto';
import type { Filter, Task } from '@fovea/contract';
import type { Caller } from '../../identity/caller.ts';
import { origin, type ScaleDeps } from './context.ts';
import { badParameter } from './errors.ts';
import type { Links } from './links.ts';
import { nameOf, type ScaleProjects } from './projects.ts';
import type { Json } from '../../labeling/task-types/work.ts';
import { limited, pagesFor, showTask, type Names } from './show-task.ts';
import { readTime } from './times.ts';
import { every, flag, pageLimit, single, wholeNumber } from './wire.ts';

type Query = Record<string, unknown>;

const statusesOf: Readonly<Record<string, readonly Task['status'][]>> = {
  pending: ['pending', 'claimed', 'submitted'],
  completed: ['completed'],
  canceled: ['cancelled'],
  error: ['error'],
};

/** Of completed tasks, which alone have a review for the customer; none yet is `pending`. */
const reviewFilters: Readonly<Record<string, readonly Filter[]>> = {
  pending: [{ reviewStatus: 'pending' }, { reviewStatus: null }],
  fixed: [{ reviewStatus: 'fixed' }],
  accepted: [{ reviewStatus: 'accepted' }],
  rejected: [{ reviewStatus: 'rejected' }],
  commented: [{ reviewStatus: 'commented' }],
};

const times: readonly [key: string, field: string, operator: 'gte' | 'lte'][] = [
  ['start_time', 'createdAt', 'gte'],
  ['end_time', 'createdAt', 'lte'],
  ['completed_after', 'completedAt', 'gte'],
  ['completed_before', 'completedAt', 'lte'],
  ['updated_after', 'updatedAt', 'gte'],
  ['updated_before', 'updatedAt', 'lte'],
];

/** Clocks of the platform's machines differ by less. */
const clocksMs = 3_600_000;

function timesOf(query: Query): Filter[] {
  return times.flatMap(([key, field, operator]) => {
    const given = single(query, key);
    return given === undefined ? [] : [{ [field]: { [operator]: readTime(key, given) } }];
  });
}

/** What was completed or changed by a time was made by then: with that said too, a page is looked for from there on, and not from the newest. */
function beginOf(query: Query): Filter[] {
  return ['completed_before', 'updated_before'].flatMap((key) => {
    const given = single(query, key);
    return given === undefined ? [] : [{ createdAt: { lte: new Date(Date.parse(readTime(key, given)) + clocksMs).toISOString() } }];
  });
}

/** What a list asks for. */
interface Wanted {
  filter: Filter;
  statuses: readonly Task['status'][] | undefined;
}

/** Conditions of a list of tasks; undefined where a name in it names nothing, so that nothing can match. */
async function wantedOf({ rooms }: ScaleDeps, projects: ScaleProjects, caller: Caller, query: Query): Promise<Wanted | undefined> {
  const all = timesOf(query);
  const status = single(query, 'status');
  let statuses = status === undefined ? undefined : known(statusesOf, 'status', status);
  if (single(query, 'completed_after') ?? single(query, 'completed_before')) statuses = completedOf(statuses);
  const type = single(query, 'type');
  if (type !== undefined) all.push({ type });
  const reviews = every(query, 'customer_review_status').flatMap((text) => text.split(',')).filter((text) => text !== '');
  if (reviews.length > 0) {
    all.push({ or: reviews.flatMap((review) => known(reviewFilters, 'customer_review_status', review)) });
    statuses = completedOf(statuses);
  }
  const uniqueIds = every(query, 'unique_id');
  // A few are looked up one by one in the index; a long list is one comparison.
  if (uniqueIds.length > 0) all.push(uniqueIds.length <= 20 ? { or: uniqueIds.map((uniqueId) => ({ uniqueId })) } : { uniqueId: { in: uniqueIds } });
  const tags = every(query, 'tags');
  if (tags.length > 0) all.push({ tags: { in: tags } });
  const project = single(query, 'project');
  if (project !== undefined) {
    const found = await projects.find(caller, project);
    if (!found) return undefined;
    all.push({ projectId: found.id });
  }
  const batch = single(query, 'batch');
  if (batch !== undefined) {
    const [found] = await rooms.batches.findAlone(caller, { origin, externalId: batch }, { limit: 1 });
    if (!found) return undefined;
    all.push({ batchId: found.id });
  }
  return statuses?.length === 0 ? undefined : { filter: all.length === 0 ? {} : { and: all }, statuses };
}

/** What remains of states where only completed tasks can match. */
function completedOf(statuses: Wanted['statuses']): Wanted['statuses'] {
  return (statuses ?? ['completed']).filter((status) => status === 'completed');
}

function known<T>(values: Readonly<Record<string, T>>, key: string, name: string): T {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) throw badParameter(key, `must be one of ${Object.keys(values).join(', ')}`);
  return value;
}

/** Where a list goes on: after this task. The total was counted for the first page and holds as long as the filters stay the same: later pages cost the page. */
interface Token {
  createdAt: string;
  id: string;
  total: number;
  filters: string;
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readToken(text: string | undefined): Token | undefined {
  if (text === undefined) return undefined;
  try {
    const [createdAt, id, total, filters] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    const isPlace = typeof createdAt === 'string' && moment.test(createdAt) && !Number.isNaN(Date.parse(createdAt)) && typeof id === 'string' && uuid.test(id);
    if (isPlace && Number.isSafeInteger(total) && Number(total) >= 0) return { createdAt, id, total: Number(total), filters: String(filters) };
  } catch {
    // Told below, like every other text that is no token.
  }
  throw badParameter('next_token', 'is not a token that this server made');
}

function writeToken({ createdAt, id, total, filters }: Token): string {
  return Buffer.from(JSON.stringify([createdAt, id, total, filters])).toString('base64url');
}

/** What comes after a place, newest first: a stretch of the index, but for those of the same millisecond. */
function afterPlace({ createdAt, id }: Token): Filter[] {
  return [{ createdAt: { lte: createdAt } }, { or: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }] }];
}

const digestOf = ({ filter, statuses }: Wanted): string => createHash('sha256').update(JSON.stringify([filter, statuses])).digest('base64url').slice(0, 10);

/** A page of tasks over the whole account, newest first. */
export async function listTasks(deps: ScaleDeps, projects: ScaleProjects, links: Links, caller: Caller, query: Query): Promise<Json> {
  const limit = pageLimit(query);
  const token = readToken(single(query, 'next_token'));
  const offset = token ? 0 : (wholeNumber(query, 'offset', 0) ?? 0);
  const wanted = await wantedOf(deps, projects, caller, query);
  if (!wanted) return { docs: [], total: 0, limit, offset, has_more: false };
  const { tasks } = deps.rooms;
  const { filter, statuses } = wanted;
  const filters = digestOf(wanted);
  const place = [...beginOf(query), ...(token ? afterPlace(token) : [])];
  const within: Filter = place.length === 0 ? filter : { and: [filter, ...place] };
  const [page, total] = await Promise.all([
    tasks.find(caller, { origin, filter: within, statuses, limit, offset }),
    token?.filters === filters ? token.total : tasks.count(caller, { origin, filter, statuses }),
  ]);
  const names: Names = {
    projects: new Map(page.data.map((task) => [task.projectId, nameOf(task.project)])),
    batches: new Map(page.data.flatMap(({ batchId, batchName }) => (batchId === null || batchName === null ? [] : [[batchId, batchName]]))),
    pages: await pagesFor(deps, page.data),
  };
  const withAttachmentUrl = flag(query, 'include_attachment_url');
  const shown = page.data.map((task) => showTask(task, names, links, { withAttachmentUrl }));
  const last = page.next === null ? undefined : page.data.at(-1);
  return {
    docs: flag(query, 'limited_response') ? shown.map(limited) : shown,
    total,
    limit,
    offset,
    has_more: last !== undefined,
    ...(last ? { next_token: writeToken({ createdAt: last.createdAt, id: last.id, total, filters }) } : {}),
  };
}
