import { labelName, type AnnotationChange } from '@fovea/contract';
import type { Queryable, Tx } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { attributeFaults, isNewLabel, labelFaults, missingFaults, recipeFaults, type CheckedContent, type ContentFault } from '../recipes/check.ts';
import { recipesInForce } from '../recipes/in-force.ts';
import { addLabels } from '../recipes/versions.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import { selectTaskRecipe } from '../tasks/store.ts';

const maxErrors = 100;

/** Where annotations are written: with a task they are drafts, whose required attributes are asked for when it is handed in. */
export interface RulePlace {
  datasetId: string;
  taskId?: string | undefined;
}

export type AnnotationRules = ReturnType<typeof annotationRules>;

/** What the recipe in force has to say about annotations that people and programs write. */
export function annotationRules() {
  const inForce = recipesInForce();

  return {
    async recipe(db: Queryable, { datasetId, taskId }: RulePlace): Promise<StoredRecipe | undefined> {
      return inForce.of(db, { datasetId, task: taskId === undefined ? undefined : await selectTaskRecipe(db, taskId) });
    },

    /** The recipe of a task that has one. */
    ofTask: (db: Queryable, task: { recipeId: string | null; recipeVersion: number | null }): Promise<StoredRecipe | undefined> => inForce.ofTask(db, task),

    /** The recipe at a version. */
    version: inForce.version,
  };
}

/** What is wrong with a new annotation; `required` asks for attributes that must have a value. */
export function newFaults(recipe: StoredRecipe | undefined, content: CheckedContent, options: { required: boolean }): ContentFault[] {
  if (!recipe) return [];
  return [...recipeFaults(recipe, content), ...(options.required ? missingFaults(recipe, content) : [])];
}

/** What a change makes wrong; what was so before is let be. */
export function changeFaults(recipe: StoredRecipe | undefined, before: CheckedContent, after: CheckedContent): ContentFault[] {
  if (!recipe) return [];
  const old = new Set(recipeFaults(recipe, before).map(({ path, message }) => `${path} ${message}`));
  return recipeFaults(recipe, after).filter(({ path, message }) => !old.has(`${path} ${message}`));
}

/** What is wrong with one change of many annotations, as far as it can be told without them. */
export function bulkFaults(recipe: StoredRecipe | undefined, change: AnnotationChange): ContentFault[] {
  if (!recipe) return [];
  const content = { label: change.label ?? '', type: 'classification' as const, attributes: change.attributes ?? {} };
  const label = change.label === undefined ? [] : labelFaults(recipe, content).filter(({ path }) => path === 'label');
  return [...label, ...attributeFaults(recipe, content)];
}

/** One fault for all that is wrong, object by object. */
export function ruleFault(faults: readonly ContentFault[]): Fault {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new Fault('invalid_request', `${first?.path}: ${first?.message}.${more}`, { errors: faults.slice(0, maxErrors).map(({ path, message }) => ({ path, message })) });
}

export function needNoFaults(faults: readonly ContentFault[], at: string): void {
  if (faults.length > 0) throw ruleFault(faults.map(({ path, message }) => ({ path: `${at}.${path}`, message })));
}

/** True where the first use of a label makes it part of the recipe. */
export function takesUp(recipe: StoredRecipe | undefined, label: string): boolean {
  // What doors keep as a recipe says what the vendor's own would; only ours grows by itself.
  return recipe?.origin === null && isNewLabel(recipe, label) && labelName.safeParse(label).data === label;
}

/** Labels that the recipe takes up when they are first used become part of its newest version, in the transaction that uses them. */
export async function takeUpLabels(tx: Tx, caller: Caller, recipe: StoredRecipe | undefined, labels: Iterable<string>): Promise<void> {
  const fresh = [...new Set(labels)].filter((label) => takesUp(recipe, label));
  if (recipe && fresh.length > 0) await addLabels(tx, caller, recipe.id, fresh);
}
