import { newId, type Item, type Parsed, type tasks } from '@fovea/contract';
import type { ItemsService } from '../../catalog/items/service.ts';
import { violatedConstraint, type Database, type WhenMade } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import type { AddressCheck } from '../../events/callback-address.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { Prelabels } from '../annotations/prelabels.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { reopenBatch, selectBatchAlone, type BatchAlone } from '../batches/store.ts';
import type { RecipesService } from '../recipes/service.ts';
import { selectRecipe } from '../recipes/store.ts';
import { prepareTask } from './background.ts';
import { uniqueIdFault } from './changes.ts';
import { taskContent, type TaskContent } from './content.ts';
import { taskEvent } from './events.ts';
import { insertTask, type NewTask, type StoredTask } from './store.ts';

type Create = Parsed<typeof tasks.create>['body'];

/** What a door may add to a task. */
export interface TaskExtras {
  origin?: string;
  externalId?: string;
  extra?: unknown;
  recipe?: string;
  /** The version of the recipe that it was made under, which the door has at hand; the newest unless given. */
  recipeVersion?: number;
  /** Sent through the preparations although it has neither a test key nor an attachment that says so. */
  prepare?: boolean;
}

interface CreationDeps {
  db: Database;
  queue: Queue;
  projects: ProjectsService;
  items: ItemsService;
  annotations: AnnotationsService;
  recipes: RecipesService;
  mayCall: AddressCheck;
}

/** Makes tasks: what they are about is checked first, and the task, its event and its pre-labels are written at once. */
export function taskCreation(deps: CreationDeps) {
  const { db, queue, projects, items, annotations, mayCall } = deps;
  const contentOf = taskContent(deps);

  async function placeOf(caller: Caller, body: Create): Promise<{ projectId: string; batch: BatchAlone | undefined; item: Item | undefined }> {
    const project = await projects.get(caller, body.project);
    await authorize(db, caller, project.id, { role: 'developer', scope: 'write' });
    const batch = body.batch === undefined ? undefined : await selectBatchAlone(db, body.batch);
    if (body.batch !== undefined && (batch?.projectId !== project.id || batch.test !== caller.test)) throw notFound('batch', body.batch);
    const item = body.item === undefined ? undefined : await items.get(caller, body.item);
    if (item && item.projectId !== project.id) throw notFound('item', item.id);
    return { projectId: project.id, batch, item };
  }

  async function recipeOf(body: Create & TaskExtras, content: TaskContent | undefined, batch: BatchAlone | undefined): Promise<{ recipeId: string | null; recipeVersion: number | null }> {
    if (content) return { recipeId: content.recipe?.id ?? null, recipeVersion: content.recipe?.version ?? null };
    const recipeId = body.recipe ?? batch?.recipeId ?? null;
    return { recipeId, recipeVersion: recipeId === null ? null : (body.recipeVersion ?? (await selectRecipe(db, recipeId))?.version ?? null) };
  }

  async function insert(caller: Caller, row: NewTask, more: { prepare: boolean; prelabels: Prelabels['rows']; whenMade: WhenMade<StoredTask> | undefined }): Promise<StoredTask> {
    return db.tx(async (tx) => {
      const made = await insertTask(tx, row);
      await emit(tx, taskEvent('task.created', caller, made, { type: made.type }));
      // Also where the batch was completed while this was on its way.
      if (made.batchId !== null) await reopenBatch(tx, made.batchId);
      if (made.test || more.prepare || (made.attachment !== null && made.itemId === null)) await queue.send(tx, prepareTask, { taskId: made.id });
      if (!made.test) await annotations.insertPrelabels(tx, caller, more.prelabels);
      await more.whenMade?.(tx, made);
      return made;
    });
  }

  return async (caller: Caller, body: Create & TaskExtras, whenMade?: WhenMade<StoredTask>): Promise<StoredTask> => {
    const { projectId, batch, item } = await placeOf(caller, body);
    await mayCall(body.callbackUrl);
    const content = body.origin === undefined ? await contentOf(caller, body, { projectId, batchRecipeId: batch?.recipeId ?? null, item }) : undefined;
    const attachment = (content ? content.attachment : body.attachment) ?? null;
    const id = newId();
    const hypothesis = body.hypothesis ?? [];
    const prelabels = item ? fitting(await annotations.prelabels(caller, id, hypothesis.map((one) => ({ itemId: item.id, content: one })))) : [];
    if (hypothesis.length > 0 && !item && attachment === null) throw unfit([{ path: 'body.hypothesis', message: 'lies on an item: give one, or an attachment' }]);
    // Pre-labels wait with the task where its attachment must be fetched first.
    const waiting = hypothesis.length > 0 && !item && body.origin === undefined ? { hypothesis } : null;
    const row: NewTask = {
      id,
      orgId: caller.orgId,
      projectId,
      batchId: batch?.id ?? null,
      datasetId: item?.datasetId ?? batch?.datasetId ?? null,
      itemId: item?.id ?? null,
      type: body.type,
      test: caller.test,
      instruction: body.instruction,
      params: content?.params ?? body.params,
      attachment,
      ...(await recipeOf(body, content, batch)),
      priority: body.priority,
      uniqueId: body.uniqueId ?? null,
      tags: body.tags ?? null,
      metadata: body.metadata,
      callbackUrl: body.callbackUrl ?? null,
      origin: body.origin ?? null,
      externalId: body.externalId ?? null,
      extra: body.extra ?? waiting,
      createdBy: caller.email,
      expiresAt: body.expiresAt ?? null,
    };
    try {
      return await insert(caller, row, { prepare: body.prepare ?? false, prelabels, whenMade });
    } catch (error) {
      if (violatedConstraint(error) === 'annotations_pkey') throw new Fault('conflict', 'An annotation with one of the ids in the hypothesis exists already.');
      throw await uniqueIdFault(db, caller, body.uniqueId, error);
    }
  };
}

/** Pre-labels are refused with their task, not after it was made. */
function fitting({ rows, faults }: Prelabels): Prelabels['rows'] {
  if (faults.length > 0) throw unfit(faults.map(({ index, message }) => ({ path: `body.hypothesis.${index}`, message })));
  return rows;
}

function unfit(errors: readonly { path: string; message: string }[]): Fault {
  return new Fault('invalid_request', errors.slice(0, 3).map(({ path, message }) => `${path}: ${message}`).join(' '), { errors: errors.slice(0, 100) });
}
