import type { Dataset } from '@fovea/contract';
import type { Caller } from '../../identity/caller.ts';
import { origin, type DataloopDeps } from './context.ts';

/** The recipe, with its ontology, that a new dataset gets unless its maker brings one. */
export async function giveDefaultRecipe({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, dataset: Dataset): Promise<Dataset> {
  const recipe = await rooms.recipes.ensure(caller, dataset.projectId, {
    name: `${dataset.name} Default Recipe`.slice(0, 200),
    labels: [],
    attributes: [],
    instructions: '',
    allowNewLabels: true,
    params: {},
    origin,
    externalId: `default:${dataset.id}`,
  });
  return rooms.datasets.update(caller, dataset.id, { recipeId: recipe.id });
}
