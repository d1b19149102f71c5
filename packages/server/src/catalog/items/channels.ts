import sql from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import { alive, itemColumns, toStoredItem, type ItemRow, type StoredItem } from './store.ts';

/** The items of a dataset that came under one name; null is the name of those that came under none. */
export interface Channel {
  name: string | null;
  count: number;
  createdAt: string;
  updatedAt: string;
  items: StoredItem[];
}

/** Channels by name with their items in the order of arrival; those without a name come last. */
export async function selectChannels(db: Queryable, datasetId: string, page: { limit: number; offset: number }): Promise<{ channels: Channel[]; total: number }> {
  const groups = await db.many<{ name: string | null; n: number; created_at: Date; updated_at: Date }>(sql`
    select i.channel as name, count(*) as n, min(i.created_at) as created_at, max(i.updated_at) as updated_at
    from items i where i.dataset_id = ${datasetId} and ${alive} group by i.channel order by i.channel nulls last`);
  const shown = groups.slice(page.offset, page.offset + page.limit);
  const rows = await db.many<ItemRow>(sql`select ${itemColumns(sql`i`)} from items i where i.dataset_id = ${datasetId} and ${alive}
    and (i.channel = any(${shown.flatMap(({ name }) => name ?? [])}::text[]) or (i.channel is null and ${shown.some(({ name }) => name === null)}::boolean)) order by i.id`);
  const members = Map.groupBy(rows.map(toStoredItem), ({ channel }) => channel);
  const channels = shown.map((group) => ({
    name: group.name,
    count: group.n,
    createdAt: group.created_at.toISOString(),
    updatedAt: group.updated_at.toISOString(),
    items: members.get(group.name) ?? [],
  }));
  return { channels, total: groups.length };
}
