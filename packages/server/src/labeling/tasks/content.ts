import type { Parsed, tasks } from '@fovea/contract';
import type { Database } from '../../engines/database/database.ts';
import { notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { recipesInForce } from '../recipes/in-force.ts';
import type { RecipesService } from '../recipes/service.ts';
import { selectRecipe, type StoredRecipe } from '../recipes/store.ts';
import { contentDigest, recipeContent, saysLabels } from '../task-types/labels.ts';
import { attachmentsOf, needParams } from '../task-types/params.ts';
import type { Json } from '../task-types/work.ts';

type Body = Parsed<typeof tasks.create>['body'];

/** Where a task is made. */
export interface TaskPlace {
  projectId: string;
  batchRecipeId: string | null;
  item: { datasetId: string } | undefined;
}

export interface TaskContent {
  params: Json;
  /** What is fetched before people see it. */
  attachment: string | null;
  recipe: { id: string; version: number } | undefined;
}

/** What a task of the native API is about: the parameters of its recipe and its own, checked by its type, and what people label it with. */
export function taskContent({ db, recipes }: { db: Database; recipes: RecipesService }) {
  const inForce = recipesInForce();

  async function recipeFor(body: Body, place: TaskPlace): Promise<StoredRecipe | undefined> {
    const id = body.recipe ?? place.batchRecipeId;
    if (id === null) return place.item && inForce.of(db, { datasetId: place.item.datasetId });
    const found = await selectRecipe(db, id);
    if (found?.projectId !== place.projectId && body.recipe !== undefined) throw notFound('recipe', id);
    return found;
  }

  return async (caller: Caller, body: Body, place: TaskPlace): Promise<TaskContent> => {
    const given = await recipeFor(body, place);
    const params = { ...(given?.origin === null ? given.params : {}), ...body.params };
    const attachment = body.attachment ?? (typeof params['attachment'] === 'string' ? params['attachment'] : undefined);
    const labels = given !== undefined && (given.labels.length > 0 || given.allowNewLabels);
    needParams(body.type, params, { item: place.item !== undefined, attachment, labels });
    const recipe = saysLabels(body.params) && body.recipe === undefined ? await ownRecipe(caller, place.projectId, body.type, params) : given;
    const [file] = attachmentsOf(body.type, { ...params, ...(attachment === undefined ? {} : { attachment }) });
    return {
      // What is no file to be fetched, such as a text or the address of a page, is shown as it is.
      params: file?.url === attachment || attachment === undefined ? params : { ...params, attachment },
      attachment: file?.url ?? null,
      recipe: recipe && { id: recipe.id, version: recipe.version },
    };
  };

  /** The recipe that a task's own parameters make; tasks that ask for the same share it. */
  async function ownRecipe(caller: Caller, projectId: string, type: string, params: Json): Promise<StoredRecipe> {
    const content = recipeContent(type, params);
    return recipes.ensure(caller, projectId, { name: `Labels of ${type}`, origin: 'task', externalId: contentDigest(content), ...content });
  }
}
