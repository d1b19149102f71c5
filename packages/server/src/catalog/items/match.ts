import sql from 'sql-template-tag';
import { unseen, type Queryable } from '../../engines/database/database.ts';
import { alive, itemColumns, toStoredItem, type ItemRow, type StoredItem } from './store.ts';

const columns = itemColumns(sql`i`);

/** Living items of a dataset whose files have these names, at most a few of each name. */
export async function selectByNames(db: Queryable, datasetId: string, names: readonly string[]): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`select ${columns} from unnest(${[...new Set(names)]}::text[]) as n (name)
    cross join lateral (select * from items i where i.dataset_id = ${unseen(datasetId)} and substring(i.path from '[^/]*$') = n.name and ${alive} limit 3) i`);
  return rows.map(toStoredItem);
}

/** Living items of a dataset with these bytes. */
export async function selectByDigests(db: Queryable, datasetId: string, sha256s: readonly string[]): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`select ${columns} from items i
    where i.sha256 = any(${[...new Set(sha256s)].map((hex) => Buffer.from(hex, 'hex'))}::bytea[]) and i.dataset_id = ${datasetId} and ${alive} order by i.path`);
  return rows.map(toStoredItem);
}
