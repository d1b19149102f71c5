import type { DatasetExport, exportRequest, LossReport } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { z } from 'zod';
import type { Queryable } from '../../engines/database/database.ts';

/** What was asked for, defaults filled in. */
export type StoredRequest = z.output<typeof exportRequest>;

interface ExportRow {
  id: string;
  org_id: string;
  project_id: string;
  dataset_id: string;
  request: StoredRequest;
  created_by: string;
  created_at: Date;
  items: number | null;
  file_name: string | null;
  blob: Buffer | null;
  size: number | null;
  losses: Buffer | null;
  report: LossReport | null;
  expires_at: Date | null;
}

/** An export without how far it is, which its command knows. */
export type StoredExport = Omit<DatasetExport, 'status' | 'progress' | 'done' | 'total' | 'message' | 'endedAt' | 'url' | 'urlExpiresAt'> & {
  /** SHA-256 of the list of losses. */
  losses: string | null;
};

function toExport(row: ExportRow): StoredExport {
  return {
    id: row.id,
    projectId: row.project_id,
    datasetId: row.dataset_id,
    format: row.request.format,
    request: row.request,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    items: row.items,
    fileName: row.file_name,
    sha256: row.blob?.toString('hex') ?? null,
    sizeBytes: row.size,
    losses: row.losses?.toString('hex') ?? null,
    report: row.report,
    expiresAt: row.expires_at?.toISOString() ?? null,
  };
}

export async function insertExport(db: Queryable, row: { id: string; orgId: string; projectId: string; datasetId: string; request: StoredRequest; createdBy: string }): Promise<void> {
  await db.run(sql`insert into dataset_exports (id, org_id, project_id, dataset_id, request, created_by)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.datasetId}, ${JSON.stringify(row.request)}, ${row.createdBy})`);
}

export async function selectExport(db: Queryable, id: string): Promise<StoredExport | undefined> {
  const row = await db.maybe<ExportRow>(sql`select * from dataset_exports where id = ${id}`);
  return row && toExport(row);
}

/** Exports of a dataset, newest first, one more than the limit. */
export async function selectExports(db: Queryable, datasetId: string, options: { limit: number; before: string | undefined }): Promise<StoredExport[]> {
  const rows = await db.many<ExportRow>(sql`select * from dataset_exports where dataset_id = ${datasetId}
    ${options.before === undefined ? empty : sql`and id < ${options.before}`} order by id desc limit ${options.limit + 1}`);
  return rows.map(toExport);
}

/** Lets go of archives that have expired. */
export async function releaseExports(db: Queryable): Promise<void> {
  await db.run(sql`update dataset_exports set blob = null where blob is not null and expires_at <= now()`);
}

/** Records what an export led to. */
export async function completeExport(
  db: Queryable,
  id: string,
  made: { items: number; fileName: string; archive: { sha256: string; size: number }; losses: string; report: LossReport; expiresAt: string },
): Promise<void> {
  await db.run(sql`update dataset_exports set items = ${made.items}, file_name = ${made.fileName}, blob = ${Buffer.from(made.archive.sha256, 'hex')},
    size = ${made.archive.size}, losses = ${Buffer.from(made.losses, 'hex')}, report = ${JSON.stringify(made.report)}, expires_at = ${made.expiresAt} where id = ${id}`);
}
