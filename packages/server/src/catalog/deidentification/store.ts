import { randomBytes } from 'node:crypto';
import type { DeidentificationReport } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

/** What is kept of a de-identification: the report without what the row says. */
export type KeptReport = Omit<DeidentificationReport, 'itemId' | 'createdBy' | 'createdAt'>;

/** The secret of a project, made when it is asked for the first time. */
export async function projectKey(db: Queryable, project: { id: string; orgId: string }): Promise<string> {
  await db.run(sql`insert into deidentification_keys (project_id, org_id, key) values (${project.id}, ${project.orgId}, ${randomBytes(32)}) on conflict do nothing`);
  const row = await db.one<{ key: Buffer }>(sql`select key from deidentification_keys where project_id = ${project.id}`);
  return row.key.toString('base64url');
}

export async function insertReports(
  db: Queryable,
  reports: readonly { itemId: string; orgId: string; projectId: string; report: KeptReport; createdBy: string }[],
): Promise<void> {
  if (reports.length === 0) return;
  await db.run(sql`insert into deidentification_reports (item_id, org_id, project_id, report, created_by)
    select * from unnest(${reports.map((one) => one.itemId)}::uuid[], ${reports.map((one) => one.orgId)}::uuid[], ${reports.map((one) => one.projectId)}::uuid[],
      ${reports.map((one) => JSON.stringify(one.report))}::jsonb[], ${reports.map((one) => one.createdBy)}::text[])
    on conflict (item_id) do update set report = excluded.report, created_by = excluded.created_by, created_at = now()`);
}

export async function selectReport(db: Queryable, itemId: string): Promise<DeidentificationReport | undefined> {
  const row = await db.maybe<{ report: KeptReport; created_by: string; created_at: Date }>(
    sql`select report, created_by, created_at from deidentification_reports where item_id = ${itemId}`,
  );
  return row && { itemId, ...row.report, createdBy: row.created_by, createdAt: row.created_at.toISOString() };
}
