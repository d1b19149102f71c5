import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';
import { visible } from '../datasets/store.ts';
import { alive, itemColumns, toStoredItem, type ItemRow, type StoredItem } from './store.ts';

/** A condition on a fact of a DICOM object; `key` is one of those that the probe writes. */
export interface ObjectMatch {
  key: string;
  /** Any of these texts. */
  values?: readonly string[] | undefined;
  /** `*` for anything, `?` for one character. */
  wildcard?: string | undefined;
  /** Inclusive, compared as text. */
  from?: string | undefined;
  to?: string | undefined;
  ignoreCase?: boolean | undefined;
}

export interface ObjectQuery {
  level: 'study' | 'series' | 'instance';
  matches: readonly ObjectMatch[];
  datasetId?: string | undefined;
  limit: number;
  offset: number;
}

/** What is known of a study, a series or an instance. */
export interface FoundObject {
  summary: Record<string, unknown>;
  modalities: string[];
  series: number;
  instances: number;
}

/** Without parameters: what is grouped by must be the very expression that is indexed. */
const levelUids = { study: sql`i.summary->>'studyInstanceUid'`, series: sql`i.summary->>'seriesInstanceUid'`, instance: sql`i.summary->>'sopInstanceUid'` } as const;

/** Studies, series or instances among all DICOM items that the caller sees, by UID. */
export async function selectObjects(db: Queryable, caller: Caller, query: ObjectQuery): Promise<FoundObject[]> {
  const uid = levelUids[query.level];
  const rows = await db.many<{ summary: Record<string, unknown>; modalities: (string | null)[] | null; series: number; instances: number; frames: number; width: number; height: number }>(sql`
    select (array_agg(i.summary || jsonb_build_object('frames', i.frames, 'width', i.width, 'height', i.height) order by i.id))[1] as summary,
      array_agg(distinct i.summary->>'modality') as modalities, count(distinct i.summary->>'seriesInstanceUid')::int as series,
      count(distinct i.summary->>'sopInstanceUid')::int as instances
    from items i join datasets d on d.id = i.dataset_id
    where ${scope(caller, query.datasetId)} and ${uid} is not null ${conditions(query.matches)}
    group by ${uid} order by ${uid} limit ${query.limit} offset ${query.offset}`);
  return rows.map((row) => ({ summary: row.summary, modalities: (row.modalities ?? []).filter((one) => one !== null), series: row.series, instances: row.instances }));
}

/** The items of a study, a series or an instance; of one that is kept twice, the first. In the order of series and instance number. */
export async function selectInstances(db: Queryable, caller: Caller, uids: { study: string; series?: string | undefined; instance?: string | undefined; datasetId?: string | undefined }, limit: number): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`
    select * from (
      select distinct on (i.summary->>'sopInstanceUid') ${itemColumns(sql`i`)} from items i join datasets d on d.id = i.dataset_id
      where ${scope(caller, uids.datasetId)} and i.summary->>'studyInstanceUid' = ${uids.study}
        ${uids.series === undefined ? empty : sql`and i.summary->>'seriesInstanceUid' = ${uids.series}`}
        ${uids.instance === undefined ? empty : sql`and i.summary->>'sopInstanceUid' = ${uids.instance}`}
      order by i.summary->>'sopInstanceUid', i.id limit ${limit}
    ) found order by summary->>'seriesInstanceUid', (summary->>'instanceNumber')::numeric nulls last, id`);
  return rows.map(toStoredItem);
}

function scope(caller: Caller, datasetId: string | undefined): Sql {
  const dataset = datasetId === undefined ? empty : sql`and i.dataset_id = ${datasetId}`;
  return sql`i.org_id = ${caller.orgId} and i.kind = 'dicom' and ${alive} and ${visible(caller)} ${dataset}`;
}

function conditions(matches: readonly ObjectMatch[]): Sql {
  const all = matches.flatMap((match): Sql[] => {
    const value = sql`i.summary->>${match.key}::text`;
    const parts: Sql[] = [];
    if (match.values) parts.push(sql`${value} = any(${[...match.values]}::text[])`);
    if (match.from !== undefined) parts.push(sql`${value} >= ${match.from}`);
    if (match.to !== undefined) parts.push(sql`${value} <= ${match.to}`);
    if (match.wildcard !== undefined) {
      const like = match.wildcard.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%').replaceAll('?', '_');
      parts.push(match.ignoreCase ? sql`${value} ilike ${like}` : sql`${value} like ${like}`);
    }
    return parts;
  });
  return all.length === 0 ? empty : sql`and ${join(all, ' and ')}`;
}
