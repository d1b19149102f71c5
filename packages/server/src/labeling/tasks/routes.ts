import { batches, taskParamsSchema, taskResponseSchema, tasks, taskTypeNames, taskTypes, type Batch, type Task } from '@fovea/contract';
import type { WhenMade } from '../../engines/database/database.ts';
import { route, type Route } from '../../http/context.ts';
import { keepNothing } from '../../http/idempotency.ts';
import { needScope } from '../../identity/caller.ts';
import type { BatchesService } from '../batches/service.ts';
import { toJob } from '../../compute/jobs/store.ts';
import { toBatch, type StoredBatch } from '../batches/store.ts';
import { samples } from '../task-types/samples.ts';
import type { Claimed } from './claims.ts';
import type { SuggestionsService } from './suggestions.ts';
import type { TasksService } from './service.ts';
import { toTask, type StoredTask } from './store.ts';

export function taskRoutes(batchService: BatchesService, service: TasksService, suggestions: SuggestionsService): Route[] {
  return [
    route(batches.create, async ({ caller, body, keep }) => toBatch(await batchService.create(caller, body, keptBatch(keep)))),
    route(batches.query, ({ caller, params, body }) => batchService.query(caller, params.project, body)),
    route(batches.list, ({ caller, query }) => batchService.list(caller, query)),
    route(batches.get, async ({ caller, params }) => toBatch(await batchService.get(caller, params.batch))),
    route(batches.update, async ({ caller, params, body, ifMatch }) => toBatch(await batchService.update(caller, params.batch, body, ifMatch))),
    route(batches.finalize, async ({ caller, params, keep }) =>
      toBatch(
        await batchService.finalize(caller, params.batch, async (tx, opened) => {
          if (caller.test) await service.prepareBatch(tx, caller, opened.id);
          await keep(tx, toBatch(opened));
        }),
      ),
    ),
    route(batches.cancel, async ({ caller, params, keep }) => toBatch(await batchService.cancel(caller, params.batch, keptBatch(keep)))),
    route(batches.addItems, ({ caller, params, body, keep }) => batchService.addItems(caller, params.batch, body, keep)),
    route(batches.assignments, ({ caller, params, query }) => batchService.assignments(caller, params.batch, query)),
    route(batches.assign, ({ caller, params, body }) => batchService.assign(caller, params.batch, body.assignments, { membersOnly: true })),

    route(tasks.types, async ({ caller }) => {
      needScope(caller, 'read');
      return { data: taskTypeList };
    }),
    route(tasks.create, async ({ caller, body, keep }) => toTask(await service.create(caller, body, keptTask(keep)))),
    route(tasks.query, ({ caller, params, body }) => service.query(caller, params.project, body)),
    route(tasks.get, async ({ caller, params }) => toTask(await service.get(caller, params.task))),
    route(tasks.update, async ({ caller, params, body, ifMatch }) => toTask(await service.update(caller, params.task, body, ifMatch))),
    route(tasks.cancel, async ({ caller, params, body, keep }) => toTask(await service.cancel(caller, params.task, body, keptTask(keep)))),
    route(tasks.claim, async ({ caller, params, body, keep }) => {
      const shown = ({ task, lease }: Claimed) => ({ task: task && toTask(task), lease });
      return shown(await service.claim(caller, params.project, body, keep === keepNothing ? undefined : (tx, claimed) => keep(tx, shown(claimed))));
    }),
    route(tasks.renew, async ({ caller, params, body }) => toTask(await service.renew(caller, params.task, body))),
    route(tasks.release, async ({ caller, params, body, keep }) => toTask(await service.release(caller, params.task, body, keptTask(keep)))),
    route(tasks.submit, async ({ caller, params, body, keep }) => toTask(await service.submit(caller, params.task, body, keptTask(keep)))),
    route(tasks.suggest, async ({ caller, params, body, keep }) => toJob(await suggestions.suggest(caller, params.task, body, (tx, made) => keep(tx, toJob(made))))),
    route(tasks.review, async ({ caller, params, body, keep }) => toTask(await service.review(caller, params.task, body, keptTask(keep)))),
    route(tasks.reopen, async ({ caller, params, body, keep }) => toTask(await service.reopen(caller, params.task, body, keptTask(keep)))),
  ];
}

const keptTask = (keep: WhenMade<Task>): WhenMade<StoredTask> => (tx, made) => keep(tx, toTask(made));
const keptBatch = (keep: WhenMade<Batch>): WhenMade<StoredBatch> => (tx, made) => keep(tx, toBatch(made));

const taskTypeList = taskTypeNames.map((name) => {
  const row = taskTypes[name];
  return { type: name, family: row.family, media: row.media, required: [...row.required], params: taskParamsSchema(row), response: taskResponseSchema(row), example: samples[name] };
});
