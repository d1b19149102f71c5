import { annotationRoutes } from './annotations.ts';
import { assignmentRoutes } from './assignments.ts';
import type { DoorRoute } from './call.ts';
import type { DataloopDeps } from './context.ts';
import { notOfferedRoutes } from './not-offered.ts';
import { ontologyRoutes } from './ontologies.ts';
import { recipeRoutes } from './recipes.ts';
import { taskRoutes } from './tasks.ts';

/** The calls about people's work and what comes of it: recipes, ontologies, annotations, tasks, assignments, features, bots, models. */
export function labelingRoutes(deps: DataloopDeps): DoorRoute[] {
  return [...recipeRoutes(deps), ...ontologyRoutes(deps), ...annotationRoutes(deps), ...taskRoutes(deps), ...assignmentRoutes(deps), ...notOfferedRoutes(deps)];
}
