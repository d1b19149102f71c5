import { newId, type DownloadLink, type Parsed, type PartedUpload, type transfers, type UploadResult } from '@fovea/contract';
import type { BlobStore, StoredBlob } from '../../engines/blobs/blobs.ts';
import { BlobError } from '../../engines/blobs/blobs.ts';
import { partBytesFor, partCount, partRange, type PartUpload } from '../../engines/blobs/parts.ts';
import type { Database, Tx } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { DatasetAccess } from '../datasets/access.ts';
import { blobFault, checkPlacement, type ItemsService } from '../items/service.ts';
import { selectByPaths, selectItem } from '../items/store.ts';
import { needQuota } from '../usage/quota.ts';
import { deleteUpload, endUploadOf, lockUpload, selectAbandoned, selectUpload, setBlob, setCommand, setHandle, setItem, touchUpload, upsertUpload, type StoredUpload } from './store.ts';

type Begin = Parsed<typeof transfers.begin>['body'];
type Via = Begin['via'];
/** What a file that is uploaded in parts becomes, where that is no item. */
type Use = 'import' | 'archive';
type BeginFor = Pick<Begin, 'sizeBytes' | 'fingerprint' | 'sha256' | 'via'> & { becomes: Use; name: string; request: Record<string, unknown> };
export type TransfersService = ReturnType<typeof transfersService>;

export interface TransfersDeps {
  db: Database;
  blobs: BlobStore;
  items: ItemsService;
  limits: { maxUploadBytes: number };
  publicUrl: () => string;
  /** Makes the query that opens a path until then. */
  sign(request: { method: 'GET' | 'PUT'; path: string; expiresMs: number }): string;
}

/** An upload that nobody goes on with is removed after so long. */
const lifeDays = 7;
const dayMs = 86_400_000;
const urlSeconds = 3_600;
/** Parts that one answer names. */
const windowParts = 100;

/** Large files in parts, sent to the store itself where clients reach it, and links to download from there. */
export function transfersService(deps: TransfersDeps) {
  const { db, blobs, items, limits } = deps;
  /** Completions on their way: whoever asks again waits for the same one. */
  const completing = new Map<string, Promise<UploadResult>>();
  const taking = new Map<string, Promise<StoredBlob>>();

  /** The upload, of the caller's own. */
  async function need(caller: Caller, datasetId: string, id: string): Promise<{ access: DatasetAccess; upload: StoredUpload }> {
    const access = await items.authorizeUpload(caller, datasetId);
    const upload = await selectUpload(db, id);
    if (upload?.datasetId !== datasetId || upload.userId !== caller.userId || upload.orgId !== caller.orgId) throw notFound('upload', id);
    return { access, upload };
  }

  /** Has the store begin it, or begin anew what it no longer knows. */
  async function begun(upload: StoredUpload): Promise<StoredUpload & { handle: string }> {
    const handle = await blobs.parts.begin(keyOf(upload), { parts: partCount(upload) }).catch(blobFault);
    if (await setHandle(db, upload.id, handle, upload.handle)) return { ...upload, handle };
    const now = await selectUpload(db, upload.id);
    if (!now?.handle) throw notFound('upload', upload.id);
    return { ...now, handle: now.handle };
  }

  /** What has arrived; of one that has become a blob, all. */
  async function arrivedOf(upload: StoredUpload): Promise<{ upload: StoredUpload & { handle: string }; arrived: ReadonlySet<number> }> {
    if (upload.sha256 !== null || upload.commandId !== null) return { upload: { ...upload, handle: upload.handle ?? '' }, arrived: new Set(Array.from({ length: partCount(upload) }, (_, index) => index + 1)) };
    if (upload.handle !== null) {
      const known = { ...upload, handle: upload.handle };
      const arrived = await blobs.parts.arrived(partsOf(known)).catch(unlessMissing);
      if (arrived) return { upload: known, arrived };
    }
    return { upload: await begun(upload), arrived: new Set() };
  }

  async function describe(stored: StoredUpload, from: number, via: Via): Promise<PartedUpload> {
    const { upload, arrived } = await arrivedOf(stored);
    const count = partCount(upload);
    const missing: PartedUpload['missing'] = [];
    const expiresMs = Date.now() + urlSeconds * 1_000;
    const presign = via === 'store' ? blobs.parts.presign : undefined;
    for (let number = from; number <= count && missing.length < windowParts; number++) {
      if (arrived.has(number)) continue;
      const { offset, bytes } = partRange(upload, number);
      const url = presign ? await presign(partsOf(upload), number, { expiresSeconds: urlSeconds }) : signedPart(upload, number, expiresMs);
      missing.push({ number, offset, sizeBytes: bytes, url });
    }
    return {
      id: upload.id,
      datasetId: upload.datasetId,
      path: upload.path,
      sizeBytes: upload.size,
      partBytes: upload.partBytes,
      partCount: count,
      arrivedCount: arrived.size,
      missing,
      direct: presign !== undefined,
      urlsExpireAt: new Date(expiresMs).toISOString(),
      itemId: upload.itemId,
      expiresAt: new Date(upload.touchedAt.getTime() + lifeDays * dayMs).toISOString(),
    };
  }

  function signedPart(upload: StoredUpload, number: number, expiresMs: number): string {
    const path = `/v1/datasets/${upload.datasetId}/uploads/${upload.id}/parts/${number}`;
    return `${deps.publicUrl()}${path}?${deps.sign({ method: 'PUT', path, expiresMs })}`;
  }

  function checkSize(sizeBytes: number): void {
    if (sizeBytes > limits.maxUploadBytes) throw new Fault('too_large', `A file may have at most ${limits.maxUploadBytes.toLocaleString('en')} bytes.`);
  }

  /** Refuses before the bytes are sent what would be refused after. */
  async function checkBegin(access: DatasetAccess, { path, sizeBytes, ifExists, metadata, expiresAt }: Begin): Promise<void> {
    checkPlacement({ path, metadata, expiresAt });
    checkSize(sizeBytes);
    const [old] = await selectByPaths(db, access.id, [path]);
    if (old && ifExists === 'error' && old.sizeBytes !== sizeBytes) {
      throw new Fault('conflict', `The path "${path}" is taken by other bytes (item ${old.id}); use ifExists=replace or ifExists=skip.`, { errors: [{ path: 'body.path', message: 'is taken by an item with other bytes' }] });
    }
    await db.tx((tx) => needQuota(tx, access.projectId, access.quotaBytes, sizeBytes - (old?.sizeBytes ?? 0)));
  }

  async function finish(caller: Caller, access: DatasetAccess, upload: StoredUpload, sha256: string | undefined): Promise<UploadResult> {
    const blob = upload.sha256 === null ? await toBlob(upload, sha256) : { sha256: upload.sha256, size: upload.size };
    const { ifExists: rule = 'error', ...facets } = upload.wishes;
    const { item, outcome } = await items.adopt(caller, access, { ...facets, rule, path: upload.path, blob });
    await setItem(db, upload.id, item.id, outcome);
    return { item, outcome };
  }

  async function toBlob(upload: StoredUpload, sha256: string | undefined): Promise<StoredBlob> {
    if (upload.handle === null) throw new Fault('upload_incomplete', 'No part of it has arrived.');
    try {
      const blob = await blobs.parts.complete(partsOf({ ...upload, handle: upload.handle }), { sha256: sha256 ?? upload.promised ?? undefined });
      await setBlob(db, upload.id, blob.sha256);
      return blob;
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      // What was refused is removed, and what is gone cannot come back: the next attempt is a new upload.
      if (error.code === 'digest_mismatch' || error.code === 'not_found' || error.code === 'too_large') await deleteUpload(db, upload.id);
      if (error.code === 'not_found') throw new Fault('gone', 'What had arrived of this upload was removed; begin it again.');
      return blobFault(error);
    }
  }

  return {
    async begin(caller: Caller, datasetId: string, body: Begin): Promise<PartedUpload> {
      const access = await items.authorizeUpload(caller, datasetId);
      await checkBegin(access, body);
      const { path, sizeBytes: size, fingerprint, sha256, via, ...wishes } = body;
      const upload = await upsertUpload(db, {
        id: newId(),
        orgId: caller.orgId,
        projectId: access.projectId,
        datasetId,
        userId: caller.userId,
        path,
        size,
        partBytes: partBytesFor(size),
        fingerprint,
        promised: sha256,
        wishes,
        becomes: 'item',
        request: null,
      });
      return describe(upload, 1, via);
    },

    /** Begins an upload that becomes no item; `request` is kept with it for the room that takes the bytes. */
    async beginFor(caller: Caller, datasetId: string, { becomes, name, sizeBytes: size, fingerprint, sha256, via, request }: BeginFor): Promise<PartedUpload> {
      const access = await items.authorizeUpload(caller, datasetId);
      checkSize(size);
      const { orgId, userId } = caller;
      const whose = { id: newId(), orgId, projectId: access.projectId, datasetId, userId };
      const upload = await upsertUpload(db, { ...whose, path: name, size, partBytes: partBytesFor(size), fingerprint, promised: sha256, wishes: {}, becomes, request });
      return describe(upload, 1, via);
    },

    /** What an upload was begun for: what it is called, what was kept with it, and the command that has it. */
    async wanted(caller: Caller, datasetId: string, id: string, becomes: Use): Promise<{ name: string; request: Record<string, unknown>; commandId: string | null }> {
      const { upload } = await need(caller, datasetId, id);
      if (upload.becomes !== becomes) throw otherwise(upload);
      return { name: upload.path, request: upload.request ?? {}, commandId: upload.commandId };
    },

    /** The bytes of an upload that becomes no item; again, the same. */
    async blobOf(caller: Caller, datasetId: string, id: string, sha256: string | undefined): Promise<StoredBlob> {
      const { upload } = await need(caller, datasetId, id);
      if (upload.sha256 === null) {
        const running = taking.get(id) ?? toBlob(upload, sha256).finally(() => taking.delete(id));
        taking.set(id, running);
        return running;
      }
      if (sha256 === undefined || sha256 === upload.sha256) return { sha256: upload.sha256, size: upload.size };
      await deleteUpload(db, id);
      throw otherDigest(upload.sha256, sha256);
    },

    /** What of an upload a room takes for its command, once: others wait for the end of the transaction. */
    async take(tx: Tx, id: string): Promise<Pick<StoredUpload, 'request' | 'size' | 'sha256' | 'commandId'>> {
      const upload = await lockUpload(tx, id);
      if (!upload) throw notFound('upload', id);
      return upload;
    },

    /** Its bytes belong to a command from here on, and are found by the same file until that has ended. */
    taken: setCommand,
    /** The command is done with the bytes: the same file is a new upload. */
    ended: endUploadOf,
    forget: (id: string): Promise<void> => deleteUpload(db, id),

    async get(caller: Caller, datasetId: string, id: string, { from, via }: { from: number; via: Via }): Promise<PartedUpload> {
      const { upload } = await need(caller, datasetId, id);
      await touchUpload(db, id);
      return describe(upload, from, via);
    },

    /** Takes a part from whoever has its signed URL. */
    async putPart(datasetId: string, id: string, number: number, bytes: AsyncIterable<Uint8Array>): Promise<void> {
      const upload = await selectUpload(db, id);
      if (upload?.datasetId !== datasetId || upload.handle === null || upload.sha256 !== null || number > partCount(upload)) throw notFound('part', `${id}/${number}`);
      await blobs.parts.put(partsOf({ ...upload, handle: upload.handle }), number, bytes).catch(blobFault);
      await touchUpload(db, id);
    },

    async complete(caller: Caller, datasetId: string, id: string, sha256: string | undefined): Promise<UploadResult> {
      const { access, upload } = await need(caller, datasetId, id);
      if (upload.becomes !== 'item') throw otherwise(upload);
      if (upload.itemId !== null) return { outcome: upload.outcome ?? 'existing', item: await items.get(caller, upload.itemId) };
      const running = completing.get(id) ?? finish(caller, access, upload, sha256).finally(() => completing.delete(id));
      completing.set(id, running);
      return running;
    },

    async abort(caller: Caller, datasetId: string, id: string): Promise<void> {
      const { upload } = await need(caller, datasetId, id);
      await remove(upload);
    },

    async link(caller: Caller, itemId: string, { expiresSeconds, via }: { expiresSeconds: number; via: Via }): Promise<DownloadLink> {
      const { sha256, name, mediaType } = await items.get(caller, itemId);
      const expiresMs = Date.now() + expiresSeconds * 1_000;
      const expiresAt = new Date(expiresMs).toISOString();
      const direct = via === 'store' ? await blobs.direct?.presignGet(sha256, { expiresSeconds, filename: name, mediaType }).catch(unlessMissing) : undefined;
      if (direct !== undefined) return { url: direct, expiresAt, direct: true };
      const path = `/v1/items/${itemId}/content`;
      return { url: `${deps.publicUrl()}${path}?${deps.sign({ method: 'GET', path, expiresMs })}`, expiresAt, direct: false };
    },

    /** The item of a signed link, with a way to read it. */
    async openSigned(itemId: string) {
      const item = await selectItem(db, itemId);
      if (!item) throw notFound('item', itemId);
      return { sha256: item.sha256, size: item.sizeBytes, mediaType: item.mediaType, filename: item.name, read: (range?: Parameters<BlobStore['get']>[1]) => blobs.get(item.sha256, range).catch(blobFault) };
    },

    /** Removes uploads that nobody goes on with. */
    async sweep(): Promise<number> {
      const abandoned = await selectAbandoned(db, lifeDays, 1_000);
      for (const upload of abandoned) await remove(upload);
      return abandoned.length;
    },
  };

  async function remove(upload: StoredUpload): Promise<void> {
    if (upload.handle !== null && upload.sha256 === null && upload.commandId === null) await blobs.parts.abort(partsOf({ ...upload, handle: upload.handle })).catch(blobFault);
    await deleteUpload(db, upload.id);
  }
}

const keyOf = ({ id }: Pick<StoredUpload, 'id'>) => `upload-${id}`;
const partsOf = (upload: StoredUpload & { handle: string }): PartUpload => ({ key: keyOf(upload), handle: upload.handle, size: upload.size, partBytes: upload.partBytes });

const endings = { item: ['an item', 'transfers.complete'], import: ['an import', 'imports.finish'], archive: ['the items of an archive', 'transfers.finishArchive'] } as const;

/** The upload was begun for something else. */
function otherwise({ becomes }: StoredUpload): Fault {
  const [what, how] = endings[becomes];
  return new Fault('conflict', `The upload becomes ${what}; ${how} ends it.`);
}

/** What arrived are the bytes of another file. */
export function otherDigest(arrived: string, said: string): Fault {
  return new Fault('digest_mismatch', `The bytes that arrived have the SHA-256 ${arrived}, not ${said}; begin the upload again.`);
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof BlobError && error.code === 'not_found')) blobFault(error);
}
