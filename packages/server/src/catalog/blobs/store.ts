import type { MediaKind } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

/** What is known of a medium; columns of an item. */
export interface Facts {
  width: number | null;
  height: number | null;
  orientation: number | null;
  frames: number | null;
  durationSeconds: number | null;
  fps: number | null;
  problem: string | null;
  summary: Record<string, unknown>;
}

export interface BlobRow {
  sha256: string;
  size: number;
  kind: MediaKind | null;
  mediaType: string | null;
  /** Null until it has been looked at. */
  facts: Facts | null;
  /** SHA-256 of the thumbnail. */
  thumbnail: string | null;
}

/** Records blobs that are in the store now, or renews the time they were last used; gives what is known of each. */
export async function recordBlobs(db: Queryable, blobs: readonly { sha256: string; size: number }[]): Promise<Map<string, BlobRow>> {
  // Sorted, so that two transactions that touch the same blobs lock them in the same order.
  const unique = [...new Map(blobs.map((blob) => [blob.sha256, blob])).values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const rows = await db.many<{ sha256: Buffer; size: number; kind: MediaKind | null; media_type: string | null; facts: Facts | null; thumbnail: Buffer | null }>(sql`
    insert into blobs (sha256, size)
    select * from unnest(${unique.map((blob) => Buffer.from(blob.sha256, 'hex'))}::bytea[], ${unique.map((blob) => blob.size)}::bigint[])
    on conflict (sha256) do update set touched_at = now()
    returning sha256, size, kind, media_type, facts, thumbnail`);
  return new Map(
    rows.map((row) => [
      row.sha256.toString('hex'),
      {
        sha256: row.sha256.toString('hex'),
        size: row.size,
        kind: row.kind,
        mediaType: row.media_type,
        facts: row.facts,
        thumbnail: row.thumbnail?.toString('hex') ?? null,
      },
    ]),
  );
}

/** Those of the blobs that nobody has looked at yet. */
export async function undescribed(db: Queryable, sha256s: readonly string[]): Promise<string[]> {
  const rows = await db.many<{ sha256: Buffer }>(
    sql`select sha256 from blobs where sha256 = any(${sha256s.map((hex) => Buffer.from(hex, 'hex'))}::bytea[]) and facts is null`,
  );
  return rows.map((row) => row.sha256.toString('hex'));
}

export async function describeBlob(
  db: Queryable,
  sha256: string,
  found: { kind: MediaKind; mediaType: string; facts: Facts; thumbnail: string | null },
): Promise<void> {
  await db.run(sql`update blobs set kind = ${found.kind}, media_type = ${found.mediaType}, facts = ${JSON.stringify(found.facts)},
    thumbnail = ${found.thumbnail === null ? null : Buffer.from(found.thumbnail, 'hex')} where sha256 = ${Buffer.from(sha256, 'hex')}`);
}
