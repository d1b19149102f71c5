import type { Database } from '../../engines/database/database.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';
import { returnLapsed } from './claim-store.ts';
import { selectTask, type StoredTask } from './store.ts';
import { taskEvent } from './events.ts';
import type { TasksService } from './service.ts';

/** A new task whose attachment must be fetched, or that completes itself (test mode). */
export const prepareTask = messageKind<{ taskId: string }>('tasks.prepare', { retries: 5, backoffSeconds: 2 });

/** Gives claims that were not renewed back to the queue, and ends what nobody began in time. */
export const returnLeases = messageKind<null>('tasks.return-leases', { retries: 0 });

/** What is done with a new task before people see it; each part decides by itself whether the task is for it. */
export type TaskPreparation = (task: StoredTask, signal: AbortSignal) => Promise<void>;

export async function workTasks({ db, queue, tasks, preparations }: { db: Database; queue: Queue; tasks: Pick<TasksService, 'expire'>; preparations: readonly TaskPreparation[] }): Promise<void> {
  await queue.work(
    prepareTask,
    async (message) => {
      const task = await selectTask(db, message.data.taskId);
      if (!task || task.status !== 'pending') return;
      for (const prepare of preparations) await prepare(task, message.signal);
    },
    { concurrency: 4 },
  );
  await queue.work(returnLeases, async () => {
    await db.tx(async (tx) => {
      const returned = await returnLapsed(tx);
      await emit(tx, ...returned.map((task) => taskEvent('task.lapsed', { orgId: task.orgId, email: 'system@fovea' }, task)));
    });
    await tasks.expire();
  });
  await queue.schedule(returnLeases, '* * * * *');
}
