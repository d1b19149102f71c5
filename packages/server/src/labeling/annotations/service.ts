import type { CommandsService } from '../../catalog/commands/service.ts';
import { violatedConstraint, type Database, type Queryable, type WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import { annotationAccess } from './access.ts';
import { annotationsByQuery } from './by-query.ts';
import { applyChange, applyDelete, applyRestore, insertInto, insertManyIn, type StoredChange } from './changes.ts';
import { newRow, type AnnotationInput, type DoorExtras } from './new-row.ts';
import { annotationOperations } from './operations.ts';
import { annotationPrelabels } from './prelabels.ts';
import { annotationReading } from './reading.ts';
import { annotationRules, newFaults, ruleFault, takeUpLabels } from './rules.ts';
import { selectAnnotations, selectOfTask, selectRevisions, type NewAnnotation, type StoredAnnotation } from './store.ts';
import { withVoxels, type VoxelWriter } from './voxels.ts';

export type AnnotationsService = ReturnType<typeof annotationsService>;

/** Annotations: what is said about places in items. */
export function annotationsService({ db, commands, volumes }: { db: Database; commands: CommandsService; volumes: VoxelWriter }) {
  const rules = annotationRules();
  const access = annotationAccess(db, rules);

  return {
    ...annotationReading(db, access),
    ...annotationOperations({ db, access, volumes }),
    ...annotationsByQuery({ db, commands, rules }),
    ...annotationPrelabels({ db, volumes }),

    /** Adds annotations to an item. `byRecipe`: what the recipe does not allow is refused, but for attributes that are missing where nothing could say them (`'said'`); doors and models may say more than a recipe knows. */
    async create(caller: Caller, itemId: string, inputs: readonly (AnnotationInput & DoorExtras)[], options: { taskId?: string | undefined; byRecipe?: boolean | 'said'; whenMade?: WhenMade<StoredAnnotation[]> } = {}): Promise<StoredAnnotation[]> {
      const { item, recipe: inForce } = await access.placeFor(caller, itemId, options.taskId);
      const recipe = options.byRecipe ? inForce : undefined;
      const rows: NewAnnotation[] = [];
      for (const [index, input] of inputs.entries()) rows.push(newRow(caller, item, await withVoxels(volumes, item, input), { taskId: options.taskId, at: `body.annotations.${index}` }));
      const wrong = inputs.flatMap((input, index) => newFaults(recipe, input, { required: options.taskId === undefined && options.byRecipe !== 'said' }).map(({ path, message }) => ({ path: `body.annotations.${index}.${path}`, message })));
      if (wrong.length > 0) throw ruleFault(wrong);
      return db
        .tx(async (tx) => {
          await takeUpLabels(tx, caller, recipe, rows.map(({ label }) => label));
          await insertInto(tx, caller, item, rows);
          const made = await selectAnnotations(tx, rows.map((row) => row.id));
          await options.whenMade?.(tx, made);
          return made;
        })
        .catch((error: unknown) => {
          if (violatedConstraint(error) === 'annotations_pkey') throw new Fault('conflict', 'An annotation with one of these ids exists already.');
          throw error;
        });
    },

    async update(caller: Caller, id: string, body: StoredChange, revision?: number, options: { byRecipe?: boolean } = {}): Promise<StoredAnnotation> {
      const before = await access.need(caller, id, 'label');
      const recipe = options.byRecipe ? await rules.recipe(db, { datasetId: before.datasetId, taskId: before.taskId ?? undefined }) : undefined;
      if (body.geometry?.type !== 'volume') return db.tx((tx) => applyChange(tx, caller, id, body, { revision, recipe }));
      const painted = await withVoxels(volumes, (await access.itemFor(caller, before.itemId, 'label')).item, body, before);
      return db.tx((tx) => applyChange(tx, caller, id, painted, { revision: revision ?? before.revision, recipe }));
    },

    async delete(caller: Caller, id: string, revision?: number): Promise<void> {
      await access.need(caller, id, 'label');
      await db.tx((tx) => applyDelete(tx, caller, id, { revision }));
    },

    /** Gives back the state of an earlier revision, also to a deleted annotation; the present state becomes a revision itself. */
    async restore(caller: Caller, id: string, revision?: number, whenMade?: WhenMade<StoredAnnotation>): Promise<StoredAnnotation> {
      await access.need(caller, id, 'label', true);
      const [wanted] = await selectRevisions(db, id, { limit: 1, before: revision === undefined ? undefined : revision + 1 });
      if (!wanted || (revision !== undefined && wanted.revision !== revision)) throw notFound('revision', String(revision ?? 'last'));
      return db.tx(keeping(whenMade, (tx) => applyRestore(tx, caller, id, wanted.content)));
    },

    /** What the annotations of a dataset are checked by. */
    recipeOf: (datasetId: string): Promise<StoredRecipe | undefined> => rules.recipe(db, { datasetId }),
    /** What is wrong with the drafts of a task, required attributes included. */
    async draftFaults(on: Queryable, task: { id: string; datasetId: string | null; createdAt: string }): Promise<{ path: string; message: string }[]> {
      if (task.datasetId === null) return [];
      const recipe = await rules.recipe(on, { datasetId: task.datasetId, taskId: task.id });
      if (!recipe?.attributes.some(({ required }) => required)) return [];
      const drafts = await selectOfTask(on, { taskId: task.id, itemIds: [], by: null, since: task.createdAt });
      return drafts.filter(({ draft }) => draft).flatMap((draft) => newFaults(recipe, draft, { required: true }).map(({ path, message }) => ({ path: `annotations.${draft.id}.${path}`, message })));
    },

    /** Row of a new annotation, checked; for imports, which write rows by the thousand. */
    row: newRow,
    /** Adds rows that {@link row} made to items of one dataset: by COPY, with one event for all. */
    insertMany: (caller: Caller, dataset: { id: string; projectId: string }, rows: NewAnnotation[]): Promise<void> => db.tx((tx) => insertManyIn(tx, caller, dataset, rows)),
    /** The same, and a deletion, as part of a larger change. */
    insertManyIn,
    deleteIn: applyDelete,
  };
}
