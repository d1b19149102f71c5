import type { Event } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable } from '../engines/database/database.ts';
import { heardBy } from '../labeling/quality/hidden.ts';

interface EventRow {
  seq: number;
  xact_text: string;
  id: string;
  project_id: string | null;
  type: string;
  subject_kind: string;
  subject_id: string;
  actor: string;
  data: Record<string, unknown>;
  created_at: Date;
}

// Under another name: "order by xact" would mean the text.
const columns = sql`seq, xact::text as xact_text, id, project_id, type, subject_kind, subject_id, actor, data, created_at`;

/** A place among the events: a transaction, and a number within it. */
export interface Position {
  xact: string;
  seq: number;
}

/** Before everything that ever happened. */
export const beginning: Position = { xact: '0', seq: 0 };

/** An event with its place. */
export type PlacedEvent = Event & { at: Position };

export interface EventQuery {
  /** The project, or everything in an organisation. */
  of: { projectId: string } | { orgId: string };
  after: Position;
  limit: number;
  type?: string | undefined;
  subjectId?: string | undefined;
  /** E-mail of somebody who labels and no more: what is hidden from them is left out. */
  worker?: string | undefined;
  /** Leaves out what had been committed when this snapshot was taken. */
  since?: string | undefined;
}

/**
 * Events after a place, in order. A number is given before its transaction commits, so a later one can become visible first, and numbers
 * alone are no place to read on from: events are read by transaction, up to the oldest one that still runs. What lies below that is complete,
 * so nobody who reads on from a place ever misses an event. The events of one thing are numbered in the order in which they happened.
 */
export async function readEvents(db: Queryable, { of, after, limit, type, subjectId, worker, since }: EventQuery): Promise<PlacedEvent[]> {
  const rows = await db.many<EventRow>(sql`select ${columns} from events
    where ${'projectId' in of ? sql`project_id = ${of.projectId}` : sql`org_id = ${of.orgId}`} and (xact, seq) > (${after.xact}::xid8, ${after.seq}) and xact < pg_snapshot_xmin(fovea_snapshot())
    ${type === undefined ? empty : sql`and type = ${type}`} ${subjectId === undefined ? empty : sql`and subject_id = ${subjectId}`}
    ${worker === undefined ? empty : sql`and ${heardBy(worker)}`}
    ${since === undefined ? empty : sql`and not pg_visible_in_snapshot(xact, ${since}::pg_snapshot)`}
    order by xact, seq limit ${limit}`);
  return rows.map((row) => ({ ...toEvent(row), at: { xact: row.xact_text, seq: row.seq } }));
}

/** Where somebody stands who has heard the event with this number. */
export async function positionOf(db: Queryable, seq: number): Promise<Position> {
  const row = await db.maybe<{ xact: string }>(sql`select xact from events where seq <= ${seq} order by seq desc limit 1`);
  return row ? { xact: row.xact, seq } : beginning;
}

/** The number of an event by its id. */
export async function numberOf(db: Queryable, id: string): Promise<number | undefined> {
  return (await db.maybe<{ seq: number }>(sql`select seq from events where id = ${id}`))?.seq;
}

/** Now: what is not committed yet comes after it. Read with its snapshot as `since`, or what was committed a moment ago may come too. */
export async function presentPosition(db: Queryable): Promise<Position & { since: string }> {
  const row = await db.one<{ since: string; xact: string }>(sql`select fovea_snapshot()::text as since, pg_snapshot_xmin(fovea_snapshot())::text as xact`);
  return { xact: row.xact, seq: 0, since: row.since };
}

/** What an audit asks for, of one organisation; `before` is the place that it continues below. */
export interface AuditQuery {
  orgId: string;
  before?: Position | undefined;
  limit: number;
  actor?: string | undefined;
  /** `task.completed` or `task.*`. */
  type?: string | undefined;
  projectId?: string | undefined;
  subjectId?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** Events of an organisation, newest first. */
export async function readAudit(db: Queryable, query: AuditQuery): Promise<PlacedEvent[]> {
  const { type } = query;
  const conditions: Sql[] = [sql`org_id = ${query.orgId}`];
  if (query.before !== undefined) conditions.push(sql`(xact, seq) < (${query.before.xact}::xid8, ${query.before.seq})`);
  if (query.actor !== undefined) conditions.push(sql`actor = ${query.actor}`);
  if (type !== undefined) conditions.push(type.endsWith('.*') ? sql`starts_with(type, ${type.slice(0, -1)})` : sql`type = ${type}`);
  if (query.projectId !== undefined) conditions.push(sql`project_id = ${query.projectId}`);
  if (query.subjectId !== undefined) conditions.push(sql`subject_id = ${query.subjectId}`);
  if (query.from !== undefined) conditions.push(sql`created_at >= ${query.from}`);
  if (query.to !== undefined) conditions.push(sql`created_at < ${query.to}`);
  const rows = await db.many<EventRow>(sql`select ${columns} from events where ${join(conditions, ' and ')} order by xact desc, seq desc limit ${query.limit}`);
  return rows.map((row) => ({ ...toEvent(row), at: { xact: row.xact_text, seq: row.seq } }));
}

/** The event without its place, which is not for the world. */
export function toPlainEvent({ at: _at, ...event }: PlacedEvent): Event {
  return event;
}

function toEvent(row: EventRow): Event {
  return {
    id: row.id,
    seq: row.seq,
    type: row.type,
    projectId: row.project_id,
    subject: { kind: row.subject_kind, id: row.subject_id },
    actor: row.actor,
    data: row.data,
    createdAt: row.created_at.toISOString(),
  };
}
