import type { Version, VersionSplits } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import { unseen, type Queryable, type Tx } from '../../engines/database/database.ts';
import type { Page } from '../../paging.ts';
import { itemCountOf } from '../datasets/store.ts';
import { queryPage, rowAlias, type EntityQuery } from '../query/page.ts';
import { tagsOf, versionEntity } from './entity.ts';
import { leafByte, type Span, type Stretch } from './tree.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

/** Every path begins with a slash; this comes after all of them. */
const afterAll = '0';

/** A living item of the dataset. */
const alive: Sql = sql`i.deleted_at is null and (i.expires_at is null or i.expires_at > now())`;

/** An annotation as one JSON text: what it says, and nothing of where it is stored, in one order of keys. Most say little, and are put together by less. */
export const annotationText: Sql = sql`case
  when num_nonnulls(a.frame, a.end_frame, a.keyframes, a.confidence, a.group_key, a.z_order, a.status, a.blob) = 0 and a.metadata = '{}' then
    '{"label": ' || to_json(a.label)::text || ', "geometry": ' || a.geometry::text || case a.attributes when '{}' then '' else ', "attributes": ' || a.attributes::text end || ', "source": "' || a.source || '"}'
  else concat('{"label": ', to_json(a.label), ', "geometry": ', a.geometry, ', "attributes": ' || nullif(a.attributes, '{}'::jsonb)::text,
    ', "frame": ' || a.frame::text, ', "endFrame": ' || a.end_frame::text, ', "keyframes": ' || a.keyframes::text, ', "confidence": ' || a.confidence::text,
    ', "source": ', to_json(a.source), ', "group": ' || to_json(a.group_key)::text, ', "zOrder": ' || a.z_order::text, ', "status": ' || to_json(a.status)::text,
    ', "metadata": ' || nullif(a.metadata, '{}'::jsonb)::text, ', "blob": "' || encode(a.blob, 'hex') || '"', '}') end`;

/** An item as one JSON text, without the closing brace. Facts that the bytes tell are left to the bytes. */
const itemText: Sql = sql`concat('{"path": ', to_json(i.path), ', "sha256": "', encode(i.sha256, 'hex'), '", "sizeBytes": ', i.size,
  ', "labels": ' || case when i.labels <> '{}' then to_json(array(select l collate "C" from unnest(i.labels) l order by 1))::text end,
  ', "channel": ' || to_json(i.channel)::text, ', "status": ', to_json(i.status), ', "description": ' || to_json(nullif(i.description, ''))::text,
  ', "metadata": ' || nullif(i.metadata, '{}'::jsonb)::text)`;

/** No chunk of the project has the digest. Asked chunk by chunk: as `not exists` it is planned as a look at all chunks of the project. */
const isNew = (projectId: string, chunk: Sql): Sql =>
  sql`(select c.digest from version_chunks c where c.project_id = ${projectId} and c.digest = ${chunk}.digest limit 1) is null`;

/**
 * Writes the leaves of stretches of paths; gives them in order. One statement, whose size is that of the stretches. The `offset 0` keeps
 * PostgreSQL from reading all annotations of all datasets for one stretch. Where it is told which paths changed, what the leaves that stood
 * there say of the others is taken over as it is.
 */
export async function writeLeaves(tx: Tx, dataset: { id: string; projectId: string }, stretches: readonly Stretch[], changed?: readonly string[]): Promise<(Span & { stretch: number })[]> {
  // An item's text begins with its path, and a path has no bare quotation marks in it.
  const lines = sql`select split_part(line, ', "sha256": "', 1) collate "C" as head, line from version_chunks c cross join lateral string_to_table(c.content, E'\n') as line
      where c.project_id = ${dataset.projectId} and c.digest = any(${stretches.flatMap((one) => one.leaves ?? []).map(hex)}::bytea[])`;
  const said = changed
    ? {
        text: sql`coalesce(k.line, built.text)`,
        // Of an item that did not change the count says how many annotations the line has: they are not looked up, nor is what it says.
        count: sql`case when k.line is null then built.count else p.annotation_count end`,
        from: sql`left join (${lines}) k on k.head = p.head and p.path <> all(${[...changed]}::text[])`,
        where: sql`and k.line is null`,
        columns: sql`i.annotation_count, ('{"path": ' || to_json(i.path)::text) collate "C" as head`,
        item: sql`case when k.line is null then (select ${itemText} from items i where i.id = p.id) end`,
      }
    : { text: sql`built.text`, count: sql`built.count`, from: empty, where: empty, columns: sql`${itemText} as text`, item: sql`p.text` };
  const rows = await tx.many<{ stretch: number; first: string; digest: string; items: number; annotations: number; bytes: number }>(sql`
    with stretches as (
      select * from unnest(${stretches.map((one) => one.from ?? '')}::text[], ${stretches.map((one) => one.to ?? afterAll)}::text[]) with ordinality as s (low, high, n)
    ),
    picked as materialized (
      select row_number() over (order by s.n, i.path) as num, s.n, i.id, i.path, i.size, ${said.columns},
        get_byte(sha256(convert_to(i.path, 'UTF8')), 0) < ${leafByte} as begins
      from stretches s join items i on i.dataset_id = ${dataset.id} and i.path >= s.low and i.path < s.high and ${alive}
    ),
    numbered as (
      select p.n, p.num, p.path, p.size, ${said.text} as text, ${said.count} as count, count(*) filter (where begins) over (partition by p.n order by p.num rows unbounded preceding) as leaf
      from picked p ${said.from} cross join lateral (
        select concat(${said.item}, ', "annotations": [' || string_agg(annotation, ', ' order by annotation collate "C") || ']', '}') as text, count(*) as count from (
          select ${annotationText} as annotation from annotations a where a.item_id = p.id ${said.where} and a.deleted_at is null and not a.draft offset 0) of_item) built
    ),
    leaves as materialized (
      select n, min(path) as first, string_agg(text, E'\n' order by num) as content, count(*) as items, sum(count)::bigint as annotations,
        sum(size)::bigint as bytes from numbered group by n, leaf
    ),
    named as materialized (select *, sha256(convert_to(content, 'UTF8')) as digest from leaves),
    stored as (
      insert into version_chunks (project_id, digest, dataset_id, content) select ${dataset.projectId}::uuid, digest, ${dataset.id}::uuid, content
      from named n where ${isNew(dataset.projectId, sql`n`)}
    )
    select n::int - 1 as stretch, first, encode(digest, 'hex') as digest, items, annotations, bytes from named order by n, first`);
  return rows;
}

/** Notes the bytes that living items of a dataset and their annotations are made of: the sweep keeps them. */
export async function keepBlobs(tx: Tx, dataset: { id: string; projectId: string }, paths?: readonly string[]): Promise<void> {
  const living = paths === undefined ? sql`i.dataset_id = ${dataset.id} and ${alive}` : sql`i.dataset_id = ${unseen(dataset.id)} and ${alive} and i.path = any(${paths}::text[])`;
  await tx.run(sql`
    insert into version_blobs (dataset_id, sha256, project_id)
    select ${dataset.id}::uuid, b.sha256, ${dataset.projectId}::uuid from (
      select i.sha256 from items i where ${living} union
      select a.blob from items i join annotations a on a.item_id = i.id and a.deleted_at is null and not a.draft and a.blob is not null
      where ${living}) b
    on conflict do nothing`);
}

/** The end of the next stretch of about so many items: the first path that begins a leaf after them; null at the end. */
export async function nextCut(tx: Tx, datasetId: string, from: string | null, items: number): Promise<string | null> {
  const row = await tx.maybe<{ path: string }>(sql`
    select i.path from items i where i.dataset_id = ${datasetId} and i.deleted_at is null
      and i.path > (select coalesce((select i.path from items i where i.dataset_id = ${datasetId} and i.deleted_at is null and i.path >= ${from ?? ''}
        order by i.path offset ${items} limit 1), E'\\U0010FFFF'))
      and get_byte(sha256(convert_to(i.path, 'UTF8')), 0) < ${leafByte} order by i.path limit 1`);
  return row?.path ?? null;
}

/** Living items, by the counters: they change in the transactions of the items. What has expired counts until it is swept, and is taken off. */
export async function countAlive(tx: Tx, datasetId: string): Promise<number> {
  return (await tx.one<{ count: number }>(sql`select ${itemCountOf(datasetId)}
    - (select count(*) from items i where i.dataset_id = ${unseen(datasetId)} and i.deleted_at is null and i.expires_at <= now()) as count`)).count;
}

/** Paths of items that came, changed or went since a moment; deleted and expired ones too. Undefined when there are more than the limit. */
export async function changedPaths(tx: Tx, datasetId: string, since: Date, limit: number): Promise<string[] | undefined> {
  const rows = await tx.many<{ path: string }>(sql`
    select i.path from items i where i.dataset_id = ${datasetId} and greatest(i.updated_at, i.labeled_at) >= ${since} union
    select i.path from items i where i.dataset_id = ${datasetId} and i.expires_at >= ${since} and i.expires_at <= now() limit ${limit + 1}`);
  return rows.length > limit ? undefined : rows.map((row) => row.path);
}

/**
 * A moment before which everything that a snapshot taken from now on does not see began: the start of the oldest transaction in progress.
 * Rows carry the time at which their transaction began, or a later one.
 */
export async function quietSince(db: Queryable): Promise<Date> {
  const row = await db.one<{ since: Date }>(sql`
    select least(now(), (select min(xact_start) from pg_stat_activity where datname = current_database())) - interval '1 second' as since`);
  return row.since;
}

export async function writeChunks(tx: Tx, dataset: { id: string; projectId: string }, texts: readonly { digest: string; text: string }[]): Promise<void> {
  if (texts.length === 0) return;
  await tx.run(sql`insert into version_chunks (project_id, digest, dataset_id, content)
    select distinct on (t.digest) ${dataset.projectId}::uuid, t.digest, ${dataset.id}::uuid, t.content
    from unnest(${texts.map((one) => hex(one.digest))}::bytea[], ${texts.map((one) => one.text)}::text[]) t (digest, content)
    where ${isNew(dataset.projectId, sql`t`)}`);
}

/** Texts of chunks by digest; one that is missing is missing in the answer. */
export async function readChunks(db: Queryable, projectId: string, digests: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.many<{ digest: string; content: string }>(
    sql`select encode(digest, 'hex') as digest, content from version_chunks where project_id = ${projectId} and digest = any(${digests.map(hex)}::bytea[])`,
  );
  return new Map(rows.map((row) => [row.digest, row.content]));
}

/** The recipe that a dataset labels by, as the database writes it; null when it has none. */
export async function recipeText(tx: Tx, datasetId: string): Promise<string | null> {
  const row = await tx.maybe<{ recipe: string }>(sql`
    select jsonb_build_object('labels', v.labels, 'attributes', v.attributes, 'instructions', v.instructions, 'allowNewLabels', v.allow_new_labels, 'params', v.params)::text as recipe
    from datasets d join recipes r on r.id = d.recipe_id join recipe_versions v on v.recipe_id = r.id and v.version = r.version where d.id = ${datasetId}`);
  return row?.recipe ?? null;
}

/** A version with what only the server needs. */
export interface StoredVersion extends Version {
  seenAt: Date;
}

export interface VersionRow {
  digest: string;
  dataset_id: string;
  project_id: string;
  number: number;
  message: string;
  tags: string[];
  items: number;
  annotations: number;
  bytes: number;
  splits: VersionSplits | null;
  seen_at: Date;
  created_by: string;
  created_at: Date;
}

export const versionColumns = (v: Sql): Sql => sql`encode(${v}.digest, 'hex') as digest, ${v}.dataset_id, ${v}.project_id, ${v}.number, ${v}.message, ${v}.items, ${v}.annotations,
  ${v}.bytes, ${v}.splits, ${v}.seen_at, ${v}.created_by, ${v}.created_at, ${tagsOf(v)} as tags`;

const from: Sql = sql`select ${versionColumns(sql`v`)} from versions v`;

export function toStoredVersion(row: VersionRow): StoredVersion {
  return {
    id: row.digest,
    datasetId: row.dataset_id,
    projectId: row.project_id,
    number: row.number,
    message: row.message,
    tags: row.tags,
    itemCount: row.items,
    annotationCount: row.annotations,
    sizeBytes: row.bytes,
    splits: row.splits,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    seenAt: row.seen_at,
  };
}

export async function insertVersion(
  tx: Tx,
  row: { datasetId: string; projectId: string; orgId: string; digest: string; message: string; splits: unknown; seenAt: Date; createdBy: string; items: number; annotations: number; bytes: number },
): Promise<StoredVersion> {
  const { number } = await tx.one<{ number: number }>(sql`
    insert into versions (dataset_id, number, org_id, project_id, digest, message, items, annotations, bytes, splits, seen_at, created_by)
    select ${row.datasetId}, coalesce(max(number), 0) + 1, ${row.orgId}, ${row.projectId}, ${hex(row.digest)}, ${row.message}, ${row.items}, ${row.annotations},
      ${row.bytes}, ${row.splits === null ? null : JSON.stringify(row.splits)}::jsonb, ${row.seenAt}, ${row.createdBy} from versions where dataset_id = ${row.datasetId} returning number`);
  const stored = await selectVersion(tx, row.datasetId, sql`v.number = ${number}`);
  if (!stored) throw new Error('The version that was just stored is not there.');
  return stored;
}

/** Notes that a version is still what the dataset is: what is looked at next time begins later. */
export async function seeAgain(tx: Tx, version: StoredVersion, seenAt: Date): Promise<void> {
  await tx.run(sql`update versions set seen_at = ${seenAt} where dataset_id = ${version.datasetId} and number = ${version.number}`);
}

/** The newest version that meets a condition on `v`. */
export async function selectVersion(db: Queryable, datasetId: string, condition: Sql = sql`true`): Promise<StoredVersion | undefined> {
  const row = await db.maybe<VersionRow>(sql`${from} where v.dataset_id = ${datasetId} and ${condition} order by v.number desc limit 1`);
  return row && toStoredVersion(row);
}

/** Versions by the first digits of their ids, each id once, at most two. */
export async function selectByPrefix(db: Queryable, datasetId: string, prefix: string): Promise<StoredVersion[]> {
  const rows = await db.many<VersionRow>(sql`select * from (${from} where v.dataset_id = ${datasetId} and encode(v.digest, 'hex') like ${`${prefix}%`}
    and not exists (select from versions n where n.dataset_id = v.dataset_id and n.digest = v.digest and n.number > v.number)) found limit 2`);
  return rows.map(toStoredVersion);
}

export async function selectVersions(db: Queryable, datasetId: string, options: { limit: number; before: number | undefined }): Promise<StoredVersion[]> {
  const rows = await db.many<VersionRow>(sql`${from} where v.dataset_id = ${datasetId} ${options.before === undefined ? empty : sql`and v.number < ${options.before}`}
    order by v.number desc limit ${options.limit + 1}`);
  return rows.map(toStoredVersion);
}

/** Versions of a dataset that a query finds. */
export function queryVersions(db: Queryable, datasetId: string, query: EntityQuery): Promise<Page<StoredVersion>> {
  return queryPage<VersionRow, StoredVersion>(db, versionEntity, query, {
    columns: versionColumns(rowAlias),
    scope: sql`${rowAlias}.dataset_id = ${datasetId}`,
    scopeMark: datasetId,
    defaultSort: [{ field: 'number', direction: 'desc' }],
    map: toStoredVersion,
  });
}

export async function upsertTag(tx: Tx, tag: { datasetId: string; projectId: string; name: string; number: number; by: string }): Promise<void> {
  await tx.run(sql`insert into version_tags (dataset_id, name, project_id, number, updated_by) values (${tag.datasetId}, ${tag.name}, ${tag.projectId}, ${tag.number}, ${tag.by})
    on conflict (dataset_id, name) do update set number = excluded.number, updated_by = excluded.updated_by, updated_at = now()`);
}

export async function deleteTag(tx: Tx, datasetId: string, name: string): Promise<boolean> {
  return (await tx.run(sql`delete from version_tags where dataset_id = ${datasetId} and name = ${name}`)) > 0;
}

/** What is known of bytes, for the items of a version. */
export async function selectFacts(db: Queryable, sha256s: readonly string[]): Promise<Map<string, { kind: string | null; mediaType: string | null; width: number | null; height: number | null; frames: number | null }>> {
  const rows = await db.many<{ sha256: string; kind: string | null; media_type: string | null; width: number | null; height: number | null; frames: number | null }>(sql`
    select encode(sha256, 'hex') as sha256, kind, media_type, (facts->>'width')::int as width, (facts->>'height')::int as height, (facts->>'frames')::int as frames
    from blobs where sha256 = any(${[...new Set(sha256s)].map(hex)}::bytea[])`);
  return new Map(rows.map((row) => [row.sha256, { kind: row.kind, mediaType: row.media_type, width: row.width, height: row.height, frames: row.frames }]));
}
