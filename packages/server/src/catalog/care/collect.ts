import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database, Queryable } from '../../engines/database/database.ts';

const batchBlobs = 1_000;
/** Blobs that one sweep removes at most; the next one goes on. */
const maxRemoved = 100_000;

/** Where references are found by an index. Every other column that can hold a digest is read through, once per sweep. */
const indexed: readonly { table: string; column: string }[] = [
  { table: 'items', column: 'sha256' },
  { table: 'blobs', column: 'thumbnail' },
  { table: 'annotations', column: 'blob' },
  { table: 'version_blobs', column: 'sha256' },
];

/** Tables whose other columns speak of bytes that one of the {@link indexed} columns names as well, or of none that must be kept. */
const passedOver = ['items', 'annotations', 'blobs', 'version_blobs', 'version_chunks', 'versions', 'events'];

/**
 * Removes bytes that nothing refers to and that nobody has stored or used for `graceMs`. A reference is a digest anywhere in the database:
 * no room has to tell what it keeps. Bytes that are stored again while this runs stay: their row is made anew after ours is gone, and the
 * store removes a file only if it is still as old as it was.
 */
export async function collectBlobs({ db, blobs }: { db: Database; blobs: BlobStore }, graceMs: number, signal: AbortSignal): Promise<{ blobs: number; bytes: number }> {
  const before = Date.now() - graceMs;
  return removeFree({ db, blobs }, await unreferenced(db, blobs, before, signal), before, signal);
}

/**
 * Removes a blob at once if nothing refers to it and nobody has stored or used it since `before` (milliseconds since 1970): what must not
 * wait for the next sweep, as it says who somebody is.
 */
export async function collectBlob({ db, blobs }: { db: Database; blobs: BlobStore }, sha256: string, before: number): Promise<void> {
  const free = new Map((await withoutIndexed(db, [sha256])).map((digest) => [digest, 0]));
  await removeFree({ db, blobs }, free, before, new AbortController().signal);
}

async function removeFree({ db, blobs }: { db: Database; blobs: BlobStore }, candidates: ReadonlyMap<string, number>, before: number, signal: AbortSignal): Promise<{ blobs: number; bytes: number }> {
  const kept = await mentioned(db, new Set(candidates.keys()));
  const removed = { blobs: 0, bytes: 0 };
  const free = [...candidates].filter(([sha256]) => !kept.has(sha256));
  for (let start = 0; start < free.length && !signal.aborted; start += batchBlobs) {
    const batch = free.slice(start, start + batchBlobs);
    const gone = await forget(db, batch.map(([sha256]) => sha256), new Date(before));
    for (const [sha256, size] of batch) {
      if (!gone.has(sha256) || !(await blobs.deleteUnused(sha256, before))) continue;
      removed.blobs += 1;
      removed.bytes += size;
    }
  }
  return removed;
}

/** Blobs in the store that are old enough and that no index knows a reference to. */
async function unreferenced(db: Database, blobs: BlobStore, before: number, signal: AbortSignal): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  let batch = new Map<string, number>();
  const look = async () => {
    for (const sha256 of await withoutIndexed(db, [...batch.keys()])) found.set(sha256, batch.get(sha256) ?? 0);
    batch = new Map();
  };
  for await (const blob of blobs.list()) {
    if (signal.aborted || found.size >= maxRemoved) break;
    if (blob.modifiedMs >= before) continue;
    batch.set(blob.sha256, blob.size);
    if (batch.size === batchBlobs) await look();
  }
  await look();
  return found;
}

const bytesOf = (digests: readonly string[]) => digests.map((digest) => Buffer.from(digest, 'hex'));
const refersTo = (digest: Sql): Sql =>
  join(indexed.map(({ table, column }) => sql`exists (select from ${raw(table)} r where r.${raw(column)} = ${digest})`), ' or ');

async function withoutIndexed(db: Queryable, digests: readonly string[]): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db.many<{ digest: string }>(sql`select encode(c.digest, 'hex') as digest from unnest(${bytesOf(digests)}::bytea[]) as c (digest)
    where not (${refersTo(sql`c.digest`)})`);
  return rows.map((row) => row.digest);
}

/** Those of the digests that stand anywhere else in the database: in a column of bytes, in JSON, or in text. */
async function mentioned(db: Queryable, candidates: ReadonlySet<string>): Promise<Set<string>> {
  const kept = new Set<string>();
  if (candidates.size === 0) return kept;
  const columns = await db.many<{ table_name: string; column_name: string; data_type: string }>(sql`
    select c.table_name, c.column_name, c.data_type from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE'
    where c.table_schema = current_schema() and c.data_type in ('bytea', 'json', 'jsonb', 'text') and not (c.table_name = any(${[...passedOver]}::text[]))`);
  for (const { table_name: table, column_name: column, data_type: type } of columns) {
    const [from, of] = [raw(`"${table.replaceAll('"', '""')}"`), raw(`"${column.replaceAll('"', '""')}"`)];
    const found =
      type === 'bytea'
        ? await db.many<{ digest: string }>(sql`select distinct encode(${of}, 'hex') as digest from ${from} where length(${of}) = 32`)
        : await db.many<{ digest: string }>(sql`select distinct m[1] as digest from ${from}, regexp_matches(${of}::text, '[0-9a-f]{64}', 'g') m`);
    for (const { digest } of found) if (candidates.has(digest)) kept.add(digest);
  }
  return kept;
}

/** Removes the rows of blobs that are still unused; gives those that have no row any more. */
async function forget(db: Database, digests: readonly string[], before: Date): Promise<Set<string>> {
  try {
    return await db.tx(async (tx) => {
      await tx.run(sql`delete from blobs b where b.sha256 = any(${bytesOf(digests)}::bytea[]) and b.touched_at < ${before} and not (${refersTo(sql`b.sha256`)})`);
      const left = await tx.many<{ digest: string }>(sql`select encode(sha256, 'hex') as digest from blobs where sha256 = any(${bytesOf(digests)}::bytea[])`);
      const kept = new Set(left.map((row) => row.digest));
      return new Set(digests.filter((digest) => !kept.has(digest)));
    });
  } catch (error) {
    // Something began to refer to one of them in this moment: the whole group waits for the next sweep.
    if ((error as { code?: unknown }).code === '23503') return new Set();
    throw error;
  }
}
