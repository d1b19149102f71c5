import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { ItemQueries } from '../../catalog/items/bulk.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import type { AnalyticsService } from '../../compute/analytics/service.ts';
import type { JobsService } from '../../compute/jobs/service.ts';
import type { ProtocolFinder } from '../../compute/runners/all.ts';
import type { RunsService } from '../../compute/runs/service.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import type { Outbound } from '../../engines/outbound/outbound.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { KeysService } from '../../identity/keys/service.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';

/** What the door stands on. */
export interface Voxel51Deps {
  engines: { db: Database; blobs: BlobStore; outbound: Outbound };
  rooms: {
    keys: KeysService;
    projects: ProjectsService;
    datasets: DatasetsService;
    items: ItemsService;
    itemQueries: ItemQueries;
    analytics: AnalyticsService;
    jobs: JobsService;
    runs: RunsService;
  };
  /** Where the door says how containers of its analytics are run. */
  containerProtocols: ProtocolFinder[];
  settings: { publicUrl: () => string; secret: string; maxUploadBytes: number };
}

/** The name that rows of this door carry. */
export const origin = 'voxel51';
export const base = '/voxel51';

/** The protocol knows no projects: everything of an organisation lies in this one. */
export async function projectOf({ rooms }: Voxel51Deps, caller: Caller): Promise<string> {
  return (await rooms.projects.ensure(caller, { externalId: origin, name: 'Voxel51', role: 'developer' })).id;
}

/** A dataset of that project, made on first use; of two that make it at once, one finds what the other made. */
export async function datasetOf(deps: Voxel51Deps, caller: Caller, name = 'data'): Promise<{ id: string; projectId: string }> {
  const { datasets } = deps.rooms;
  const project = await projectOf(deps, caller);
  const get = async () => ({ id: (await datasets.get(caller, name, { project })).id, projectId: project });
  try {
    return await get();
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'not_found') throw error;
  }
  try {
    await datasets.create(caller, { project, name, description: '', metadata: {}, itemDays: null });
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
  }
  return get();
}
