import type { Event } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable } from '../engines/database/database.ts';

interface EventRow {
  seq: number;
  id: string;
  project_id: string | null;
  type: string;
  subject_kind: string;
  subject_id: string;
  actor: string;
  data: Record<string, unknown>;
  created_at: Date;
}

/**
 * Events of a project in the order of their numbers. A number is given before its transaction commits, so a later one can become visible
 * first; events are read only up to the oldest transaction that still runs, so that nobody who reads on from a number ever misses one.
 */
export async function readEvents(
  db: Queryable,
  options: { projectId: string; after: number; limit: number; type?: string | undefined; subjectId?: string | undefined },
): Promise<Event[]> {
  const rows = await db.many<EventRow>(sql`select seq, id, project_id, type, subject_kind, subject_id, actor, data, created_at from events
    where project_id = ${options.projectId} and seq > ${options.after} and xact < pg_snapshot_xmin(pg_current_snapshot())
    ${options.type === undefined ? empty : sql`and type = ${options.type}`} ${options.subjectId === undefined ? empty : sql`and subject_id = ${options.subjectId}`}
    order by seq limit ${options.limit}`);
  return rows.map(toEvent);
}

/** What an audit asks for, of one organisation; `before` is the number that it continues below. */
export interface AuditQuery {
  orgId: string;
  before?: number | undefined;
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
export async function readAudit(db: Queryable, query: AuditQuery): Promise<Event[]> {
  const { type } = query;
  const conditions: Sql[] = [sql`org_id = ${query.orgId}`];
  if (query.before !== undefined) conditions.push(sql`seq < ${query.before}`);
  if (query.actor !== undefined) conditions.push(sql`actor = ${query.actor}`);
  if (type !== undefined) conditions.push(type.endsWith('.*') ? sql`starts_with(type, ${type.slice(0, -1)})` : sql`type = ${type}`);
  if (query.projectId !== undefined) conditions.push(sql`project_id = ${query.projectId}`);
  if (query.subjectId !== undefined) conditions.push(sql`subject_id = ${query.subjectId}`);
  if (query.from !== undefined) conditions.push(sql`created_at >= ${query.from}`);
  if (query.to !== undefined) conditions.push(sql`created_at < ${query.to}`);
  const rows = await db.many<EventRow>(sql`select seq, id, project_id, type, subject_kind, subject_id, actor, data, created_at from events
    where ${join(conditions, ' and ')} order by seq desc limit ${query.limit}`);
  return rows.map(toEvent);
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
