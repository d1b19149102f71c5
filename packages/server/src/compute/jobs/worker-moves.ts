import type { Job } from '@fovea/contract';
import type { Database, Tx } from '../../engines/database/database.ts';
import type { RowEvent } from '../../events/outbox.ts';
import { beginRuns, endRuns, selectJob, type JobChange, type Run, type RunEnd, type StoredJob } from './store.ts';
import { together } from '../../engines/together.ts';

/** Who makes the moves of a worker, in events. */
const actor = 'system@fovea';
/** States of a job that a worker may have, or had before it was lost. */
const inHand: readonly Job['status'][] = ['queued', 'scheduled', 'running'];
const scheduled = { type: 'job.scheduled', status: 'scheduled' };

const endEvents = { complete: 'job.completed', failed: 'job.failed' };

type Move = (tx: Tx, job: StoredJob, actor: string, change: JobChange, type: string, earlier?: readonly RowEvent[]) => Promise<StoredJob>;

/**
 * The moves that a worker makes of runs that it has in hand. Nearly always nobody is called back: then one statement makes the move, of all
 * jobs that begin or end at the same moment. Else, or when a job is not where it should be, it is locked and everybody told.
 */
export function workerMoves({ db, move }: { db: Database; move: Move }) {
  const beginTogether = together((runs: readonly Run[]) => beginRuns(db, runs, { actor, events: [scheduled, { type: 'job.started' }] }));
  const endWith = (type: string) => together((ends: readonly RunEnd[]) => endRuns(db, ends, { actor, events: [{ type }] }));
  const endTogether = { complete: endWith(endEvents.complete), failed: endWith(endEvents.failed) };

  /** The move in a transaction, with all who listen; undefined when the job is no longer in one of these states of this run. */
  function moveLocked(run: Run, from: readonly Job['status'][], change: JobChange, how: { type: string; scheduled?: RowEvent; beside?: ((tx: Tx) => Promise<unknown>) | undefined }): Promise<StoredJob | undefined> {
    return db.tx(async (tx) => {
      const job = await selectJob(tx, run.id, { lock: true });
      if (!job || job.ticket !== run.ticket || !from.includes(job.status)) return undefined;
      await how.beside?.(tx);
      return move(tx, job, actor, change, how.type, how.scheduled && job.status === 'queued' ? [how.scheduled] : []);
    });
  }

  return {
    /** A worker has it and begins: both moves in one. Undefined when there is nothing to begin: it was cancelled or queued anew since. */
    async begin(run: Run): Promise<StoredJob | undefined> {
      const change: JobChange = { status: 'running', addAttempt: true, progress: 0 };
      return (await beginTogether(run)) ?? moveLocked(run, inHand, change, { type: 'job.started', scheduled });
    },
    /** The job of a run that was begun and waits for an answer; undefined when it is no longer in it. */
    async inRun(run: Run): Promise<StoredJob | undefined> {
      const job = await selectJob(db, run.id);
      return job?.status === 'running' && job.ticket === run.ticket ? job : undefined;
    },
    /** A worker ends its run: nothing happens when the job is no longer in it. `beside` is kept in the same transaction. */
    async end(run: Run, change: RunEnd['change'], beside?: (tx: Tx) => Promise<unknown>): Promise<void> {
      if (beside === undefined && (await endTogether[change.status]({ run, change }))) return;
      await moveLocked(run, ['running'], change, { type: endEvents[change.status], beside });
    },
    /** Ends a job that cannot be begun again. */
    async giveUp(run: Run, message: string): Promise<void> {
      await moveLocked(run, inHand, { status: 'failed', cause: 'platform', message }, { type: 'job.failed' });
    },
  };
}
