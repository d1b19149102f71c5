import { Readable } from 'node:stream';
import type { Filter } from '@fovea/contract';
import { z } from 'zod';
import type { CommandHandler } from '../../catalog/commands/service.ts';
import { zipStream } from '../../http/stored-zip.ts';
import type { Caller } from '../../identity/caller.ts';
import { idOf, parse, post, type Call, type DoorRoute } from './call.ts';
import { origin, urlOf, type DataloopDeps } from './context.ts';
import { annotationFilter, itemFilter } from './dql/resources.ts';
import { readDql } from './dql/translate.ts';
import { exportKind } from './export-kind.ts';
import { itemRefs } from './item-refs.ts';
import { asJson, type Json } from './json.ts';
import { showAnnotation } from './show-annotation.ts';
import { begun } from './show-command.ts';
import { showItem } from './show-item.ts';

const exportBody = z.looseObject({
  exportType: z.enum(['json', 'zip']).nullish(),
  itemsQuery: z.unknown().optional(),
  annotations: z.looseObject({ include: z.boolean().nullish() }).nullish(),
  annotationsQuery: z.unknown().optional(),
});

interface ExportInput {
  datasetId: string;
  type: 'json' | 'zip';
  filter: Filter;
  annotations: Filter | null;
}

const stepItems = 500;
/** The file that is made is for the client that asked; it goes by itself. */
const keptHours = 24;

/** Exports of a dataset in the client's own form, as a hidden item of it. */
export function exportRoutes(deps: DataloopDeps): DoorRoute[] {
  deps.rooms.commands.handle(exportKind, runExport(deps));
  return [post('/datasets/:dataset/export', (call) => startExport(deps, call))];
}

async function startExport(deps: DataloopDeps, call: Call): Promise<unknown> {
  const datasetId = idOf(call, 'dataset');
  const body = parse(exportBody, await call.body());
  const dataset = await deps.rooms.items.authorizeUpload(call.caller, datasetId);
  // Clients of the first kind name no type, want an archive, and mean the annotations with it.
  const type = body.exportType ?? 'zip';
  const wanted = body.annotations?.include ?? body.exportType === undefined;
  const input: ExportInput = {
    datasetId,
    type,
    filter: itemFilter(datasetId, readDql(asJson(body.itemsQuery) ?? {})),
    annotations: wanted ? annotationFilter(datasetId, readDql(asJson(body.annotationsQuery) ?? {})) : null,
  };
  return begun(deps, call.caller, await deps.rooms.commands.ask(call.caller, { kind: exportKind, projectId: dataset.projectId, subjectId: datasetId, input: { ...input } }));
}

function runExport(deps: DataloopDeps): CommandHandler {
  return async ({ command, caller, advance }) => {
    const input = command.input as unknown as ExportInput;
    const { items, itemQueries } = deps.rooms;
    const dataset = await items.authorizeUpload(caller, input.datasetId);
    const { count: total } = await itemQueries.count(caller, input.datasetId, input.filter);
    const rows = rowsOf(deps, caller, input, (done) => advance({ done, total: Math.max(total, done) }));
    const name = `${command.id}.${input.type}`;
    const received = await items.receive(Readable.from(input.type === 'zip' ? zipped(rows) : oneArray(rows)), name);
    const expiresAt = new Date(Date.now() + keptHours * 3_600_000).toISOString();
    const { item } = await items.adopt(caller, dataset, { path: `/.dataloop/exports/${name}`, rule: 'replace', blob: received.blob, media: received.media, origin, expiresAt });
    return { outputItemId: item.id, items: total };
  };
}

/** The items with their annotations, step by step. */
async function* rowsOf(deps: DataloopDeps, caller: Caller, input: ExportInput, progress: (done: number) => Promise<void>): AsyncGenerator<Json> {
  let cursor: string | undefined;
  let done = 0;
  do {
    const page = await deps.rooms.itemQueries.find(caller, input.datasetId, { filter: input.filter, sort: [{ field: 'id', direction: 'asc' }], limit: stepItems, cursor });
    const ids = page.data.map((item) => item.id);
    const refs = await itemRefs(deps, caller, ids);
    const found = input.annotations === null || ids.length === 0 ? [] : await annotationsOf(deps, caller, input.datasetId, { and: [input.annotations, { itemId: { in: ids } }] });
    const byItem = Map.groupBy(found, (annotation) => annotation.itemId);
    for (const item of page.data) {
      const annotations = (byItem.get(item.id) ?? []).map((annotation) => showAnnotation((path) => urlOf(deps, path), annotation));
      yield { ...showItem(deps, item, refs(item.id)), ...(input.annotations === null ? {} : { annotations }) };
    }
    done += ids.length;
    await progress(done);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

async function annotationsOf({ rooms }: DataloopDeps, caller: Caller, datasetId: string, filter: Filter) {
  const found: Awaited<ReturnType<typeof rooms.annotations.find>>['data'] = [];
  let cursor: string | undefined;
  do {
    const page = await rooms.annotations.find(caller, datasetId, { filter, sort: [{ field: 'id', direction: 'asc' }], limit: 1_000, cursor });
    found.push(...page.data);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

async function* oneArray(rows: AsyncIterable<Json>): AsyncGenerator<Buffer> {
  let before = '[';
  for await (const row of rows) {
    yield Buffer.from(`${before}${JSON.stringify(row)}`);
    before = ',\n';
  }
  yield Buffer.from(before === '[' ? '[]' : ']');
}

/** `<path without extension>.json` per item; of two that differ in their extension only, the second keeps it. */
async function* zipped(rows: AsyncIterable<Json>): AsyncGenerator<Uint8Array> {
  const taken = new Set<string>();
  const entries = [];
  for await (const row of rows) {
    const path = String(row['filename']).slice(1);
    const short = path.replace(/(?<=[^/])\.[^./]*$/, '');
    const name = `${taken.has(short) ? path : short}.json`;
    taken.add(short);
    const bytes = Buffer.from(JSON.stringify(row));
    entries.push({ name, size: bytes.length, open: async () => [bytes] as unknown as AsyncIterable<Uint8Array> });
  }
  yield* zipStream(entries);
}
