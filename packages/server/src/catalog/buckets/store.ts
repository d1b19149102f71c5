import sql from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

/** An object of a bucket that holds the bytes of a blob. */
export interface BlobPlace {
  connection: string;
  key: string;
  sha256: string;
  size: number;
  etag: string;
}

interface PlaceRow {
  connection: string;
  key: string;
  sha256: Buffer;
  size: number;
  etag: string;
}

const toPlace = (row: PlaceRow): BlobPlace => ({ ...row, sha256: row.sha256.toString('hex') });

/** The objects that hold a blob, the newest first. */
export async function selectPlaces(db: Queryable, sha256: string): Promise<BlobPlace[]> {
  const rows = await db.many<PlaceRow>(sql`select connection, key, sha256, size, etag from blob_places where sha256 = ${Buffer.from(sha256, 'hex')} order by found_at desc limit 10`);
  return rows.map(toPlace);
}

/** What is known of objects, by key. */
export async function selectKnown(db: Queryable, connection: string, keys: readonly string[]): Promise<Map<string, BlobPlace>> {
  const rows = await db.many<PlaceRow>(sql`select connection, key, sha256, size, etag from blob_places where connection = ${connection} and key = any(${[...keys]}::text[])`);
  return new Map(rows.map((row) => [row.key, toPlace(row)]));
}

export async function upsertPlace(db: Queryable, place: BlobPlace): Promise<void> {
  await db.run(sql`insert into blob_places (connection, key, sha256, size, etag)
    values (${place.connection}, ${place.key}, ${Buffer.from(place.sha256, 'hex')}, ${place.size}, ${place.etag})
    on conflict (connection, key) do update set sha256 = excluded.sha256, size = excluded.size, etag = excluded.etag, found_at = now()`);
}
