import type { ItemBulkChange } from '@fovea/contract';
import { z } from 'zod';
import { idOf, parse, post, type Call, type DoorRoute } from './call.ts';
import { doneCommand } from './commands.ts';
import type { DataloopDeps } from './context.ts';
import { itemFilter } from './dql/resources.ts';
import { readDql } from './dql/translate.ts';
import { asJson, type Json } from './json.ts';
import { begun } from './show-command.ts';
import { ended } from './query-items.ts';

const share = z.number().min(0).max(100);
const splitBody = z.looseObject({ itemsQuery: z.unknown().optional(), MLSplitList: z.record(z.string(), share) });
const bulkBody = z.looseObject({ query: z.unknown().optional(), updateQuery: z.looseObject({ update: z.unknown(), systemSpace: z.boolean().nullish() }) });

/** Work on a whole dataset: subsets for learning, changes of many items, the store behind it. */
export function datasetWorkRoutes(deps: DataloopDeps): DoorRoute[] {
  return [
    // Files lie in the platform's own store, so that there is nothing elsewhere to be in step with.
    post('/datasets/:dataset/sync', async (call) => {
      const { id } = await deps.rooms.datasets.get(call.caller, idOf(call, 'dataset'));
      return doneCommand(deps, 'SyncDataset', { datasetId: call.params['dataset'] ?? id });
    }),
    post('/datasets/:dataset/split', (call) => split(deps, call)),
    post('/datasets/:dataset/items/bulk-update-metadata', async (call) => {
      const datasetId = idOf(call, 'dataset');
      const { query, updateQuery } = parse(bulkBody, await call.body());
      const { system, ...metadata } = asJson(asJson(updateQuery.update)?.['metadata']) ?? {};
      const change = { ...merging(metadata), ...(updateQuery.systemSpace && asJson(system) ? { mergeExtra: { system } } : {}) };
      return begun(deps, call.caller, await deps.rooms.itemQueries.updateMany(call.caller, datasetId, { filter: filterOf(datasetId, query), change }));
    }),
  ];
}

const filterOf = (datasetId: string, query: unknown) => itemFilter(datasetId, readDql(asJson(query) ?? {}));
const merging = (metadata: Json): ItemBulkChange => (Object.keys(metadata).length > 0 ? { mergeMetadata: metadata } : {});

/** Shares the items out in the order of their ids, each subset with its part of every hundred, and notes it as a tag of theirs. */
async function split(deps: DataloopDeps, call: Call): Promise<Json> {
  const datasetId = idOf(call, 'dataset');
  const { itemsQuery, MLSplitList: shares } = parse(splitBody, await call.body());
  const filter = filterOf(datasetId, itemsQuery);
  const names = Object.keys(shares);
  const members = new Map<string, string[]>(names.map((name) => [name, []]));
  const { itemQueries } = deps.rooms;
  let cursor: string | undefined;
  let seen = 0;
  do {
    const page = await itemQueries.find(call.caller, datasetId, { filter, sort: [{ field: 'id', direction: 'asc' }], limit: 1_000, cursor });
    for (const { id } of page.data) members.get(nextSubset(shares, members, ++seen))?.push(id);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  for (const [name, ids] of members) {
    const tags = Object.fromEntries(names.map((other) => [other, other === name ? true : null]));
    for (let start = 0; start < ids.length; start += 5_000) {
      const step = { filter: { id: { in: ids.slice(start, start + 5_000) } }, change: { mergeExtra: { system: { tags } } } };
      await ended(deps, call.caller, await itemQueries.updateMany(call.caller, datasetId, step));
    }
  }
  return doneCommand(deps, 'SplitDataset', { datasetId: call.params['dataset'], subsets: Object.fromEntries([...members].map(([name, ids]) => [name, ids.length])) });
}

/** The subset that is furthest behind its share. */
function nextSubset(shares: Readonly<Record<string, number>>, members: ReadonlyMap<string, readonly string[]>, seen: number): string {
  const behind = (name: string) => ((shares[name] ?? 0) / 100) * seen - (members.get(name)?.length ?? 0);
  return Object.keys(shares).reduce((best, name) => (behind(name) > behind(best) ? name : best));
}
