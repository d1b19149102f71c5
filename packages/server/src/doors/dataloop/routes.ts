import type { DoorRoute } from './call.ts';
import { commandRoutes } from './commands.ts';
import type { DataloopDeps } from './context.ts';
import { copyRoutes } from './copies.ts';
import { datasetWorkRoutes } from './dataset-work.ts';
import { datasetRoutes } from './datasets.ts';
import { exportRoutes } from './export.ts';
import { itemRoutes } from './items.ts';
import { labelingRoutes } from './labeling-routes.ts';
import { projectRoutes } from './projects.ts';
import { userRoutes } from './users.ts';

/** Every call of the API, a resource a line. */
export function dataloopRoutes(deps: DataloopDeps): DoorRoute[] {
  return [...userRoutes(deps), ...projectRoutes(deps), ...datasetRoutes(deps), ...copyRoutes(deps), ...datasetWorkRoutes(deps), ...exportRoutes(deps), ...itemRoutes(deps), ...commandRoutes(deps), ...labelingRoutes(deps)];
}
