import type { ProjectRole, Scope } from '@fovea/contract';
import type { Queryable } from '../../engines/database/database.ts';
import { notFound } from '../../fault.ts';
import { decide } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { datasetPlace } from './store.ts';

export interface DatasetAccess {
  readonly id: string;
  readonly projectId: string;
  readonly role: ProjectRole;
  readonly itemDays: number | null;
  readonly quotaBytes: number | null;
}

/** Checks that the caller may do this in the dataset, and tells its project. */
export async function authorizeDataset(
  db: Queryable,
  caller: Caller,
  datasetId: string,
  need: { role: ProjectRole; scope: Scope; deleted?: boolean },
): Promise<DatasetAccess> {
  const place = await datasetPlace(db, datasetId, caller.userId);
  if (!place || (place.deleted && !need.deleted)) throw notFound('dataset', datasetId);
  // Place and rights come with one question: every page and every upload asks it.
  const { role } = decide(caller, place.projectId, place.project, { role: need.role, scope: need.scope, as: { kind: 'dataset', id: datasetId } });
  return { id: datasetId, projectId: place.projectId, role, itemDays: place.itemDays, quotaBytes: place.quotaBytes };
}
