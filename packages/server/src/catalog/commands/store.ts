import type { Command } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface CommandRow {
  id: string;
  project_id: string;
  kind: string;
  status: Command['status'];
  done: number;
  total: number | null;
  message: string | null;
  subject_id: string | null;
  result: Record<string, unknown> | null;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
}

/** A command with what its handler needs. */
export interface StoredCommand extends Command {
  orgId: string;
  input: Record<string, unknown>;
  state: Record<string, unknown> | null;
}

type FullRow = CommandRow & { org_id: string; input: Record<string, unknown>; state: Record<string, unknown> | null };

function toCommand(row: CommandRow): Command {
  const progress = row.status === 'complete' ? 1 : row.total ? Math.min(row.done / row.total, 1) : 0;
  return {
    id: row.id,
    projectId: row.project_id,
    kind: row.kind,
    status: row.status,
    progress,
    done: row.done,
    total: row.total,
    message: row.message,
    subjectId: row.subject_id,
    result: row.result,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

export async function insertCommand(
  db: Queryable,
  row: { id: string; orgId: string; projectId: string; kind: string; subjectId: string | null; input: unknown; createdBy: string; caller: unknown },
): Promise<void> {
  await db.run(sql`insert into commands (id, org_id, project_id, kind, subject_id, input, created_by, caller)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.kind}, ${row.subjectId}, ${JSON.stringify(row.input)}, ${row.createdBy}, ${JSON.stringify(row.caller)})`);
}

export async function selectCommand(db: Queryable, id: string): Promise<StoredCommand | undefined> {
  const row = await db.maybe<FullRow>(sql`select * from commands where id = ${id}`);
  return row && { ...toCommand(row), orgId: row.org_id, input: row.input, state: row.state };
}

/** Commands by id, in no special order. */
export async function selectCommandsById(db: Queryable, ids: readonly string[]): Promise<Command[]> {
  return (await db.many<CommandRow>(sql`select * from commands where id = any(${ids}::uuid[])`)).map(toCommand);
}

export async function selectCommands(
  db: Queryable,
  options: { projectId: string; kind: string | undefined; status: string | undefined; limit: number; before: string | undefined },
): Promise<Command[]> {
  const rows = await db.many<CommandRow>(sql`select * from commands where project_id = ${options.projectId}
    ${options.kind === undefined ? empty : sql`and kind = ${options.kind}`}
    ${options.status === undefined ? empty : sql`and status = ${options.status}`}
    ${options.before === undefined ? empty : sql`and id < ${options.before}`}
    order by id desc limit ${options.limit + 1}`);
  return rows.map(toCommand);
}

/** Marks a command as running, unless it has ended meanwhile. */
export async function beginCommand(db: Queryable, id: string): Promise<boolean> {
  return (await db.run(sql`update commands set status = 'running', updated_at = now() where id = ${id} and status in ('queued', 'running')`)) > 0;
}

/** Records how far a command came; false when it was cancelled. */
export async function advanceCommand(
  db: Queryable,
  id: string,
  step: { done: number; total: number | null; message?: string | undefined; state?: unknown },
): Promise<boolean> {
  const changed = await db.run(sql`update commands set done = ${step.done}, total = ${step.total}, message = coalesce(${step.message ?? null}, message),
    state = coalesce(${step.state === undefined ? null : JSON.stringify(step.state)}::jsonb, state), updated_at = now()
    where id = ${id} and status = 'running'`);
  return changed > 0;
}

export async function endCommand(
  db: Queryable,
  id: string,
  end: { status: 'complete' | 'failed' | 'cancelled'; message?: string | undefined; result?: unknown },
): Promise<boolean> {
  const changed = await db.run(sql`update commands set status = ${end.status}, message = ${end.message ?? null},
    result = coalesce(${end.result === undefined ? null : JSON.stringify(end.result)}::jsonb, result), updated_at = now(), ended_at = now()
    where id = ${id} and status in ('queued', 'running')`);
  return changed > 0;
}
