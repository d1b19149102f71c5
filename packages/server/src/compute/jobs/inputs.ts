import type { Item, jobs, Parsed } from '@fovea/contract';
import type { ItemQueries } from '../../catalog/items/bulk.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import { toItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';

/** What a request names for its inputs: items by their ids, or what a query finds in a dataset. */
export type InputsGiven = Parsed<typeof jobs.create>['body']['inputs'];
type InputQuery = Exclude<InputsGiven[string], string | string[]>;

const pageItems = 1_000;
const maxItems = 100_000;

/** Finds the items of a request, all of which the caller must see. */
export function inputFinder({ items, queries }: { items: Pick<ItemsService, 'getMany'>; queries: Pick<ItemQueries, 'find'> }) {
  async function queried(caller: Caller, name: string, { dataset, filter, sort, limit }: InputQuery): Promise<Item[]> {
    const found: Item[] = [];
    const most = limit ?? maxItems;
    let cursor: string | undefined;
    do {
      const page = await queries.find(caller, dataset, { filter, sort, limit: Math.min(pageItems, most - found.length), cursor });
      found.push(...page.data.map(toItem));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined && found.length < most);
    if (found.length === 0) throw refused(name, 'is a query that finds no item');
    if (cursor !== undefined && limit === undefined) throw refused(name, `is a query that finds more than ${maxItems.toLocaleString('en')} items; give it a limit, or a narrower filter`);
    return found;
  }

  return async (caller: Caller, inputs: InputsGiven): Promise<Record<string, Item[]>> => {
    const found: Record<string, Item[]> = {};
    for (const [name, given] of Object.entries(inputs)) {
      found[name] = typeof given === 'string' || Array.isArray(given) ? await items.getMany(caller, [given].flat()) : await queried(caller, name, given);
    }
    return found;
  };
}

function refused(name: string, message: string): Fault {
  const path = `body.inputs.${name}`;
  return new Fault('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
