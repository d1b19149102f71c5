import type { Dataset } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { RecipesService } from './service.ts';
import type { StoredRecipe } from './store.ts';

/** The recipe that labeling in a dataset starts from; undefined when it has none, or one that was deleted. */
export async function recipeOf(recipes: RecipesService, caller: Caller, dataset: Pick<Dataset, 'recipeId'>): Promise<StoredRecipe | undefined> {
  if (dataset.recipeId === null) return undefined;
  try {
    return await recipes.get(caller, dataset.recipeId);
  } catch (error) {
    if (error instanceof Fault && error.code === 'not_found') return undefined;
    throw error;
  }
}
