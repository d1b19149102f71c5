import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import type { DeliveriesService } from '../../events/deliveries/service.ts';
import type { Idempotency } from '../../http/idempotency.ts';
import type { Caller } from '../../identity/caller.ts';
import type { KeysService } from '../../identity/keys/service.ts';
import type { MembersService } from '../../identity/members/service.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { UsersService } from '../../identity/users/service.ts';
import type { AnnotationsService } from '../../labeling/annotations/service.ts';
import type { BatchesService } from '../../labeling/batches/service.ts';
import type { RecipesService } from '../../labeling/recipes/service.ts';
import type { AttachmentsService } from '../../labeling/tasks/attachments.ts';
import type { TaskPreparation } from '../../labeling/tasks/background.ts';
import type { TasksService } from '../../labeling/tasks/service.ts';
import type { Logger } from '../../logger.ts';

/** What the door stands on. */
export interface ScaleDeps {
  engines: { db: Database; blobs: BlobStore; logger: Logger };
  rooms: {
    keys: KeysService;
    projects: ProjectsService;
    members: MembersService;
    users: UsersService;
    datasets: DatasetsService;
    items: ItemsService;
    annotations: AnnotationsService;
    recipes: RecipesService;
    batches: BatchesService;
    tasks: TasksService;
    attachments: AttachmentsService;
    deliveries: DeliveriesService;
  };
  preparations: TaskPreparation[];
  idempotency: Idempotency;
  settings: { publicUrl: () => string; secret: string };
}

/** The name that rows of this door carry. */
export const origin = 'scale';

export type Mode = 'live' | 'test';

export function modeOf(caller: Pick<Caller, 'test'>): Mode {
  return caller.test ? 'test' : 'live';
}
