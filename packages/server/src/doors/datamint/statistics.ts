import { Fault } from '../../fault.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, remove, textOf, type Call, type DoorRoute } from './answer.ts';
import { annotationNotes } from './annotation.ts';
import { batchNotes, collectionOf, itemsOf, needBatch, type Collection } from './collections.ts';
import type { DatamintDeps } from './context.ts';
import { setWorkStatus } from './membership.ts';
import { dayOf } from './resource-query.ts';
import { notesOf } from './resource.ts';
import { toXlsx } from './spreadsheet.ts';
import { byEmail } from './users.ts';

type Row = Record<string, unknown>;

/** How far the work on a project or worklist is, and its annotations as a table. */
export function statisticRoutes(deps: DatamintDeps): DoorRoute[] {
  return ['/projects', '/annotationsets'].flatMap((root) => routesOf(deps, root));
}

function routesOf(deps: DatamintDeps, root: string): DoorRoute[] {
  const need = (call: Call) => collectionOf(deps, call.caller, call.params['id']);
  return [
    get(`${root}/:id/annotation-statuses`, async (call) => statuses(deps, call, await need(call))),
    get(`${root}/:id/annotators-statistic`, async (call) => annotators(deps, call.caller, await need(call), textOf(call.query['email']))),
    get(`${root}/:id/annotations-statistic`, async (call) => {
      const counts: Record<string, number> = {};
      for await (const { annotations } of annotated(deps, call.caller, await need(call))) {
        for (const annotation of annotations) counts[annotationNotes(annotation).type] = (counts[annotationNotes(annotation).type] ?? 0) + 1;
      }
      return { total: Object.values(counts).reduce((sum, n) => sum + n, 0), by_type: counts };
    }),
    get(`${root}/:id/files-matrix-statistic`, async (call) => ({ data: await statuses(deps, call, await need(call)) })),
    get(`${root}/:id/reviewmessages`, async (call) => {
      await need(call);
      return [];
    }),
    get(`${root}/:id/models`, async (call) => {
      await need(call);
      return [];
    }),
    get(root === '/projects' ? `${root}/:id/users/:email/status` : `${root}/:id/users/:email`, async (call) => {
      const [found] = await annotators(deps, call.caller, await need(call), call.params['email']);
      return found ?? { email: call.params['email'], annotated: 0, annotations: 0 };
    }),
    remove(`${root}/:id/resources/:resource/annotator/:email/status-reset`, async (call) => {
      await setWorkStatus(deps, call.caller, await need(call), call.params['resource'] ?? '', 'opened');
      return {};
    }),
    get(`${root}/:id/download-annotations`, async (call) => sendTable(deps, call, await need(call))),
  ];
}

/** The items of a collection with their annotations. */
async function* annotated(deps: DatamintDeps, caller: Caller, collection: Collection) {
  for await (const items of itemsOf(deps, caller, collection)) {
    const of = Map.groupBy(await deps.rooms.annotations.shownOfItems(caller, collection.projectId, items.map(({ id }) => id)), ({ itemId }) => itemId);
    for (const item of items) yield { item, annotations: of.get(item.id) ?? ([] as StoredAnnotation[]) };
  }
}

async function statuses(deps: DatamintDeps, { caller, query }: Call, collection: Collection): Promise<Row[]> {
  const batch = needBatch(collection);
  const rows: Row[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await deps.rooms.tasks.query(caller, batch.projectId, { filter: { batchId: batch.id }, limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
    rows.push(...page.data.map((task) => ({ resource_id: task.itemId, annotator: task.submittedBy ?? null, status: task.itemStatus ?? 'opened', updated_at: task.updatedAt })));
    if (page.next === null) break;
    cursor = page.next;
  }
  const [status, resource, user] = [textOf(query['status']), textOf(query['resource_id']), textOf(query['user_id'])];
  const annotator = user === undefined ? undefined : (await byEmail(deps, caller, user))['email'];
  const wanted = { status, resource_id: resource, annotator };
  return rows.filter((row) => Object.entries(wanted).every(([key, value]) => value === undefined || row[key] === value));
}

async function annotators(deps: DatamintDeps, caller: Caller, collection: Collection, email: string | undefined): Promise<Row[]> {
  const assigned = collection.batch ? batchNotes(collection.batch).annotators.map((annotator) => String(annotator['email'])) : [];
  const counts = new Map(assigned.map((who) => [who, { annotations: 0, items: new Set<string>() }]));
  for await (const { item, annotations } of annotated(deps, caller, collection)) {
    for (const { createdBy } of annotations) {
      const count = counts.get(createdBy) ?? { annotations: 0, items: new Set<string>() };
      count.annotations += 1;
      count.items.add(item.id);
      counts.set(createdBy, count);
    }
  }
  const rows = [...counts].map(([who, { annotations, items }]) => ({ email: who, annotated: items.size, annotations }));
  return email === undefined ? rows : rows.filter((row) => row.email === email);
}

const columns = ['resource_id', 'filename', 'annotation_id', 'type', 'identifier', 'scope', 'frame_index', 'value', 'created_by', 'created_at'] as const;

const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** The annotations as CSV (RFC 4180), or as a workbook. */
async function sendTable(deps: DatamintDeps, { caller, query, reply }: Call, collection: Collection): Promise<void> {
  const format = textOf(query['format']) ?? 'csv';
  if (!['csv', 'xlsx', 'excel'].includes(format)) throw new Fault('invalid_request', 'format must be csv or xlsx.');
  const rows = [columns, ...(await rowsOf(deps, caller, collection, query))];
  const csv = format === 'csv';
  const body = csv ? `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n` : Buffer.from(toXlsx('Annotations', rows));
  const headers = { 'content-type': csv ? 'text/csv; charset=utf-8' : xlsxType, 'content-disposition': `attachment; filename="annotations.${csv ? 'csv' : 'xlsx'}"` };
  void reply.headers(headers).send(body);
}

/** A row for each annotation that was asked for; people and names come as lists, or as one text with commas. */
async function rowsOf(deps: DatamintDeps, caller: Caller, collection: Collection, query: Row): Promise<unknown[][]> {
  const listed = (key: string) => [query[`${key}[]`] ?? query[key] ?? []].flat().flatMap((text) => String(text).split(','));
  const [people, names, from, to] = [listed('annotators'), listed('annotations'), dayOf(query['from'], 'from'), dayOf(query['to'], 'to')];
  const rows: unknown[][] = [];
  for await (const { item, annotations } of annotated(deps, caller, collection)) {
    for (const annotation of annotations) {
      if (people.length > 0 && !people.includes(annotation.createdBy)) continue;
      if (names.length > 0 && !names.includes(annotation.label)) continue;
      if ((from !== undefined && annotation.createdAt < from) || (to !== undefined && annotation.createdAt >= to)) continue;
      const { type, scope, frame_index: frame, value } = annotationNotes(annotation);
      rows.push([item.id, notesOf(item).filename, annotation.id, type, annotation.label, scope, frame, value, annotation.createdBy, annotation.createdAt]);
    }
  }
  return rows;
}

/** Quoted where it must be. A text that a spreadsheet would take for a formula is marked as text. */
function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
