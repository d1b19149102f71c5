import type { Item, MediaKind, ProjectRole } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import { unseen, type Queryable } from '../../engines/database/database.ts';
import type { Facts } from '../blobs/store.ts';
import { itemCountOf } from '../datasets/store.ts';

export interface ItemRow {
  id: string;
  project_id: string;
  dataset_id: string;
  path: string;
  sha256: Buffer;
  size: number;
  media_type: string;
  kind: MediaKind;
  probe: Item['probe'];
  problem: string | null;
  width: number | null;
  height: number | null;
  orientation: number | null;
  frames: number | null;
  duration: number | null;
  fps: number | null;
  summary: Record<string, unknown>;
  metadata: Record<string, unknown>;
  labels: string[];
  channel: string | null;
  status: Item['status'];
  description: string;
  annotation_count: number;
  thumbnail: Buffer | null;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
  source_item_id: string | null;
  expires_at: Date | null;
  deleted_at: Date | null;
  extra: unknown;
  published_at: Date | null;
  published_by: string | null;
}

/** An item with what only the server needs to know. */
export interface StoredItem extends Item {
  thumbnail: string | null;
  deleted: boolean;
  /** What a vendor's door keeps on it. */
  extra: unknown;
  publishedAt: string | null;
  publishedBy: string | null;
  updatedBy: string;
  /** The item that it was copied from. */
  sourceItemId: string | null;
}

export function toStoredItem(row: ItemRow): StoredItem {
  const slash = row.path.lastIndexOf('/');
  return {
    id: row.id,
    projectId: row.project_id,
    datasetId: row.dataset_id,
    path: row.path,
    name: row.path.slice(slash + 1),
    folder: slash === 0 ? '/' : row.path.slice(0, slash),
    sha256: row.sha256.toString('hex'),
    sizeBytes: row.size,
    mediaType: row.media_type,
    kind: row.kind,
    probe: row.probe,
    problem: row.problem,
    width: row.width,
    height: row.height,
    orientation: row.orientation,
    frames: row.frames,
    durationSeconds: row.duration,
    fps: row.fps,
    summary: row.summary,
    metadata: row.metadata,
    labels: row.labels,
    channel: row.channel,
    status: row.status,
    description: row.description,
    annotationCount: row.annotation_count,
    hasThumbnail: row.thumbnail !== null,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    thumbnail: row.thumbnail?.toString('hex') ?? null,
    deleted: row.deleted_at !== null,
    extra: row.extra,
    publishedAt: row.published_at?.toISOString() ?? null,
    publishedBy: row.published_by,
    updatedBy: row.updated_by,
    sourceItemId: row.source_item_id,
  };
}

export function toItem({ thumbnail: _t, deleted: _d, extra: _e, publishedAt: _at, publishedBy: _by, updatedBy: _ub, sourceItemId: _si, ...item }: StoredItem): Item {
  return item;
}

export const itemColumns = (i: Sql): Sql => sql`${i}.id, ${i}.project_id, ${i}.dataset_id, ${i}.path, ${i}.sha256, ${i}.size, ${i}.media_type, ${i}.kind, ${i}.probe, ${i}.problem, ${i}.width, ${i}.height,
  ${i}.orientation, ${i}.frames, ${i}.duration, ${i}.fps, ${i}.summary, ${i}.metadata, ${i}.labels, ${i}.channel, ${i}.status, ${i}.description, ${i}.annotation_count,
  ${i}.thumbnail, ${i}.revision, ${i}.created_by, ${i}.created_at, ${i}.updated_at, ${i}.expires_at, ${i}.deleted_at, ${i}.extra, ${i}.published_at, ${i}.published_by, ${i}.updated_by, ${i}.source_item_id`;

const columns = itemColumns(sql`i`);

/** Neither deleted nor past its expiry. */
export const alive: Sql = sql`i.deleted_at is null and (i.expires_at is null or i.expires_at > now())`;

export interface NewItem {
  id: string;
  orgId: string;
  projectId: string;
  datasetId: string;
  path: string;
  sha256: string;
  size: number;
  mediaType: string;
  kind: MediaKind;
  facts: Facts | null;
  /** The facts are still to be completed by the probe, with a thumbnail. */
  pending: boolean;
  thumbnail: string | null;
  metadata: Record<string, unknown>;
  labels: readonly string[];
  channel: string | null;
  status: Item['status'];
  description: string;
  expiresAt: string | null;
  createdBy: string;
  origin: string | null;
  externalId: string | null;
  extra: unknown;
  /** The item that it is a copy of. */
  sourceItemId: string | null;
}

/** Inserts items; a path that is taken violates `items_path`. */
export async function insertItems(db: Queryable, items: readonly NewItem[]): Promise<void> {
  const of = <T>(value: (item: NewItem) => T): T[] => items.map(value);
  const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));
  await db.run(sql`
    insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, problem, width, height, orientation,
      frames, duration, fps, summary, thumbnail, metadata, labels, channel, status, description, expires_at, created_by, updated_by, origin,
      external_id, extra, source_item_id, published_at, published_by)
    select n.id, n.org_id, n.project_id, n.dataset_id, n.path, n.sha256, n.size, n.media_type, n.kind,
      case when n.pending then 'pending' when n.facts->>'problem' is not null then 'failed' else 'ready' end,
      n.facts->>'problem', (n.facts->>'width')::int, (n.facts->>'height')::int, (n.facts->>'orientation')::smallint,
      (n.facts->>'frames')::int, (n.facts->>'durationSeconds')::float8, (n.facts->>'fps')::float8, coalesce(n.facts->'summary', '{}'),
      n.thumbnail, n.metadata, array(select jsonb_array_elements_text(n.labels)), n.channel, n.status, n.description, n.expires_at,
      n.created_by, n.created_by, n.origin, n.external_id, n.extra, n.source_item_id,
      case when n.status = 'published' then now() end, case when n.status = 'published' then n.created_by end
    from unnest(${of((item) => item.id)}::uuid[], ${of((item) => item.orgId)}::uuid[], ${of((item) => item.projectId)}::uuid[],
      ${of((item) => item.datasetId)}::uuid[], ${of((item) => item.path)}::text[], ${of((item) => Buffer.from(item.sha256, 'hex'))}::bytea[],
      ${of((item) => item.size)}::bigint[], ${of((item) => item.mediaType)}::text[], ${of((item) => item.kind)}::text[],
      ${of((item) => json(item.facts))}::jsonb[], ${of((item) => item.pending)}::boolean[], ${of((item) => (item.thumbnail === null ? null : Buffer.from(item.thumbnail, 'hex')))}::bytea[],
      ${of((item) => json(item.metadata))}::jsonb[], ${of((item) => json(item.labels))}::jsonb[], ${of((item) => item.channel)}::text[],
      ${of((item) => item.status)}::text[], ${of((item) => item.description)}::text[], ${of((item) => item.expiresAt)}::timestamptz[],
      ${of((item) => item.createdBy)}::text[], ${of((item) => item.origin)}::text[], ${of((item) => item.externalId)}::text[],
      ${of((item) => json(item.extra))}::jsonb[], ${of((item) => item.sourceItemId)}::uuid[])
      as n (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, facts, pending, thumbnail, metadata, labels, channel, status,
        description, expires_at, created_by, origin, external_id, extra, source_item_id)`);
}

/** Living items by id, in no special order. */
export async function selectItems(db: Queryable, ids: readonly string[]): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`select ${columns} from items i join datasets d on d.id = i.dataset_id and d.deleted_at is null
    where i.id = any(${ids}::uuid[]) and ${alive}`);
  return rows.map(toStoredItem);
}

/** How many items a dataset has, at the same cost however many: its counters, without those that are past their expiry and not swept yet. */
export async function countAll(db: Queryable, datasetId: string): Promise<number> {
  const { n } = await db.one<{ n: number }>(sql`select ${itemCountOf(datasetId)} - (select count(*) from items
    where dataset_id = ${datasetId} and deleted_at is null and expires_at <= now()) as n`);
  return n;
}

export async function selectItem(db: Queryable, id: string, options: { deleted?: boolean } = {}): Promise<StoredItem | undefined> {
  const row = await db.maybe<ItemRow>(sql`select ${columns} from items i join datasets d on d.id = i.dataset_id and d.deleted_at is null
    where i.id = ${id} and ${options.deleted ? sql`i.deleted_at is not null` : alive}`);
  return row && toStoredItem(row);
}

/** An item with what decides over rights in its project, and what else is asked of it (`i`) and its dataset (`d`): one question. */
export interface ItemPlace<More> {
  item: StoredItem;
  project: { orgId: string; deleted: boolean; role: ProjectRole | null };
  more: More;
}

/** The living item, and the user's role in its project; `more` are columns of the caller's. */
export async function selectItemPlace<More>(db: Queryable, id: string, userId: string, more: Sql): Promise<ItemPlace<More> | undefined> {
  const row = await db.maybe<ItemRow & More & { project_org_id: string; project_deleted: boolean; role: ProjectRole | null }>(sql`
    select ${columns}, p.org_id as project_org_id, p.deleted_at is not null as project_deleted, m.role, ${more}
    from items i join datasets d on d.id = i.dataset_id and d.deleted_at is null join projects p on p.id = i.project_id
    left join members m on m.project_id = p.id and m.user_id = ${userId} where i.id = ${id} and ${alive}`);
  return row && { item: toStoredItem(row), project: { orgId: row.project_org_id, deleted: row.project_deleted, role: row.role }, more: row };
}

/** Living items by id, locked until the transaction ends. */
export async function lockItems(db: Queryable, ids: readonly string[]): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`select ${columns} from items i where i.id = any(${ids}::uuid[]) and ${alive} order by i.id for update`);
  return rows.map(toStoredItem);
}

/** The items at these paths, locked; also expired ones, which still hold their path until they are swept. */
export async function lockPaths(db: Queryable, datasetId: string, paths: readonly string[]): Promise<(StoredItem & { expired: boolean })[]> {
  const rows = await db.many<ItemRow & { expired: boolean }>(sql`
    select ${columns}, coalesce(i.expires_at <= now(), false) as expired from items i
    where i.dataset_id = ${unseen(datasetId)} and i.path = any(${paths}::text[]) and i.deleted_at is null
    order by i.path for update`);
  return rows.map((row) => ({ ...toStoredItem(row), expired: row.expired }));
}

export interface ItemConditions {
  kind?: string | undefined;
  mediaType?: string | undefined;
  status?: string | undefined;
  probe?: string | undefined;
  channel?: string | undefined;
  label?: string | undefined;
  folder?: string | undefined;
  path?: string | undefined;
  sha256?: string | undefined;
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
}

function conditions(filter: ItemConditions): Sql {
  const all: Sql[] = [];
  if (filter.kind !== undefined) all.push(sql`i.kind = ${filter.kind}`);
  if (filter.mediaType !== undefined) all.push(sql`i.media_type = ${filter.mediaType}`);
  if (filter.status !== undefined) all.push(sql`i.status = ${filter.status}`);
  if (filter.probe !== undefined) all.push(sql`i.probe = ${filter.probe}`);
  if (filter.channel !== undefined) all.push(sql`i.channel = ${filter.channel}`);
  if (filter.label !== undefined) all.push(sql`i.labels @> array[${filter.label}]`);
  if (filter.path !== undefined) all.push(sql`i.path = ${filter.path}`);
  if (filter.sha256 !== undefined) all.push(sql`i.sha256 = decode(${filter.sha256}, 'hex')`);
  if (filter.createdAfter !== undefined) all.push(sql`i.created_at >= ${filter.createdAfter}`);
  if (filter.createdBefore !== undefined) all.push(sql`i.created_at < ${filter.createdBefore}`);
  if (filter.folder !== undefined && filter.folder !== '/') {
    const prefix = `${filter.folder.replace(/\/+$/, '')}/`;
    // Paths sort by byte: everything below a folder lies between "folder/" and "folder0", as 0 follows / in ASCII.
    all.push(sql`i.path >= ${prefix} and i.path < ${`${prefix.slice(0, -1)}0`}`);
  }
  return all.length > 0 ? sql`and ${join(all, ' and ')}` : empty;
}

/** Living items of a dataset by path, one more than the limit. */
export async function selectPage(
  db: Queryable,
  datasetId: string,
  options: { filter: ItemConditions; limit: number; after: string | undefined },
): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`select ${columns} from items i where i.dataset_id = ${datasetId} and ${alive}
    ${conditions(options.filter)} ${options.after === undefined ? empty : sql`and i.path > ${options.after}`}
    order by i.path limit ${options.limit + 1}`);
  return rows.map(toStoredItem);
}

export interface ItemChange {
  path?: string | undefined;
  description?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  labels?: readonly string[] | undefined;
  channel?: string | null | undefined;
  status?: Item['status'] | undefined;
  expiresAt?: string | null | undefined;
  /** What a vendor's door keeps on it. */
  extra?: unknown;
}

export async function updateItem(db: Queryable, id: string, change: ItemChange, by: string): Promise<void> {
  const set: Sql[] = [sql`revision = revision + 1`, sql`updated_at = now()`, sql`updated_by = ${by}`];
  if (change.path !== undefined) set.push(sql`path = ${change.path}`);
  if (change.description !== undefined) set.push(sql`description = ${change.description}`);
  if (change.metadata !== undefined) set.push(sql`metadata = ${JSON.stringify(change.metadata)}`);
  if (change.labels !== undefined) set.push(sql`labels = ${[...new Set(change.labels)]}`, labeledNow);
  if (change.channel !== undefined) set.push(sql`channel = ${change.channel}`);
  if (change.expiresAt !== undefined) set.push(sql`expires_at = ${change.expiresAt}`);
  if (change.extra !== undefined) set.push(sql`extra = ${JSON.stringify(change.extra)}`);
  if (change.status !== undefined) {
    set.push(sql`status = ${change.status}`);
    if (change.status === 'published') set.push(sql`published_at = coalesce(published_at, now()), published_by = coalesce(published_by, ${by})`);
  }
  await db.run(sql`update items set ${join(set, ', ')} where id = ${id}`);
}

/** Gives an item other bytes: its facts start anew, its annotations and metadata stay. `pending`: the facts are still to be completed by the probe. */
export async function replaceContent(
  db: Queryable,
  id: string,
  content: { sha256: string; size: number; mediaType: string; kind: MediaKind; facts: Facts | null; pending: boolean; thumbnail: string | null },
  by: string,
): Promise<void> {
  const { facts } = content;
  await db.run(sql`update items set sha256 = ${Buffer.from(content.sha256, 'hex')}, size = ${content.size}, media_type = ${content.mediaType},
    kind = ${content.kind}, probe = ${facts === null || content.pending ? 'pending' : facts.problem === null ? 'ready' : 'failed'}, problem = ${facts?.problem ?? null},
    width = ${facts?.width ?? null}, height = ${facts?.height ?? null}, orientation = ${facts?.orientation ?? null}, frames = ${facts?.frames ?? null},
    duration = ${facts?.durationSeconds ?? null}, fps = ${facts?.fps ?? null}, summary = ${JSON.stringify(facts?.summary ?? {})},
    thumbnail = ${content.thumbnail === null ? null : Buffer.from(content.thumbnail, 'hex')},
    revision = revision + 1, updated_at = now(), updated_by = ${by}, ${labeledNow} where id = ${id}`);
}

export async function markItem(db: Queryable, id: string, deleted: boolean): Promise<{ size: number } | undefined> {
  return db.maybe(sql`update items set deleted_at = ${deleted ? sql`now()` : sql`null`}, updated_at = now(), revision = revision + 1
    where id = ${id} and deleted_at is ${deleted ? sql`null` : sql`not null`} returning size`);
}

/** Marks living items as deleted; gives those that were. */
export async function markItems(db: Queryable, ids: readonly string[]): Promise<{ id: string; path: string; size: number }[]> {
  return db.many(sql`update items set deleted_at = now(), updated_at = now(), revision = revision + 1
    where id = any(${ids}::uuid[]) and deleted_at is null returning id, path, size`);
}

/** Living items of a dataset at these paths. */
export async function selectByPaths(db: Queryable, datasetId: string, paths: readonly string[]): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`select ${columns} from items i where i.dataset_id = ${unseen(datasetId)} and i.path = any(${paths}::text[]) and ${alive}`);
  return rows.map(toStoredItem);
}

/** What is taught by an item changed: its bytes, its labels or its annotations. */
export const labeledNow: Sql = sql`labeled_at = clock_timestamp()`;

/** A whole number that no item had before, for protocols that call items by numbers. */
export async function nextItemNumber(db: Queryable): Promise<number> {
  return (await db.one<{ n: number }>(sql`select nextval('skylab_photo_numbers') as n`)).n;
}

/** Adds to the counts of annotations of items, in the transaction of the change that they count. */
export async function addAnnotationCount(db: Queryable, changes: readonly { id: string; by: number }[]): Promise<void> {
  await db.run(annotationCountChange(changes));
}

/** The same, as part of another's statement; with 0 it notes that an annotation of the item changed. */
export function annotationCountChange(changes: readonly { id: string; by: number }[]): Sql {
  const [only] = changes;
  if (only && changes.length === 1) return sql`update items i set annotation_count = i.annotation_count + ${only.by}, ${labeledNow} where i.id = ${only.id}`;
  return sql`update items i set annotation_count = i.annotation_count + c.by, ${labeledNow}
    from unnest(${changes.map((change) => change.id)}::uuid[], ${changes.map((change) => change.by)}::int[]) as c (id, by) where i.id = c.id`;
}

/** Writes what was found in a blob to every item that waits for it; gives those items. */
export async function applyFacts(
  db: Queryable,
  sha256: string,
  found: { mediaType: string; kind: MediaKind; facts: Facts; thumbnail: string | null },
): Promise<{ id: string; orgId: string; projectId: string; datasetId: string }[]> {
  const { facts } = found;
  const rows = await db.many<{ id: string; org_id: string; project_id: string; dataset_id: string }>(sql`
    update items set probe = ${facts.problem === null ? 'ready' : 'failed'}, problem = ${facts.problem},
      -- Which kind of plain text it is was told by the name at upload, and by nothing in the bytes.
      media_type = case when ${found.mediaType === 'text/plain'} then media_type else ${found.mediaType} end,
      kind = ${found.kind}, width = ${facts.width}, height = ${facts.height}, orientation = ${facts.orientation}, frames = ${facts.frames},
      duration = ${facts.durationSeconds}, fps = ${facts.fps}, summary = ${JSON.stringify(facts.summary)},
      thumbnail = ${found.thumbnail === null ? null : Buffer.from(found.thumbnail, 'hex')}
    where sha256 = ${Buffer.from(sha256, 'hex')} and probe = 'pending' returning id, org_id, project_id, dataset_id`);
  return rows.map((row) => ({ id: row.id, orgId: row.org_id, projectId: row.project_id, datasetId: row.dataset_id }));
}
