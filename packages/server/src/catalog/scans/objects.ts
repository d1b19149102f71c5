import type { Database } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import { authorizeDataset } from '../datasets/access.ts';
import { selectInstances, selectObjects, type FoundObject, type ObjectQuery } from '../items/objects-store.ts';
import type { StoredItem } from '../items/store.ts';

export type ObjectsService = ReturnType<typeof objectsService>;

const maxInstances = 20_000;

/** DICOM studies, series and instances, wherever they are kept among what the caller sees. */
export function objectsService({ db }: { db: Database }) {
  async function check(caller: Caller, datasetId: string | undefined): Promise<void> {
    if (datasetId === undefined) needScope(caller, 'read');
    else await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
  }

  return {
    async find(caller: Caller, query: ObjectQuery): Promise<FoundObject[]> {
      await check(caller, query.datasetId);
      return selectObjects(db, caller, query);
    },

    /** The items of a study, series or instance; faults `not_found` when there are none. */
    async instances(caller: Caller, uids: { study: string; series?: string | undefined; instance?: string | undefined; datasetId?: string | undefined }): Promise<StoredItem[]> {
      await check(caller, uids.datasetId);
      const found = await selectInstances(db, caller, uids, maxInstances + 1);
      const kind = uids.instance !== undefined ? 'instance' : uids.series !== undefined ? 'series' : 'study';
      if (found.length === 0) throw new Fault('not_found', `There is no ${kind} "${(uids.instance ?? uids.series ?? uids.study).slice(0, 200)}".`);
      if (found.length > maxInstances) throw new Fault('too_large', `The ${kind} has more than ${maxInstances.toLocaleString('en')} instances; ask for its series one by one.`);
      return found;
    },
  };
}
