import type { RunReport } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

/** Which queueing of a job. */
export interface Run {
  id: string;
  ticket: number;
}

/** Keeps the first report that ends a run. */
export async function insertReport(db: Queryable, run: Run, report: RunReport): Promise<void> {
  await db.run(sql`insert into job_reports (job_id, ticket, report) values (${run.id}, ${run.ticket}, ${JSON.stringify(report)}) on conflict do nothing`);
}

export async function selectReport(db: Queryable, run: Run): Promise<RunReport | undefined> {
  return (await db.maybe<{ report: RunReport }>(sql`select report from job_reports where job_id = ${run.id} and ticket = ${run.ticket}`))?.report;
}

export interface RunUpload {
  output: string;
  name: string;
  mediaType: string;
  sha256: string;
  sizeBytes: number;
}

export async function upsertUpload(db: Queryable, run: Run, upload: RunUpload): Promise<void> {
  await db.run(sql`insert into job_uploads (job_id, ticket, output, name, media_type, sha256, size)
    values (${run.id}, ${run.ticket}, ${upload.output}, ${upload.name}, ${upload.mediaType}, ${upload.sha256}, ${upload.sizeBytes})
    on conflict (job_id, ticket, output, name) do update set media_type = excluded.media_type, sha256 = excluded.sha256, size = excluded.size`);
}

export async function selectUploads(db: Queryable, run: Run): Promise<RunUpload[]> {
  const rows = await db.many<{ output: string; name: string; media_type: string; sha256: string; size: number }>(sql`
    select output, name, media_type, sha256, size from job_uploads where job_id = ${run.id} and ticket = ${run.ticket} order by output, name`);
  return rows.map(({ media_type, size, ...row }) => ({ ...row, mediaType: media_type, sizeBytes: size }));
}
