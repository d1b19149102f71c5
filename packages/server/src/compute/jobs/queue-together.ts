import type { Database, WhenMade } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import { together } from '../../engines/together.ts';
import { queues } from './background.ts';
import { insertJobs, type NewJob, type StoredJob } from './store.ts';

/** A job that is made and queued in one, and what is kept with it. */
interface Queueing {
  job: NewJob;
  whenMade: WhenMade<StoredJob> | undefined;
}

/** What is told of a job that is queued as it is made. */
export const queuedEvents = [{ type: 'job.created', status: 'ready' }, { type: 'job.queued' }] as const;

/** Makes and queues jobs that nobody is called back of: those that are asked for at the same moment share a transaction; where that fails, each has its own. */
export function queueTogether({ db, queue }: { db: Database; queue: Queue }): (one: Queueing) => Promise<StoredJob> {
  return together((list: readonly Queueing[]) =>
    db.tx(async (tx) => {
      const made = await insertJobs(tx, list.map(({ job }) => job), { actor: undefined, events: queuedEvents });
      for (const [name, kind] of Object.entries(queues)) {
        await queue.sendMany(tx, kind, made.filter((job) => job.queue === name).map(({ id, ticket }) => ({ jobId: id, ticket: ticket ?? 0 })));
      }
      for (const [index, job] of made.entries()) await list[index]?.whenMade?.(tx, job);
      return made;
    }),
  );
}
