import type { Readable } from 'node:stream';
import type { Item, items, Parsed, ResultOf, UploadResult, VideoFrameIndex } from '@fovea/contract';
import { pathFault } from '@fovea/contract';
import { BlobError, type BlobStore, type ByteRange } from '../../engines/blobs/blobs.ts';
import { violatedConstraint, type Database, type Tx } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { describeMedia, type MediaFacts } from '../../media/describe.ts';
import { detectMedia } from '../../media/detect.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { countedFor, workerOf } from '../../labeling/quality/hidden.ts';
import { authorizeDataset, type DatasetAccess } from '../datasets/access.ts';
import { count, markChanged } from '../datasets/store.ts';
import { asObject, mergeMetadata, metadataFault } from './metadata.ts';
import { toFacts } from './background.ts';
import { takingPaths } from './expired.ts';
import { frameIndexer } from './frame-index.ts';
import { itemEvent, placedItem, placeItems, type Placement, type PlaceRule } from './place.ts';
import { lockItems, markItem, selectItem, selectItems, selectPage, toItem, updateItem, type StoredItem } from './store.ts';

type Query<K extends keyof typeof items> = Parsed<(typeof items)[K]>['query'];
type Body<K extends keyof typeof items> = Parsed<(typeof items)[K]>['body'];
export type ItemsService = ReturnType<typeof itemsService>;

/** One file of a bundle, read already. */
export interface BundleFile {
  path: string;
  bytes: Uint8Array;
  /** What was done to it before. */
  deidentification?: Placement['deidentification'];
  /** Why it is not stored. */
  problem?: string;
}
type BundleResult = ResultOf<typeof items.uploadMany>['results'][number];

/** What a placement may say beside path and bytes. */
export type UploadFacets = Omit<Placement, 'path' | 'blob' | 'media' | 'facts'>;

/** Bytes of the store that become an item; `media` is what they are, where somebody has looked. */
type Adoption = UploadFacets & { path: string; rule: PlaceRule; blob: { sha256: string; size: number }; media?: MediaFacts };

/** What a door may change beside: merged into what it keeps on the item. */
export interface DoorChange {
  mergeExtra?: Record<string, unknown> | undefined;
}

const headBytes = 4_100;

/** Items: one file each, with what is known and said about it. */
export function itemsService({ db, blobs, queue, limits }: { db: Database; blobs: BlobStore; queue: Queue; limits: { maxUploadBytes: number } }) {
  const frameIndexOf = frameIndexer(blobs);

  async function need(caller: Caller, id: string, role: 'annotator' | 'developer', scope: 'read' | 'write', deleted = false): Promise<StoredItem> {
    const item = await selectItem(db, id, { deleted });
    if (!item) throw notFound('item', id);
    const access = await authorize(db, caller, item.projectId, { role, scope, as: { kind: 'item', id } });
    const [shown = item] = await countedFor(db, workerOf(caller, access.role), [item]);
    return shown;
  }

  /** Runs a placement again when another upload took the path in the meantime. */
  async function place<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await db.tx(work);
      } catch (error) {
        if (violatedConstraint(error) === 'items_external') throw new Fault('conflict', 'Another item has this external id.', { errors: [{ path: 'externalId', message: 'is taken' }] });
        if (violatedConstraint(error) !== 'items_path' || attempt === 5) throw error;
      }
    }
  }

  async function placeOne(caller: Caller, dataset: DatasetAccess, placement: Placement, rule: PlaceRule) {
    return place(async (tx) => {
      const [placed] = await placeItems(tx, queue, caller, dataset, [placement], rule);
      if (!placed) throw new Error('Nothing was placed.');
      return placedItem(tx, placed, placement.path);
    });
  }

  async function adoptStored(caller: Caller, dataset: DatasetAccess, { rule, blob, media, ...placement }: Adoption): Promise<{ outcome: UploadResult['outcome']; item: StoredItem }> {
    checkPlacement(placement);
    const found = media ?? detectMedia(await readHead(blobs, blob), placement.path);
    return placeOne(caller, dataset, { ...placement, blob, media: found, ...(media ? { facts: toFacts(media) } : {}) }, rule);
  }

  return {
    /** Checks an upload before its body is read. */
    async authorizeUpload(caller: Caller, datasetId: string): Promise<DatasetAccess> {
      return authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
    },

    /**
     * Stores a stream as an item: the bytes first, under their digest, then one transaction. An upload that breaks off leaves nothing.
     * `sha256` and `md5` (hexadecimal) refuse other bytes; `maxBytes` lowers the platform's limit; `mediaTypes` (`image/*`) are those taken.
     */
    async upload(
      caller: Caller,
      dataset: DatasetAccess,
      upload: UploadFacets & { path: string; rule: PlaceRule; sha256?: string | undefined; md5?: string | undefined; maxBytes?: number; mediaTypes?: readonly string[] },
      source: AsyncIterable<Uint8Array>,
    ): Promise<{ outcome: UploadResult['outcome']; item: Item }> {
      checkPlacement(upload);
      const { rule, sha256, md5, maxBytes, mediaTypes, ...placement } = upload;
      const peek = peekHead(source);
      const blob = await blobs
        .put(peek.bytes, { maxBytes: Math.min(maxBytes ?? Number.POSITIVE_INFINITY, limits.maxUploadBytes), ...(sha256 ? { sha256 } : {}), ...(md5 ? { md5 } : {}) })
        .catch(blobFault);
      const media = detectMedia(peek.head(), placement.path);
      if (mediaTypes && !mediaTypes.some((type) => type === media.mediaType || type === media.mediaType.replace(/\/.*/, '/*'))) {
        throw new Fault('unsupported_media', `The file is ${media.mediaType}; taken are ${mediaTypes.join(', ')}.`);
      }
      const { outcome, item } = await placeOne(caller, dataset, { ...placement, blob, media }, rule);
      return { outcome, item: toItem(item) };
    },

    /**
     * Stores a stream and looks at it at once: for doors that answer with what the medium is, and whose fields may come after the file.
     * {@link adopt} makes an item of it; without that it is swept.
     */
    async receive(source: AsyncIterable<Uint8Array>, name: string): Promise<{ blob: { sha256: string; size: number }; media: MediaFacts }> {
      const blob = await blobs.put(source, { maxBytes: limits.maxUploadBytes }).catch(blobFault);
      const file = await blobs.localPath(blob.sha256);
      try {
        return { blob, media: await describeMedia({ path: file.path, size: blob.size, name }) };
      } finally {
        await file.release();
      }
    },

    /** Makes an item of a blob that is in the store already (a finished resumable upload, a clone, a job's output). */
    async adopt(caller: Caller, dataset: DatasetAccess, upload: Adoption): Promise<{ outcome: UploadResult['outcome']; item: Item }> {
      const { outcome, item } = await adoptStored(caller, dataset, upload);
      return { outcome, item: toItem(item) };
    },

    /** The same, with what doors keep on the item. */
    adoptStored,

    /** Many small files at once: stored side by side, then one transaction. Each file succeeds or fails by itself. */
    async uploadMany(caller: Caller, dataset: DatasetAccess, files: readonly BundleFile[], facets: UploadFacets & { rule: PlaceRule }): Promise<{ results: BundleResult[] }> {
      const { rule, ...common } = facets;
      const results = files.map((file, index) => bundleFault(file, index, files));
      const good = files.flatMap((file, index) => (results[index] ? [] : [{ file, index }]));
      const stored = await blobs.putMany(good.map(({ file }) => file.bytes)).catch(blobFault);
      const placements = good.map(({ file }, at): Placement => {
        const blob = stored[at];
        if (!blob) throw new Error('The blob store answered fewer blobs than it was given.');
        return { ...common, path: file.path, deidentification: file.deidentification, blob, media: detectMedia(file.bytes.subarray(0, headBytes), file.path) };
      });
      const done = await place(async (tx) => {
        const placed = await placeItems(tx, queue, caller, dataset, placements, rule);
        const found = new Map((await selectItems(tx, placed.map((one) => one.id))).map((item) => [item.id, item]));
        return placed.map((one, at): BundleResult => {
          const path = placements[at]?.path ?? '';
          const item = found.get(one.id);
          if (!item) throw new Error(`Item ${one.id} is gone in the transaction that placed it.`);
          if (one.outcome !== 'conflict') return { path, outcome: one.outcome, item: toItem(item) };
          return { path, outcome: 'failed', error: { path, message: `The path is taken by other bytes (item ${one.id}); use ifExists=replace or ifExists=skip.` } };
        });
      });
      let next = 0;
      return { results: results.map((fault): BundleResult => fault ?? takeNext(done, next++)) };
    },

    async list(caller: Caller, datasetId: string, query: Query<'list'>): Promise<Page<Item>> {
      const { role } = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const { limit, cursor, ...filter } = query;
      const mark = listMark('items', [datasetId, filter]);
      const after = readCursor(cursor, mark, 1)?.[0]?.toString();
      const rows = await selectPage(db, datasetId, { filter, limit, after });
      return cutPage(await countedFor(db, workerOf(caller, role), rows), { limit, mark, position: (row) => [row.path], map: toItem });
    },

    /** With what only doors need: what they keep on it, and who published it. */
    getStored: (caller: Caller, id: string): Promise<StoredItem> => need(caller, id, 'annotator', 'read'),

    async get(caller: Caller, id: string): Promise<Item> {
      return toItem(await need(caller, id, 'annotator', 'read'));
    },

    /** All of these, in their order, at the cost of one; `not_found` names the first that the caller may not see. */
    async getMany(caller: Caller, ids: readonly string[]): Promise<Item[]> {
      const found = new Map<string, Item>();
      const byProject = Map.groupBy(ids.length === 0 ? [] : await selectItems(db, [...new Set(ids)]), (item) => item.projectId);
      for (const [projectId, list] of byProject) {
        const here = new Set(list.map(({ id }) => id));
        const { role } = await authorize(db, caller, projectId, { role: 'annotator', scope: 'read', as: { kind: 'item', id: ids.find((id) => here.has(id)) ?? '' } });
        for (const item of await countedFor(db, workerOf(caller, role), list)) found.set(item.id, toItem(item));
      }
      return ids.map((id) => {
        const item = found.get(id);
        if (!item) throw notFound('item', id);
        return item;
      });
    },

    /** Those of the items that are there, in no special order; rights were checked on what names them. */
    async named(ids: readonly string[]): Promise<Item[]> {
      return ids.length === 0 ? [] : (await selectItems(db, ids)).map(toItem);
    },

    async update(caller: Caller, id: string, body: Body<'update'> & DoorChange, revision?: number): Promise<Item> {
      const known = await need(caller, id, 'developer', 'write');
      const fault = metadataFault(body.metadata ?? body.mergeMetadata ?? {});
      if (fault) throw new Fault('invalid_request', fault, { errors: [{ path: 'body.metadata', message: fault }] });
      return takingPaths(db, known.datasetId, `The path "${body.path}" is taken.`, () =>
        db.tx(async (tx) => {
          const [now] = await lockItems(tx, [known.id]);
          if (!now) throw notFound('item', id);
          if (revision !== undefined && now.revision !== revision) {
            throw new Fault('revision_conflict', `The item is at revision ${now.revision} now.`, { current: toItem(now) });
          }
          const metadata = body.mergeMetadata ? mergeMetadata(body.metadata ?? now.metadata, body.mergeMetadata) : body.metadata;
          const { mergeExtra, ...change } = body;
          await updateItem(tx, id, { ...change, metadata, ...(mergeExtra ? { extra: mergeMetadata(asObject(now.extra), mergeExtra) } : {}) }, caller.email);
          if (body.labels) await markChanged(tx, { id: now.datasetId, projectId: now.projectId });
          if (body.expiresAt && Date.parse(body.expiresAt) <= Date.now()) {
            await remove(tx, caller, now, 'item.expired');
          } else {
            await emit(tx, itemEvent('item.updated', caller, { ...now, path: body.path ?? now.path }, { changed: Object.keys(body) }));
          }
          const after = (await selectItem(tx, id)) ?? (await selectItem(tx, id, { deleted: true }));
          return toItem(after ?? now);
        }),
      );
    },

    async delete(caller: Caller, id: string): Promise<void> {
      const item = await need(caller, id, 'developer', 'write');
      await db.tx((tx) => remove(tx, caller, item, 'item.deleted'));
    },

    async restore(caller: Caller, id: string): Promise<Item> {
      const item = await need(caller, id, 'developer', 'write', true);
      await takingPaths(db, item.datasetId, `The path "${item.path}" was taken meanwhile; move that item first.`, () =>
        db.tx(async (tx) => {
          const restored = await markItem(tx, id, false);
          if (!restored) return;
          if (item.expiresAt !== null && Date.parse(item.expiresAt) <= Date.now()) await updateItem(tx, id, { expiresAt: null }, caller.email);
          await count(tx, { id: item.datasetId, projectId: item.projectId }, { items: 1, bytes: restored.size });
          await emit(tx, itemEvent('item.restored', caller, item));
        }),
      );
      return toItem(await need(caller, id, 'developer', 'write'));
    },

    /** The item with a way to read its bytes, whole or in part. */
    async open(caller: Caller, id: string): Promise<{ item: Item; read(range?: ByteRange): Promise<Readable> }> {
      const item = await need(caller, id, 'annotator', 'read');
      return { item: toItem(item), read: (range) => blobs.get(item.sha256, range).catch(blobFault) };
    },

    async frameIndex(caller: Caller, id: string): Promise<VideoFrameIndex> {
      return frameIndexOf(toItem(await need(caller, id, 'annotator', 'read')));
    },

    async openThumbnail(caller: Caller, id: string): Promise<{ sha256: string; size: number; read(): Promise<Readable> }> {
      const item = await need(caller, id, 'annotator', 'read');
      const stat = item.thumbnail === null ? undefined : await blobs.stat(item.thumbnail);
      if (item.thumbnail === null || !stat) throw new Fault('not_found', `The item "${id}" has no thumbnail${item.probe === 'pending' ? ' yet' : ''}.`);
      const { thumbnail } = item;
      return { sha256: thumbnail, size: stat.size, read: () => blobs.get(thumbnail) };
    },
  };

  async function remove(tx: Tx, caller: Caller, item: StoredItem, type: string): Promise<void> {
    const removed = await markItem(tx, item.id, true);
    if (!removed) return;
    await count(tx, { id: item.datasetId, projectId: item.projectId }, { items: -1, bytes: -removed.size });
    await emit(tx, itemEvent(type, caller, item));
  }
}

function takeNext(results: readonly BundleResult[], index: number): BundleResult {
  const result = results[index];
  if (!result) throw new Error('A file of the bundle has no result.');
  return result;
}

function bundleFault(file: BundleFile, index: number, files: readonly BundleFile[]): BundleResult | undefined {
  if (file.problem !== undefined) return { path: file.path, outcome: 'failed', error: { path: file.path, message: file.problem } };
  const fault = pathFault(file.path) ?? (files.findIndex((other) => other.path === file.path) < index ? 'stands twice in this request' : undefined);
  return fault === undefined ? undefined : { path: file.path, outcome: 'failed', error: { path: file.path, message: `The path ${fault}.` } };
}

/** Refuses a placement that could not be stored: a path, metadata or expiry that is wrong. */
export function checkPlacement(upload: { path: string; metadata?: Record<string, unknown> | undefined; expiresAt?: string | undefined }): void {
  const fault = pathFault(upload.path);
  if (fault) throw new Fault('invalid_request', `The path ${fault}.`, { errors: [{ path: 'query.path', message: fault }] });
  const metadata = metadataFault(upload.metadata ?? {});
  if (metadata) throw new Fault('invalid_request', metadata, { errors: [{ path: 'metadata', message: metadata }] });
  if (upload.expiresAt !== undefined && Date.parse(upload.expiresAt) <= Date.now()) {
    throw new Fault('invalid_request', 'The expiry lies in the past.', { errors: [{ path: 'expiresAt', message: 'must lie in the future' }] });
  }
}

/** Errors of the blob store as faults of the request. */
export function blobFault(error: unknown): never {
  if (!(error instanceof BlobError)) throw error;
  const code = error.code === 'unavailable' ? 'not_available' : error.code;
  throw new Fault(code, error.message, { cause: error });
}

/** Passes a stream on while keeping its first bytes. */
function peekHead(source: AsyncIterable<Uint8Array>): { bytes: AsyncIterable<Uint8Array>; head(): Uint8Array } {
  const kept: Uint8Array[] = [];
  let length = 0;
  async function* bytes() {
    for await (const chunk of source) {
      if (length < headBytes) {
        // Copied: the pool that the chunk lies in is used again.
        kept.push(Uint8Array.prototype.slice.call(chunk, 0, headBytes - length));
        length += Math.min(chunk.length, headBytes - length);
      }
      yield chunk;
    }
  }
  return { bytes: bytes(), head: () => Buffer.concat(kept) };
}

async function readHead(blobs: BlobStore, blob: { sha256: string; size: number }): Promise<Uint8Array> {
  if (blob.size === 0) return new Uint8Array();
  const parts: Buffer[] = [];
  const stream = await blobs.get(blob.sha256, { start: 0, end: Math.min(blob.size, headBytes) - 1 }).catch(blobFault);
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
