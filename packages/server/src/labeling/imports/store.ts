import type { DatasetImport, LossReport } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import { keepableJson } from './content-key.ts';

interface ImportRow {
  id: string;
  project_id: string;
  dataset_id: string;
  request: DatasetImport['request'];
  file_name: string;
  blob: Buffer | null;
  size: number;
  created_by: string;
  created_at: Date;
  format: DatasetImport['format'];
  guesses: DatasetImport['guesses'];
  items: DatasetImport['items'];
  annotations: DatasetImport['annotations'];
  labels: DatasetImport['labels'];
  losses: Buffer | null;
  report: LossReport | null;
}

/** An import without how far it is, which its command knows. */
export type StoredImport = Omit<DatasetImport, 'status' | 'progress' | 'done' | 'total' | 'message' | 'endedAt'> & {
  /** SHA-256 of the list of everything that the report speaks of. */
  losses: string | null;
};

/** What an import led to. */
export type ImportOutcome = Pick<DatasetImport, 'format' | 'guesses' | 'items' | 'annotations' | 'labels'>;

function toImport(row: ImportRow): StoredImport {
  return {
    id: row.id,
    projectId: row.project_id,
    datasetId: row.dataset_id,
    request: row.request,
    fileName: row.file_name,
    sha256: row.blob?.toString('hex') ?? null,
    sizeBytes: row.size,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    format: row.format,
    guesses: row.guesses,
    items: row.items,
    annotations: row.annotations,
    labels: row.labels,
    losses: row.losses?.toString('hex') ?? null,
    report: row.report,
  };
}

export async function insertImport(
  db: Queryable,
  row: { id: string; orgId: string; projectId: string; datasetId: string; request: DatasetImport['request']; fileName: string; blob: { sha256: string; size: number }; uploadId: string | undefined; createdBy: string },
): Promise<void> {
  await db.run(sql`insert into dataset_imports (id, org_id, project_id, dataset_id, request, file_name, blob, size, upload_id, created_by)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.datasetId}, ${JSON.stringify(row.request)}, ${row.fileName}, ${Buffer.from(row.blob.sha256, 'hex')},
      ${row.blob.size}, ${row.uploadId ?? null}, ${row.createdBy})`);
}

/** The last import that was made of an upload in parts. */
export async function selectImportOfUpload(db: Queryable, uploadId: string): Promise<StoredImport | undefined> {
  const row = await db.maybe<ImportRow>(sql`select * from dataset_imports where upload_id = ${uploadId} order by id desc limit 1`);
  return row && toImport(row);
}

export async function selectImport(db: Queryable, id: string): Promise<StoredImport | undefined> {
  const row = await db.maybe<ImportRow>(sql`select * from dataset_imports where id = ${id}`);
  return row && toImport(row);
}

/** Imports into a dataset, newest first, one more than the limit. */
export async function selectImports(db: Queryable, datasetId: string, options: { limit: number; before: string | undefined }): Promise<StoredImport[]> {
  const rows = await db.many<ImportRow>(sql`select * from dataset_imports where dataset_id = ${datasetId}
    ${options.before === undefined ? empty : sql`and id < ${options.before}`} order by id desc limit ${options.limit + 1}`);
  return rows.map(toImport);
}

/** Lets go of uploaded files that are older than so many days. */
export async function releaseImports(db: Queryable, days: number): Promise<void> {
  await db.run(sql`update dataset_imports set blob = null where blob is not null and created_at < now() - make_interval(days => ${days})`);
}

/** Records what an import has led to so far. */
export async function updateImport(db: Queryable, id: string, outcome: ImportOutcome): Promise<void> {
  await db.run(sql`update dataset_imports set format = ${outcome.format}, guesses = ${JSON.stringify(outcome.guesses)}, items = ${JSON.stringify(outcome.items)},
    annotations = ${JSON.stringify(outcome.annotations)}, labels = ${keepableJson(outcome.labels)} where id = ${id}`);
}

/** Records the report of an import that has ended. */
export async function reportImport(db: Queryable, id: string, made: { losses: string; report: LossReport }): Promise<void> {
  await db.run(sql`update dataset_imports set losses = ${Buffer.from(made.losses, 'hex')}, report = ${keepableJson(made.report)} where id = ${id}`);
}
