import { isId, type Filter } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import { sendFile } from '../../http/send-file.ts';
import type { Caller } from '../../identity/caller.ts';
import { deletedOf, get, idOf, listOf, pageOf, post, put, remove, type Call, type DoorRoute } from './answer.ts';
import { listCollections } from './collections.ts';
import { findHome, isFault, type DatamintDeps } from './context.ts';
import { renderFrame } from './frames.ts';
import { choiceOf, nothing, projectFilter, resourceFilter, resourceSort } from './resource-query.ts';
import { notesOf, toResource } from './resource.ts';
import { uploadResource, type Places } from './upload.ts';
import { bulkTagsBody, idsBody, labelsBody, parse, resourceIdsBody, tagsBody } from './wire.ts';

/** Resources: items of the organisation's dataset. */
export function resourceRoutes(deps: DatamintDeps): DoorRoute[] {
  const { items } = deps.rooms;
  const places: Places = new Map();
  return [
    post('/resources', (call) => uploadResource(deps, places, call)),
    get('/resources', (call) => listResources(deps, call, {})),
    get('/resources/channels', (call) => listChannels(deps, call)),
    get('/resources/not-annotated', (call) => listResources(deps, call, { annotationCount: 0 })),
    post('/resources/bulk-publish', async ({ caller, body }) => {
      await publish(deps, caller, parse(resourceIdsBody, await body()).resource_ids);
      return {};
    }),
    put('/resources/tags', async ({ caller, body }) => {
      const { resource_ids: ids, tags } = parse(bulkTagsBody, await body());
      for (const id of ids) await items.getStored(caller, idOf(id));
      for (const id of ids) await items.update(caller, id, { labels: tags });
      return {};
    }),
    post('/resources/restore', async ({ caller, body }) => {
      const restored: string[] = [];
      const skipped: { id: string; reason: string }[] = [];
      for (const id of parse(idsBody, await body()).ids) {
        const reason = isId(id) ? await whyNotRestored(items.restore(caller, id)) : 'not_found';
        if (reason === undefined) restored.push(id);
        else skipped.push({ id, reason });
      }
      return { restored, skipped };
    }),
    remove('/resources', async ({ caller, query }) => {
      const ids = String(query['resource_ids'] ?? '').split(',').filter((id) => id !== '');
      for (const id of ids) await items.getStored(caller, idOf(id));
      for (const id of ids) await items.delete(caller, id);
      return {};
    }),
    get('/resources/:id', async ({ caller, params }) => toResource(await items.getStored(caller, idOf(params['id'])), caller.orgId)),
    remove('/resources/:id', async ({ caller, params }) => {
      await items.delete(caller, idOf(params['id']));
      return {};
    }),
    post('/resources/:id/restore', async ({ caller, params }) => {
      await items.restore(caller, idOf(params['id']));
      return toResource(await items.getStored(caller, idOf(params['id'])), caller.orgId);
    }),
    get('/resources/:id/file', (call) => sendResource(deps, call)),
    get('/resources/:id/frames/:frame', (call) => sendFrame(deps, call)),
    post('/resources/:id/publish', async ({ caller, params }) => {
      await publish(deps, caller, [params['id'] ?? '']);
      return {};
    }),
    put('/resources/:id/labels', async ({ caller, params, body }) => {
      const { labels } = parse(labelsBody, await body());
      if (labels) await items.update(caller, idOf(params['id']), { labels });
      else await items.getStored(caller, idOf(params['id']));
      return {};
    }),
    put('/resources/:id/tags', async ({ caller, params, body }) => {
      await items.update(caller, idOf(params['id']), { labels: parse(tagsBody, await body()).tags });
      return {};
    }),
    // Batches of uploads are older than both clients: nothing is in the list, and no id is known.
    get('/upload-batches', async () => ({ data: [], totalCount: 0 })),
    get('/upload-batches/:id', async () => {
      throw new Fault('not_found', 'Not Found');
    }),
  ];
}

async function whyNotRestored(restored: Promise<unknown>): Promise<string | undefined> {
  try {
    await restored;
    return undefined;
  } catch (error) {
    if (isFault(error, 'not_found')) return 'not_found';
    if (isFault(error, 'illegal_state') || isFault(error, 'conflict')) return 'not_deleted';
    throw error;
  }
}

async function listResources(deps: DatamintDeps, { caller, query }: Call, further: Filter): Promise<unknown> {
  const { itemQueries } = deps.rooms;
  const page = pageOf(query);
  const place = await placeOf(deps, caller, query);
  if (!place) return listOf('resources', [], 0);
  const deleted = deletedOf(query['deleted']);
  const filter: Filter = { and: [place.filter, resourceFilter(query), further] };
  const { count } = await itemQueries.count(caller, place.datasetId, filter, undefined, deleted);
  const rows = page.limit === 0 || page.offset >= count ? [] : (await itemQueries.find(caller, place.datasetId, { filter, sort: resourceSort(query), deleted, ...page })).data;
  const ids = query['ids'] === 'True' || query['ids'] === 'true';
  return listOf('resources', rows.map((item) => (ids ? item.id : toResource(item, caller.orgId))), count);
}

/** The dataset to look in: that of the door, unless `project` names others. */
async function placeOf(deps: DatamintDeps, caller: Caller, query: Record<string, unknown>): Promise<{ datasetId: string; filter: Filter } | undefined> {
  const home = await findHome(deps, caller);
  const wanted = choiceOf(query['project'], 'project');
  if (!wanted || wanted.items.length === 0) return home && { datasetId: home.datasetId, filter: {} };
  const known = await listCollections(deps, caller, home);
  const found = wanted.items.map((name) => known.find((one) => one.name === name || one.id === name));
  return projectFilter(found, wanted.every) ?? (home && { datasetId: home.datasetId, filter: nothing });
}

/** All or none: each must be in the inbox. */
async function publish({ rooms }: DatamintDeps, caller: Caller, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const item = await rooms.items.getStored(caller, idOf(id));
    if (item.status !== 'inbox') throw new Fault('invalid_request', `Resource must be in inbox status to be approved; this one is ${item.status}.`);
  }
  for (const id of ids) await rooms.items.update(caller, id, { status: 'published' });
}

async function listChannels(deps: DatamintDeps, { caller, query }: Call): Promise<unknown> {
  const home = await findHome(deps, caller);
  if (!home) return { data: [], totalCount: 0 };
  const { channels, total } = await deps.rooms.itemQueries.channels(caller, home.datasetId, pageOf(query));
  const data = channels.map((channel) => ({
    channel_name: channel.name,
    resource_data: channel.items.map((item) => ({
      created_by: item.createdBy,
      customer_id: caller.orgId,
      resource_id: item.id,
      resource_file_name: notesOf(item).filename,
      resource_mimetype: notesOf(item).mimetype,
    })),
    deleted: false,
    created_at: channel.createdAt,
    updated_at: channel.updatedAt,
    resource_count: String(channel.count),
  }));
  return { data, totalCount: total };
}

async function sendResource({ rooms }: DatamintDeps, { caller, params, request, reply }: Call): Promise<void> {
  const id = idOf(params['id']);
  const stored = await rooms.items.getStored(caller, id);
  const { item, read } = await rooms.items.open(caller, id);
  const { filename, mimetype } = notesOf(stored);
  await sendFile(request, reply, { sha256: item.sha256, size: item.sizeBytes, mediaType: mimetype, filename, read, inline: false });
}

async function sendFrame(deps: DatamintDeps, { caller, params, reply }: Call): Promise<void> {
  const item: StoredItem = await deps.rooms.items.getStored(caller, idOf(params['id']));
  const frame = /^\d{1,9}$/.test(params['frame'] ?? '') ? Number(params['frame']) : -1;
  if (frame < 0 || frame >= (item.frames ?? 1)) throw new Fault('not_found', `The resource has no frame ${params['frame'] ?? ''}.`);
  const file = await deps.engines.blobs.localPath(item.sha256);
  try {
    void reply.header('content-type', 'image/png').header('x-content-type-options', 'nosniff').send(Buffer.from(await renderFrame(file.path, item.kind, frame)));
  } finally {
    await file.release();
  }
}
