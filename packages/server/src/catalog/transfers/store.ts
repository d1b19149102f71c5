import type { BodyOf, UploadResult, transfers } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Queryable, Tx } from '../../engines/database/database.ts';

/** What the upload says about its item. */
export type Wishes = Omit<BodyOf<typeof transfers.begin>, 'path' | 'sizeBytes' | 'fingerprint' | 'sha256' | 'via'>;

/** An upload in parts. */
export interface StoredUpload {
  id: string;
  orgId: string;
  projectId: string;
  datasetId: string;
  userId: string;
  path: string;
  size: number;
  partBytes: number;
  /** Null until the blob store has begun it. */
  handle: string | null;
  wishes: Wishes;
  becomes: 'item' | 'import' | 'archive';
  /** Of what becomes no item: what was asked for, as the room knows it that takes the bytes. Null for items. */
  request: Record<string, unknown> | null;
  /** The command that unpacks it, once there is one. */
  commandId: string | null;
  promised: string | null;
  /** The blob, once there is one. */
  sha256: string | null;
  itemId: string | null;
  outcome: UploadResult['outcome'] | null;
  touchedAt: Date;
}

interface UploadRow {
  id: string;
  org_id: string;
  project_id: string;
  dataset_id: string;
  user_id: string;
  path: string;
  size: number;
  part_bytes: number;
  handle: string | null;
  wishes: Wishes;
  becomes: StoredUpload['becomes'];
  request: Record<string, unknown> | null;
  command_id: string | null;
  promised_sha256: Buffer | null;
  sha256: Buffer | null;
  item_id: string | null;
  outcome: UploadResult['outcome'] | null;
  touched_at: Date;
}

const toUpload = (row: UploadRow): StoredUpload => ({
  id: row.id,
  orgId: row.org_id,
  projectId: row.project_id,
  datasetId: row.dataset_id,
  userId: row.user_id,
  path: row.path,
  size: row.size,
  partBytes: row.part_bytes,
  handle: row.handle,
  wishes: row.wishes,
  becomes: row.becomes,
  request: row.request,
  commandId: row.command_id,
  promised: row.promised_sha256?.toString('hex') ?? null,
  sha256: row.sha256?.toString('hex') ?? null,
  itemId: row.item_id,
  outcome: row.outcome,
  touchedAt: row.touched_at,
});

const bytesOf = (hex: string | undefined) => (hex === undefined ? null : Buffer.from(hex, 'hex'));

export type NewUpload = Pick<StoredUpload, 'id' | 'orgId' | 'projectId' | 'datasetId' | 'userId' | 'path' | 'size' | 'partBytes' | 'wishes' | 'becomes' | 'request'> & {
  fingerprint: string | undefined;
  promised: string | undefined;
};

/**
 * Records an upload; one that was begun with the same fingerprint takes what is said now, and is given instead: of an item while it has
 * not ended, of an import always, of an archive until it is unpacked.
 */
export async function upsertUpload(db: Queryable, upload: NewUpload): Promise<StoredUpload> {
  const known =
    upload.becomes === 'item'
      ? sql`(dataset_id, user_id, path, size, fingerprint) where item_id is null and fingerprint is not null and becomes = 'item'`
      : sql`(dataset_id, user_id, becomes, path, size, fingerprint) where fingerprint is not null and becomes <> 'item'`;
  return toUpload(
    await db.one<UploadRow>(sql`insert into uploads (id, org_id, project_id, dataset_id, user_id, path, size, part_bytes, fingerprint, wishes, becomes, request, promised_sha256)
      values (${upload.id}, ${upload.orgId}, ${upload.projectId}, ${upload.datasetId}, ${upload.userId}, ${upload.path}, ${upload.size}, ${upload.partBytes},
        ${upload.fingerprint ?? null}, ${JSON.stringify(upload.wishes)}, ${upload.becomes}, ${upload.request && JSON.stringify(upload.request)}, ${bytesOf(upload.promised)})
      on conflict ${known}
      do update set wishes = excluded.wishes, request = excluded.request, promised_sha256 = excluded.promised_sha256, touched_at = now() returning *`),
  );
}

export async function selectUpload(db: Queryable, id: string): Promise<StoredUpload | undefined> {
  const row = await db.maybe<UploadRow>(sql`select * from uploads where id = ${id}`);
  return row && toUpload(row);
}

/** The blob store's name for it; false when another request was faster. */
export async function setHandle(db: Queryable, id: string, handle: string, before: string | null): Promise<boolean> {
  return (await db.run(sql`update uploads set handle = ${handle} where id = ${id} and handle is not distinct from ${before}::text`)) > 0;
}

export async function touchUpload(db: Queryable, id: string): Promise<void> {
  await db.run(sql`update uploads set touched_at = now() where id = ${id}`);
}

export async function setBlob(db: Queryable, id: string, sha256: string): Promise<void> {
  await db.run(sql`update uploads set sha256 = ${Buffer.from(sha256, 'hex')}, touched_at = now() where id = ${id}`);
}

export async function setItem(db: Queryable, id: string, itemId: string, outcome: UploadResult['outcome']): Promise<void> {
  await db.run(sql`update uploads set item_id = ${itemId}, outcome = ${outcome}, touched_at = now() where id = ${id}`);
}

export async function deleteUpload(db: Queryable, id: string): Promise<void> {
  await db.run(sql`delete from uploads where id = ${id}`);
}

/** Uploads that nobody goes on with: not touched for so many days, or finished a day ago. */
export async function selectAbandoned(db: Queryable, days: number, limit: number): Promise<StoredUpload[]> {
  const rows = await db.many<UploadRow>(sql`select * from uploads where touched_at < now() - make_interval(days => ${days})
    or ((item_id is not null or command_id is not null) and touched_at < now() - interval '1 day') order by touched_at limit ${limit}`);
  return rows.map(toUpload);
}

/** Who takes the bytes of an upload, while others wait for it; undefined when it is gone. */
export async function lockUpload(tx: Tx, id: string): Promise<StoredUpload | undefined> {
  const row = await tx.maybe<UploadRow>(sql`select * from uploads where id = ${id} for update`);
  return row && toUpload(row);
}

/** Its bytes belong to a command from here on. */
export async function setCommand(tx: Tx, id: string, commandId: string): Promise<void> {
  await tx.run(sql`update uploads set command_id = ${commandId}, sha256 = null, touched_at = now() where id = ${id}`);
}

/** The command is done with the bytes: the same file is another upload. */
export async function endUploadOf(db: Queryable, commandId: string): Promise<void> {
  await db.run(sql`update uploads set fingerprint = null where command_id = ${commandId}`);
}
