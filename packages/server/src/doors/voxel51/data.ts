import { isId, newId, pathFault } from '@fovea/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { StoredItem } from '../../catalog/items/store.ts';
import { invalid } from '../../http/problem.ts';
import { sendFile } from '../../http/send-file.ts';
import type { Caller } from '../../identity/caller.ts';
import { runBatch } from './batch.ts';
import { userOf } from './caller.ts';
import { datasetOf, origin, type Voxel51Deps } from './context.ts';
import { bad, missing, sendJson } from './errors.ts';
import { readArguments, runQuery, type Row, type Table } from './query.ts';
import { signedDataUrl } from './signed.ts';
import { changedExpiration, defaultExpiration, uploadExpiration } from './times.ts';
import { baseName, readFileUpload, readForm, readObject } from './upload.ts';

/** What the door keeps on an item. */
export interface DataExtra {
  name: string;
  type: string;
  encoding: string | null;
  /** Where the bytes of posted data lie, and how many the client said there are; such data keeps its expiration. */
  url?: string;
  size?: number;
}

export const dataTable: Table = {
  fields: ['id', 'name', 'size', 'type', 'upload_date', 'expiration_date', 'encoding'],
  searchable: ['id', 'name', 'type', 'encoding'],
  whole: [],
};

/** More than any organisation will have unexpired; a bound on one answer. */
const maxRows = 1_000_000;

export function extraOf(item: Pick<StoredItem, 'extra' | 'name' | 'mediaType'>): DataExtra {
  return (item.extra as DataExtra | null) ?? { name: item.name, type: item.mediaType, encoding: null };
}

export function toData(item: Pick<StoredItem, 'id' | 'name' | 'mediaType' | 'sizeBytes' | 'createdAt' | 'expiresAt' | 'extra'>): Row {
  const { name, type, encoding, size } = extraOf(item);
  const expiration = item.expiresAt ?? defaultExpiration();
  return { id: item.id, name, size: size ?? item.sizeBytes, type, upload_date: item.createdAt, expiration_date: expiration, encoding };
}

/** Unexpired data of the callers, in the order of upload. */
export async function allData(deps: Voxel51Deps, caller: Caller, mine: (createdBy: string) => boolean): Promise<StoredItem[]> {
  const { id } = await datasetOf(deps, caller);
  const sort = [{ field: 'createdAt', direction: 'asc' as const }, { field: 'id', direction: 'asc' as const }];
  const { data } = await deps.rooms.itemQueries.find(caller, id, { filter: { origin }, sort, limit: maxRows });
  return data.filter((item) => mine(item.createdBy));
}

/** One datum of the caller; unknown, expired and foreign ones are not there alike. */
export async function findData(deps: Voxel51Deps, caller: Caller, id: string): Promise<StoredItem> {
  if (!isId(id)) throw missing('Data', id);
  const dataset = await datasetOf(deps, caller);
  const [item] = (await deps.rooms.itemQueries.find(caller, dataset.id, { filter: { id, origin }, limit: 1 })).data;
  if (!item || item.createdBy !== caller.email) throw missing('Data', id);
  return item;
}

/** Makes data of a blob that is in the store; the path has a folder of its own, so that names may repeat. */
export async function placeData(deps: Voxel51Deps, caller: Caller, given: { blob: { sha256: string; size: number }; extra: DataExtra; expiresAt: string }): Promise<Row> {
  const dataset = await deps.rooms.items.authorizeUpload(caller, (await datasetOf(deps, caller)).id);
  const folder = `/${newId()}`;
  const path = pathFault(`${folder}/${given.extra.name}`) === undefined ? `${folder}/${given.extra.name}` : `${folder}/data`;
  const { item } = await deps.rooms.items.adopt(caller, dataset, { path, rule: 'error', blob: given.blob, expiresAt: given.expiresAt, origin, extra: given.extra });
  return toData({ ...item, extra: given.extra });
}

async function changeTtl(deps: Voxel51Deps, caller: Caller, id: string, change: Row): Promise<void> {
  const item = await findData(deps, caller, id);
  const expiresAt = changedExpiration(item.expiresAt ?? defaultExpiration(), change);
  if (extraOf(item).url !== undefined) throw bad('the expiration of data that was posted by URL is fixed');
  await deps.rooms.items.update(caller, id, { expiresAt });
}

async function removeData(deps: Voxel51Deps, caller: Caller, id: string): Promise<void> {
  await findData(deps, caller, id);
  await deps.rooms.items.delete(caller, id);
}

const postedUrl = z.object({
  signed_url: z.url({ protocol: /^https?$/ }),
  filename: z.string().min(1),
  mimetype: z.string().min(1),
  size: z.union([z.int().nonnegative(), z.string().regex(/^\d+$/).transform(Number)]),
  data_ttl: z.string().min(1),
  encoding: z.string().nullish(),
});

async function postUrl(deps: Voxel51Deps, caller: Caller, body: Row): Promise<Row> {
  const parsed = postedUrl.safeParse(body);
  if (!parsed.success) throw invalid(parsed.error.issues, 'body');
  const { signed_url: url, filename, mimetype, size, data_ttl: ttl, encoding } = parsed.data;
  const expiresAt = uploadExpiration(ttl, 'data_ttl');
  const [blob] = await deps.engines.blobs.putMany([new Uint8Array()]);
  if (!blob) throw new Error('The blob store answered no blob.');
  return placeData(deps, caller, { blob, expiresAt, extra: { name: baseName(filename), type: mimetype, encoding: encoding ?? null, url, size } });
}

/** Answers the bytes of data: our own, or by sending the client to where they lie. */
export async function sendData(deps: Voxel51Deps, caller: Caller, item: StoredItem, request: FastifyRequest, reply: FastifyReply, shownName?: string): Promise<unknown> {
  const { name, type, url } = extraOf(item);
  // Brought already for a job, which reads it from here.
  if (url !== undefined && item.sizeBytes === 0) return reply.redirect(url, 302);
  const { read } = await deps.rooms.items.open(caller, item.id);
  await sendFile(request, reply, { sha256: item.sha256, size: item.sizeBytes, mediaType: type, filename: shownName ?? name, read, inline: false });
  return reply;
}

export function dataRoutes(deps: Voxel51Deps) {
  return async (door: FastifyInstance): Promise<void> => {
    const idOf = (request: FastifyRequest) => (request.params as { id: string }).id;
    const mineOf = (caller: Caller) => allData(deps, caller, (createdBy) => createdBy === caller.email);

    door.get('/data/list', async (request, reply) => sendJson(reply, { data: (await mineOf(userOf(request))).map(toData).toReversed() }));
    door.get('/data', async (request, reply) => {
      const given = await readArguments(request);
      const { rows, total } = runQuery((await mineOf(userOf(request))).map(toData), dataTable, given);
      return sendJson(reply, { data: rows, total });
    });
    door.post('/data', async (request, reply) => {
      const caller = userOf(request);
      const { file, blob, fields } = await readFileUpload(request, deps.engines.blobs, deps.settings.maxUploadBytes);
      const expiresAt = uploadExpiration(fields['data_ttl'], 'data_ttl');
      const data = await placeData(deps, caller, { blob, expiresAt, extra: { name: file.name, type: file.mediaType, encoding: file.encoding } });
      return sendJson(reply, { data }, 201);
    });
    door.post('/data/url', async (request, reply) => {
      const caller = userOf(request);
      return sendJson(reply, { data: await postUrl(deps, caller, await readObject(request)) }, 201);
    });
    door.post('/data/batch', async (request, reply) => {
      const caller = userOf(request);
      const answer = await runBatch(await readObject(request), {
        details: async (id) => toData(await findData(deps, caller, id)),
        ttl: (id, body) => changeTtl(deps, caller, id, body),
        delete: (id) => removeData(deps, caller, id),
      });
      return sendJson(reply, answer);
    });
    door.get('/data/:id', async (request, reply) => sendJson(reply, { data: toData(await findData(deps, userOf(request), idOf(request))) }));
    door.get('/data/:id/download', async (request, reply) => {
      const caller = userOf(request);
      return sendData(deps, caller, await findData(deps, caller, idOf(request)), request, reply);
    });
    door.get('/data/:id/download-url', async (request, reply) => {
      const caller = userOf(request);
      const item = await findData(deps, caller, idOf(request));
      return sendJson(reply, { url: signedDataUrl(deps.settings, caller, item) });
    });
    door.put('/data/:id/ttl', async (request, reply) => {
      await changeTtl(deps, userOf(request), idOf(request), await readForm(request));
      return reply.code(204).send();
    });
    door.delete('/data/:id', async (request, reply) => {
      await removeData(deps, userOf(request), idOf(request));
      return reply.code(204).send();
    });
  };
}
