import type { Event } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
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
  return rows.map((row) => ({
    id: row.id,
    seq: row.seq,
    type: row.type,
    projectId: row.project_id,
    subject: { kind: row.subject_kind, id: row.subject_id },
    actor: row.actor,
    data: row.data,
    createdAt: row.created_at.toISOString(),
  }));
}
