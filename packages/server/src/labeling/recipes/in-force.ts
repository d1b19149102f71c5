import { recipeIdOf } from '../../catalog/datasets/store.ts';
import type { Queryable } from '../../engines/database/database.ts';
import { selectRecipeRef, selectRecipe, type StoredRecipe } from './store.ts';

const maxKept = 200;

/** Where work is done: in a dataset, and perhaps in a task that has its own version of a recipe. */
export interface WorkPlace {
  datasetId: string;
  task?: { recipeId: string | null; recipeVersion: number | null } | undefined;
}

export type RecipesInForce = ReturnType<typeof recipesInForce>;

/** Finds the recipe that work is checked by. Versions never change, so they are read once; which one is in force is asked each time. */
export function recipesInForce() {
  const kept = new Map<string, StoredRecipe>();

  async function version(db: Queryable, id: string, number: number): Promise<StoredRecipe | undefined> {
    const key = `${id} ${number}`;
    const known = kept.get(key) ?? (await selectRecipe(db, id, { version: number }));
    if (!known) return undefined;
    kept.delete(key);
    kept.set(key, known);
    const [oldest] = kept.keys();
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    return known;
  }

  /** The version that a task was made under, else the newest of its recipe. */
  async function ofTask(db: Queryable, task: { recipeId: string | null; recipeVersion: number | null }): Promise<StoredRecipe | undefined> {
    if (task.recipeId === null) return undefined;
    if (task.recipeVersion !== null) return version(db, task.recipeId, task.recipeVersion);
    const ref = await selectRecipeRef(db, task.recipeId);
    return ref && version(db, ref.id, ref.version);
  }

  return {
    /** The task's recipe at its version, else the newest of the dataset's; undefined where there is none. */
    async of(db: Queryable, { datasetId, task }: WorkPlace): Promise<StoredRecipe | undefined> {
      if (task?.recipeId) return ofTask(db, task);
      const ref = await selectRecipeRef(db, recipeIdOf(datasetId));
      return ref && version(db, ref.id, ref.version);
    },

    ofTask,

    /** A recipe at its version, where both are known. */
    version,
  };
}
