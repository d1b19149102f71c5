import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { ItemQueries } from '../../catalog/items/bulk.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import type { VersionsService } from '../../catalog/versions/service.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { KeysService } from '../../identity/keys/service.ts';
import type { MembersService } from '../../identity/members/service.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { UsersService } from '../../identity/users/service.ts';
import type { AnnotationsService } from '../../labeling/annotations/service.ts';
import type { BatchesService } from '../../labeling/batches/service.ts';
import type { RecipesService } from '../../labeling/recipes/service.ts';
import type { TasksService } from '../../labeling/tasks/service.ts';

/** What the door stands on. */
export interface DatamintDeps {
  engines: { blobs: BlobStore };
  rooms: {
    keys: KeysService;
    users: UsersService;
    members: MembersService;
    projects: ProjectsService;
    datasets: DatasetsService;
    items: ItemsService;
    itemQueries: ItemQueries;
    versions: VersionsService;
    annotations: AnnotationsService;
    batches: BatchesService;
    recipes: RecipesService;
    tasks: TasksService;
  };
  settings: { secret: string };
}

/** The name that rows of this door carry. */
export const origin = 'datamint';
export const base = '/datamint';
const datasetName = 'Resources';

/** Where an organisation's resources lie. */
export interface Home {
  projectId: string;
  datasetId: string;
}

/** The project and dataset of the door, made on first use; undefined for a key that sees none and may not make one. */
export async function findHome({ rooms }: DatamintDeps, caller: Caller): Promise<Home | undefined> {
  const maker = caller.scopes.has('write') && caller.onlyProjectId === null;
  const project = maker
    ? await rooms.projects.ensure(caller, { externalId: origin, name: 'Datamint', role: 'manager' })
    : (await rooms.projects.find(caller, { externalId: origin }))[0];
  if (!project) return undefined;
  const find = () => rooms.datasets.get(caller, datasetName, { project: project.id });
  const dataset = await find().catch(async (error: unknown) => {
    if (!isFault(error, 'not_found')) throw error;
    if (!maker) return undefined;
    const fresh = { project: project.id, name: datasetName, description: 'Resources that came through the Datamint API', metadata: {}, itemDays: null };
    // Of two requests that make it at once, one finds what the other made.
    return rooms.datasets.create(caller, fresh).catch((raced: unknown) => {
      if (!isFault(raced, 'conflict')) throw raced;
      return find();
    });
  });
  return dataset && { projectId: project.id, datasetId: dataset.id };
}

export async function needHome(deps: DatamintDeps, caller: Caller): Promise<Home> {
  const home = await findHome(deps, caller);
  if (!home) throw new Fault('forbidden', 'This key does not open the resources of the organisation.');
  return home;
}

export function isFault(error: unknown, code: Fault['code']): boolean {
  return error instanceof Fault && error.code === code;
}
