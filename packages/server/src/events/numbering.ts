import sql, { raw } from 'sql-template-tag';
import type { Database } from '../engines/database/database.ts';

/**
 * Events are read in the order of the transactions that made them, and each cluster of PostgreSQL counts its transactions by itself. In a
 * database that was restored into another cluster, with fewer behind it, what is new would stand before what is old, and the old would be held
 * for unfinished. Then the count goes on from the highest number there is. Called at start, before anything is written.
 */
export async function continueNumbers(db: Database): Promise<void> {
  await db.tx(async (tx) => {
    // Programs that start at once take turns, as with migrations.
    await tx.run(sql`select pg_advisory_xact_lock(7017, 1)`);
    const { highest, next } = await tx.one<{ highest: string; next: string }>(sql`
      select pg_snapshot_xmax(fovea_snapshot())::text as next, greatest(
        (select max(last.xact) from organizations o, lateral (select xact from events where org_id = o.id order by xact desc, seq desc limit 1) as last),
        (select max(position_xact) from webhooks), '0'::xid8)::text as highest`);
    if (BigInt(highest) <= BigInt(next)) return;
    // A function takes no parameter in its definition; this is a number.
    await tx.run(raw(`create or replace function fovea_xact_base() returns bigint language sql stable as 'select ${BigInt(highest)}::bigint'`));
  });
}
