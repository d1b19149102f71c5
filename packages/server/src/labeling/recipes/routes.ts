import { recipes } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import type { RecipesService } from './service.ts';
import { toRecipe } from './store.ts';

export function recipeRoutes(service: RecipesService): Route[] {
  return [
    route(recipes.create, async ({ caller, body, keep }) => toRecipe(await service.create(caller, body, (tx, made) => keep(tx, toRecipe(made))))),
    route(recipes.list, ({ caller, query }) => service.list(caller, query)),
    route(recipes.get, async ({ caller, params, query }) => toRecipe(await service.get(caller, params.recipe, query.version))),
    route(recipes.update, async ({ caller, params, body, ifMatch }) => toRecipe(await service.update(caller, params.recipe, body, ifMatch))),
    route(recipes.versions, ({ caller, params, query }) => service.versions(caller, params.recipe, query)),
    route(recipes.delete, ({ caller, params }) => service.delete(caller, params.recipe)),
  ];
}
