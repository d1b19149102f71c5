import sql from 'sql-template-tag';
import type { Database } from '../../engines/database/database.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';

/** Lets go of the outputs of jobs that have expired; every minute. */
export const expireJobs = messageKind<null>('jobs.expire', { retries: 0, timeoutSeconds: 600 });

const stepJobs = 500;

export async function workJobExpiry({ db, queue }: { db: Database; queue: Queue }): Promise<void> {
  await queue.work(expireJobs, async (message) => {
    await sweepExpiredJobs(db, message.signal);
  });
  await queue.schedule(expireJobs, '* * * * *');
}

/**
 * Forgets the outputs of jobs past their expiry, with an event; they could not be had any more already. Their bytes go with the next sweep
 * of what nothing refers to. Gives how many jobs.
 */
export async function sweepExpiredJobs(db: Database, signal: AbortSignal): Promise<number> {
  let swept = 0;
  while (!signal.aborted) {
    const found = await db.tx(async (tx) => {
      const rows = await tx.many<{ id: string; org_id: string; project_id: string; analytic: string }>(sql`
        update jobs set outputs = '[]', revision = revision + 1 where id = any(array(select id from jobs where expires_at is not null and expires_at <= now()
          and outputs <> '[]' order by expires_at limit ${stepJobs} for update skip locked)) returning id, org_id, project_id, analytic`);
      await emit(tx, ...rows.map((row) => ({ type: 'job.expired', orgId: row.org_id, projectId: row.project_id, subject: { kind: 'job', id: row.id }, actor: 'system@fovea', data: { analytic: row.analytic } })));
      return rows.length;
    });
    swept += found;
    if (found < stepJobs) break;
  }
  return swept;
}
