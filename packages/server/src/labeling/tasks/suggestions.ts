import type { Parsed, tasks } from '@fovea/contract';
import type { JobsService } from '../../compute/jobs/service.ts';
import type { StoredJob } from '../../compute/jobs/store.ts';
import type { AnalyticsService } from '../../compute/analytics/service.ts';
import type { Database, WhenMade } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { selectRecipe } from '../recipes/store.ts';
import { selectTask, type StoredTask } from './store.ts';

type Request = Parsed<typeof tasks.suggest>['body'];
export type SuggestionsService = ReturnType<typeof suggestionsService>;

/** Suggestions of analytics for the task in somebody's hands: of those that the recipe allows, for people who may run no jobs of their own. */
export function suggestionsService({ db, analytics, jobs }: { db: Database; analytics: AnalyticsService; jobs: JobsService }) {
  /** The task, when the caller may work on it now. */
  async function inHand(caller: Caller, id: string): Promise<StoredTask & { itemId: string }> {
    const task = await selectTask(db, id);
    if (!task || task.test !== caller.test) throw notFound('task', id);
    const { role } = await authorize(db, caller, task.projectId, { role: 'annotator', scope: 'label', as: { kind: 'task', id } });
    const isHeld = task.status === 'claimed' && task.claimedBy === caller.email;
    const isReviewed = task.status === 'submitted' && role !== 'annotator';
    if (!isHeld && !isReviewed) throw new Fault('illegal_state', `Suggestions are made for a task that you hold; this one is ${task.status}${task.claimedBy === null ? '' : ` by ${task.claimedBy}`}.`);
    if (task.itemId === null) throw new Fault('illegal_state', 'The task has no item to look at.');
    return { ...task, itemId: task.itemId };
  }

  /** By its name, and by its version where the recipe says one. */
  async function needAllowed(task: StoredTask, { name, version }: { name: string; version: string }): Promise<void> {
    const recipe = task.recipeId === null ? undefined : await selectRecipe(db, task.recipeId, { version: task.recipeVersion ?? undefined });
    const allowed = recipe?.suggestions ?? [];
    if (allowed.includes(name) || allowed.includes(`${name}@${version}`)) return;
    throw new Fault('forbidden', `The recipe of this task does not allow suggestions of ${name}@${version}; it allows: ${allowed.join(', ') || 'none'}.`);
  }

  return {
    async suggest(caller: Caller, taskId: string, { analytic: reference, point, frame }: Request, whenMade?: WhenMade<StoredJob>): Promise<StoredJob> {
      const task = await inHand(caller, taskId);
      const analytic = await analytics.find(caller, reference);
      await needAllowed(task, analytic);
      const input = analytic.manifest.inputs.find(({ required }) => required) ?? analytic.manifest.inputs[0];
      if (!input) throw new Fault('invalid_request', `The analytic ${analytic.name} takes no items.`, { errors: [{ path: 'body.analytic', message: 'takes no items' }] });
      return jobs.suggest(caller, task.projectId, {
        analytic: `${analytic.name}@${analytic.version}`,
        inputs: { [input.name]: [task.itemId] },
        parameters: point === undefined ? {} : { point },
        attachLabels: point === undefined,
        ...(frame !== undefined && { frame }),
      }, whenMade);
    },
  };
}
