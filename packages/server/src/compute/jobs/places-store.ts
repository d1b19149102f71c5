import sql from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

/** Jobs are counted in groups of so many tickets; see migration 0081. */
const groupSize = 1_024;

/** How a job stands in its queue. */
export interface Place {
  /** Jobs in front of it. */
  position: number;
  /** How many jobs its workers finish in a second; null while none has finished one. */
  perSecond: number | null;
}

/**
 * How many jobs stand before each of these in its queue, by their ids: whole groups as they are counted, and those of its own group one by one.
 * And how fast the queue is, by what its workers tell.
 */
export async function placesInQueue(db: Queryable, jobs: readonly { id: string; queue: string; ticket: number | null }[]): Promise<Map<string, Place>> {
  const rows = await db.many<Place & { id: string }>(sql`select g.id, (
      (select coalesce(sum(waiting), 0) from job_places p where p.queue = g.queue and p.ticket_group < g.ticket / ${groupSize})
      + (select count(*) from jobs j where j.queue = g.queue and j.ticket >= g.ticket / ${groupSize} * ${groupSize} and j.ticket < g.ticket and j.status = 'queued' and j.deleted_at is null))::bigint as position,
    (select sum(lanes / greatest(seconds, 0.001)) from job_workers w where w.queue = g.queue and seconds is not null and seen_at > now() - interval '20 seconds') as "perSecond"
    from unnest(${jobs.map((job) => job.id)}::uuid[], ${jobs.map((job) => job.queue)}::text[], ${jobs.map((job) => job.ticket)}::bigint[]) as g (id, queue, ticket)`);
  return new Map(rows.map(({ id, position, perSecond }) => [id, { position, perSecond }]));
}

export async function upsertWorker(db: Queryable, worker: { id: string; queue: string; lanes: number; seconds: number | null }): Promise<void> {
  await db.run(sql`insert into job_workers (id, queue, lanes, seconds) values (${worker.id}, ${worker.queue}, ${worker.lanes}, ${worker.seconds})
    on conflict (id) do update set seconds = excluded.seconds, seen_at = now()`);
}

export async function deleteWorker(db: Queryable, id: string): Promise<void> {
  await db.run(sql`delete from job_workers where id = ${id}`);
}

/** Forgets groups in which nobody waits any more and nobody will, and workers that were killed. */
export async function sweepPlaces(db: Queryable): Promise<void> {
  // Groups well behind the newest ticket: nobody is on the way into them.
  await db.run(sql`delete from job_places p using (
      select queue, ticket_group from job_places group by queue, ticket_group having sum(waiting) = 0
        and ticket_group < (select last_value from job_tickets) / ${groupSize} - 8) done
    where p.queue = done.queue and p.ticket_group = done.ticket_group`);
  await db.run(sql`delete from job_workers where seen_at < now() - interval '1 hour'`);
}
