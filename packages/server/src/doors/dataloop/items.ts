import { z } from 'zod';
import { Fault } from '../../fault.ts';
import { sendFile } from '../../http/send-file.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, idOf, parse, patch, post, put, remove, type Call, type DoorRoute } from './call.ts';
import type { DataloopDeps } from './context.ts';
import { fromWireId } from './ids.ts';
import { itemRefs } from './item-refs.ts';
import { asJson, asText, type Json } from './json.ts';
import { below, ended } from './query-items.ts';
import { showFolder, showItem } from './show-item.ts';
import { remotePath, upload } from './upload.ts';

const moveBody = z.array(z.string()).max(100_000);

/** Items one by one: files, and folders, which are items to the wire. */
export function itemRoutes(deps: DataloopDeps): DoorRoute[] {
  const { items } = deps.rooms;
  async function show(caller: Caller, id: string): Promise<Json> {
    const item = await items.getStored(caller, id);
    return showItem(deps, item, (await itemRefs(deps, caller, [id]))(id));
  }
  return [
    post('/datasets/:dataset/items', (call) => upload(deps, call)),
    put('/datasets/:dataset/items/:item', (call) => moveInto(deps, call)),
    get('/items/:item', async (call) => {
      const id = idOf(call, 'item');
      return orFolder(() => show(call.caller, id), async () => showFolder(deps, await deps.rooms.folders.get(call.caller, id)));
    }),
    patch('/items/:item', async (call) => {
      const id = idOf(call, 'item');
      const body = asJson(await call.body()) ?? {};
      return orFolder(
        async () => {
          await change(deps, call, id, body);
          return show(call.caller, id);
        },
        () => moveFolder(deps, call.caller, id, body),
      );
    }),
    remove('/items/:item', async ({ caller, params }) => {
      const id = idOf({ params }, 'item');
      await orFolder(() => items.delete(caller, id), () => deleteFolder(deps, caller, id));
      return {};
    }),
    get('/items/:item/stream', async (call) => {
      const { item, read } = await items.open(call.caller, idOf(call, 'item'));
      await sendFile(call.request, call.reply, { sha256: item.sha256, size: item.sizeBytes, mediaType: item.mediaType, filename: item.name, read });
      return undefined;
    }),
    get('/items/:item/thumbnail', async (call) => {
      const { sha256, size, read } = await items.openThumbnail(call.caller, idOf(call, 'item'));
      await sendFile(call.request, call.reply, { sha256, size, mediaType: 'image/webp', filename: 'thumbnail.webp', read });
      return undefined;
    }),
  ];
}

/** What is no file may be a folder; of neither, the first error is told. */
async function orFolder<T>(file: () => Promise<T>, folder: () => Promise<T>): Promise<T> {
  try {
    return await file();
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'not_found') throw error;
    return folder().catch((second: unknown) => {
      throw second instanceof Fault && second.code === 'not_found' ? error : second;
    });
  }
}

/** A difference: metadata is merged and null removes a key, `filename` moves. What lies in `metadata.system` is changed with `system=true` only. */
async function change({ rooms }: DataloopDeps, call: Call, id: string, body: Json): Promise<void> {
  const { system, ...metadata } = asJson(body['metadata']) ?? {};
  const { description } = body;
  const filename = asText(body['filename']);
  const name = asText(body['name']);
  const before = await rooms.items.getStored(call.caller, id);
  const path = filename !== undefined ? remotePath(filename) : name !== undefined && name !== before.name ? remotePath(`${before.folder}/${name}`) : undefined;
  const wanted = {
    ...(Object.keys(metadata).length > 0 ? { mergeMetadata: metadata } : {}),
    ...(call.query['system'] === 'true' && asJson(system) ? { mergeExtra: { system: withoutFacts(asJson(system) ?? {}) } } : {}),
    ...(path !== undefined && path !== before.path ? { path } : {}),
    ...(description === null ? { description: '' } : typeof description === 'string' ? { description } : {}),
  };
  await rooms.items.update(call.caller, id, wanted);
}

/** What follows from the file and from the tasks is not kept when it comes back. */
function withoutFacts(system: Json): Json {
  const { refs: _refs, taskStatusLog: _log, size: _size, originalname: _name, mimetype: _type, ...rest } = system;
  return rest;
}

async function moveFolder(deps: DataloopDeps, caller: Caller, id: string, body: Json): Promise<Json> {
  const folder = await deps.rooms.folders.get(caller, id);
  const filename = asText(body['filename']);
  const to = filename === undefined ? folder.path : remotePath(filename);
  if (to !== folder.path) {
    await deps.rooms.folders.ensure(caller, folder.datasetId, to);
    await deps.rooms.itemQueries.moveFolder(caller, folder.datasetId, { from: folder.path, to });
  }
  return showFolder(deps, await deps.rooms.folders.get(caller, id));
}

async function deleteFolder(deps: DataloopDeps, caller: Caller, id: string): Promise<void> {
  const folder = await deps.rooms.folders.get(caller, id);
  await ended(deps, caller, await deps.rooms.itemQueries.deleteMany(caller, folder.datasetId, { filter: below(folder.path) }));
  await deps.rooms.folders.delete(caller, id);
}

/** Moves items, and folders with what is in them, into a folder. */
async function moveInto(deps: DataloopDeps, call: Call): Promise<unknown> {
  const folder = await deps.rooms.folders.get(call.caller, idOf(call, 'item'));
  if (folder.datasetId !== idOf(call, 'dataset')) throw new Fault('not_found', `There is no item "${call.params['item']}" in this dataset.`);
  const ids = parse(moveBody, await call.body());
  for (const wire of ids) {
    const id = fromWireId(wire);
    if (id === undefined) throw new Fault('not_found', `There is no item "${wire.slice(0, 100)}".`);
    await orFolder<unknown>(
      async () => {
        const item = await deps.rooms.items.getStored(call.caller, id);
        if (item.datasetId !== folder.datasetId) throw new Fault('invalid_request', `The item "${wire}" is in another dataset.`);
        const path = `${folder.path}/${item.name}`;
        if (path !== item.path) await deps.rooms.items.update(call.caller, id, { path });
      },
      async () => {
        const moved = await deps.rooms.folders.get(call.caller, id);
        return moveFolder(deps, call.caller, id, { filename: `${folder.path}/${moved.path.slice(moved.path.lastIndexOf('/') + 1)}` });
      },
    );
  }
  return { success: true, moved: ids.length };
}
