import type { DoorRoute } from './call.ts';
import type { DataloopDeps } from './context.ts';
import { labelingRoutes } from './labeling-routes.ts';
import { projectRoutes } from './projects.ts';
import { userRoutes } from './users.ts';

/** Every call of the API, a resource a line. */
export function dataloopRoutes(deps: DataloopDeps): DoorRoute[] {
  return [...userRoutes(deps), ...projectRoutes(deps), ...labelingRoutes(deps)];
}
