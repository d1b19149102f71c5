import type { CommandsService } from '../../catalog/commands/service.ts';
import type { DatasetCopies } from '../../catalog/datasets/copy.ts';
import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { FoldersService } from '../../catalog/folders/service.ts';
import type { ItemQueries } from '../../catalog/items/bulk.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { KeysService } from '../../identity/keys/service.ts';
import type { MembersService } from '../../identity/members/service.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { SessionsService } from '../../identity/sessions/service.ts';
import type { UsersService } from '../../identity/users/service.ts';
import type { AnnotationsService } from '../../labeling/annotations/service.ts';
import type { AssignmentsService } from '../../labeling/batches/assignments.ts';
import type { BatchCommands } from '../../labeling/batches/background.ts';
import type { BatchesService } from '../../labeling/batches/service.ts';
import type { RecipesService } from '../../labeling/recipes/service.ts';
import type { TasksService } from '../../labeling/tasks/service.ts';

/** What the door stands on. */
export interface DataloopDeps {
  engines: { blobs: BlobStore };
  rooms: {
    keys: KeysService;
    sessions: SessionsService;
    users: UsersService;
    members: MembersService;
    projects: ProjectsService;
    datasets: DatasetsService;
    datasetCopies: DatasetCopies;
    folders: FoldersService;
    items: ItemsService;
    itemQueries: ItemQueries;
    commands: CommandsService;
    annotations: AnnotationsService;
    recipes: RecipesService;
    batches: BatchesService;
    assignments: AssignmentsService;
    batchCommands: BatchCommands;
    tasks: TasksService;
  };
  settings: { secret: string; publicUrl: () => string };
}

/** The name that rows of this door carry. */
export const origin = 'dataloop';

/** The client's gate: log-in lies directly below it, everything else below `/api/v1`. */
export const gate = '/dataloop';
export const api = `${gate}/api/v1`;

/** The address of a thing, as it stands in answers: the client cuts those of commands at `api/v1`. */
export function urlOf(deps: { settings: { publicUrl: () => string } }, path: string): string {
  return `${deps.settings.publicUrl()}${api}${path}`;
}
