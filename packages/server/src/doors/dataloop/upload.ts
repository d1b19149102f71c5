import type { FastifyRequest } from 'fastify';
import { mergeMetadata } from '../../catalog/items/metadata.ts';
import { Fault } from '../../fault.ts';
import { parseJson } from '../../http/body.ts';
import { readMultipart } from '../../http/multipart.ts';
import type { Caller } from '../../identity/caller.ts';
import { bodyOf, idOf, type Call } from './call.ts';
import { origin, type DataloopDeps } from './context.ts';
import { itemRefs } from './item-refs.ts';
import { asJson, asText, type Json } from './json.ts';
import { showFolder, showItem } from './show-item.ts';

/** One file a request; its size is bounded by the platform's own limit. */
const limits = { maxFiles: 1, maxFileBytes: Number.MAX_SAFE_INTEGER, maxFields: 20, maxFieldBytes: 2 * 1024 * 1024 };

/** A path as the store has it: with one slash at the start and between folders. */
export function remotePath(text: string): string {
  return `/${text}`.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

/** `POST /datasets/{id}/items`: a file with what is said about it, or a folder. */
export async function upload(deps: DataloopDeps, call: Call): Promise<unknown> {
  const datasetId = idOf(call, 'dataset');
  if (!/^multipart\/form-data/i.test(call.request.headers['content-type'] ?? '')) return makeFolder(deps, call, datasetId);
  const { items } = deps.rooms;
  const dataset = await items.authorizeUpload(call.caller, datasetId);
  const { fields, file } = await readForm(deps, call.request);
  if (fields['type'] === 'dir') return makeFolder(deps, call, datasetId, fields);
  if (!file) throw new Fault('invalid_request', 'The form has no part "file".', { errors: [{ path: 'body.file', message: 'is required' }] });
  const overwrite = call.query['mode'] === 'overwrite';
  const { system, ...metadata } = metadataOf(fields['metadata']);
  const said = {
    metadata: mergeMetadata({}, metadata),
    description: fields['description'] ?? '',
    extra: asJson(system) ? { system: mergeMetadata({}, asJson(system) ?? {}) } : null,
  };
  const placement = { path: remotePath(pathOf(fields, file.filename)), rule: overwrite ? ('replace' as const) : ('skip' as const), blob: file.blob, media: file.media, origin, ...said };
  const { outcome, item } = await items.adopt(call.caller, dataset, placement);
  if (overwrite && outcome !== 'created') await sayAnew(deps, call.caller, item.id, fields, { ...metadata }, asJson(system));
  void call.reply.header('x-item-op', outcome === 'created' ? 'created' : overwrite ? 'overwrite' : 'exists');
  const refs = await itemRefs(deps, call.caller, [item.id]);
  // The size is that of this upload, also when another one has come since: the client takes any other for a broken transfer.
  const { sizeBytes, width, height } = item;
  return showItem(deps, { ...(await items.getStored(call.caller, item.id)), sizeBytes, width, height }, refs(item.id));
}

interface Form {
  fields: Record<string, string>;
  file: (Awaited<ReturnType<DataloopDeps['rooms']['items']['receive']>> & { filename: string }) | undefined;
}

/** The text fields, which come first, and the content, stored as it arrives. */
async function readForm({ rooms }: DataloopDeps, request: FastifyRequest): Promise<Form> {
  const form: Form = { fields: {}, file: undefined };
  await readMultipart(request, limits, {
    async file(part) {
      const name = form.fields['path'] ?? part.filename;
      form.file = { ...(await rooms.items.receive(part.stream, name.slice(name.lastIndexOf('/') + 1))), filename: part.filename };
    },
    field(name, value) {
      form.fields[name] = value;
    },
  });
  return form;
}

/** The full remote path; a client that sends none means the file's own name, which is percent-encoded. */
function pathOf(fields: Record<string, string>, filename: string): string {
  const path = asText(fields['path']);
  if (path !== undefined) return path;
  try {
    return decodeURIComponent(filename);
  } catch {
    return filename;
  }
}

function metadataOf(text: string | undefined): Json {
  if (text === undefined || text.trim() === '') return {};
  const value = parseJson(Buffer.from(text), 64);
  if (value === null) return {};
  const metadata = asJson(value);
  if (!metadata) throw new Fault('invalid_request', 'The part "metadata" must hold a JSON object.', { errors: [{ path: 'body.metadata', message: 'must be a JSON object' }] });
  return metadata;
}

/** What came along with new content for an item that was there. */
async function sayAnew({ rooms }: DataloopDeps, caller: Caller, id: string, fields: Record<string, string>, metadata: Json, system: Json | undefined): Promise<void> {
  const change = {
    ...(Object.keys(metadata).length > 0 ? { mergeMetadata: metadata } : {}),
    ...(system ? { mergeExtra: { system } } : {}),
    ...(fields['description'] === undefined ? {} : { description: fields['description'] }),
  };
  if (Object.keys(change).length > 0) await rooms.items.update(caller, id, change);
}

async function makeFolder(deps: DataloopDeps, call: Call, datasetId: string, form?: Json): Promise<unknown> {
  const body = form ?? asJson(await bodyOf(call.request)) ?? {};
  const path = asText(body['path']);
  if (body['type'] !== 'dir' || path === undefined || remotePath(path) === '/') {
    throw new Fault('invalid_request', 'Send a file as multipart/form-data, or a folder as the form "type=dir&path=/folder".');
  }
  return showFolder(deps, await deps.rooms.folders.ensure(call.caller, datasetId, remotePath(path)));
}
