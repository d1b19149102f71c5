import { labelName, type Dataset, type DatasetImport } from '@fovea/contract';
import type { LabelDefinition, LabelSet, Ledger } from '@fovea/formats';
import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { Caller } from '../../identity/caller.ts';
import { addedToRecipe } from '../recipes/format-labels.ts';
import { recipeOf } from '../recipes/of-dataset.ts';
import type { RecipesService } from '../recipes/service.ts';

/** How many labels a result names. */
const maxNamed = 1_000;

/** Compares the labels of files with the dataset's recipe; adds those that it lacks where that was asked for. */
export async function settleLabels(
  deps: { recipes: RecipesService; datasets: DatasetsService },
  given: { caller: Caller; dataset: Dataset; found: LabelSet; create: boolean; ledger: Ledger },
): Promise<DatasetImport['labels']> {
  const { caller, dataset, found, create, ledger } = given;
  const recipe = await recipeOf(deps.recipes, caller, dataset);
  const known = new Set(recipe?.labels.map(({ name }) => name));
  const unknown = found.labels.filter(({ name }) => !known.has(name));
  const names = (labels: readonly LabelDefinition[]) => labels.slice(0, maxNamed).map(({ name }) => name);
  const result = { found: names(found.labels), unknown: names(unknown), created: [] as string[] };
  if (!create || unknown.length === 0) return result;
  const good = withoutRounds(unknown.filter((label) => isGood(label, ledger)));
  if (recipe) await deps.recipes.revise(caller, recipe.id, (newest) => addedToRecipe(newest, { labels: good }));
  else {
    const content = addedToRecipe({ labels: [], attributes: [] }, { labels: good });
    const name = `${dataset.name} labels`.slice(-200);
    const made = await deps.recipes.create(caller, { project: dataset.projectId, name, ...content, instructions: '', allowNewLabels: false, params: {} });
    await deps.datasets.update(caller, dataset.id, { recipeId: made.id });
  }
  return { ...result, created: names(good) };
}

function isGood({ name }: LabelDefinition, ledger: Ledger): boolean {
  const isName = labelName.safeParse(name).data === name;
  if (!isName) ledger.noted('labels', `label not added to the recipe: ${JSON.stringify(name.slice(0, 100))} is no name of a label`);
  return isName;
}

/** Labels whose parents would go round, or are no names, stand at the top instead. */
function withoutRounds(labels: readonly LabelDefinition[]): LabelDefinition[] {
  const parents = new Map(labels.map(({ name, parent }) => [name, parent]));
  return labels.map((label) => {
    const seen = new Set([label.name]);
    for (let at = label.parent; at !== undefined; at = parents.get(at)) {
      if (seen.has(at) || labelName.safeParse(at).data !== at) return { ...label, parent: undefined };
      seen.add(at);
    }
    return label;
  });
}
