import { availableParallelism } from 'node:os';
import sql, { raw } from 'sql-template-tag';
import type { Database, Tx } from '../../engines/database/database.ts';
import { writeLeaves } from './store.ts';
import { within, type Span, type Stretch } from './tree.ts';

/** Connections that write leaves beside the one that holds the snapshot. */
const lanes = Math.min(4, availableParallelism());

export type Groups = AsyncGenerator<readonly Stretch[], void, void>;
/** With `changed`, what the leaves that stood in the stretches say of other paths is taken over. */
export type LeafWriter = (groups: Groups, options: { written?: (items: number) => Promise<void>; changed?: readonly string[] }) => Promise<Span[]>;

/**
 * Writes the leaves of groups of stretches over several connections, which all see what the given transaction sees (an exported snapshot),
 * and gives them in the order of the groups. Each group is kept at once, in a transaction of its own: a chunk is named by its text, so one
 * that no version came to refer to is found there by the next commit.
 */
export async function leafWriter(db: Database, tx: Tx, dataset: { id: string; projectId: string }): Promise<LeafWriter> {
  const { snapshot } = await tx.one<{ snapshot: string }>(sql`select pg_export_snapshot() as snapshot`);
  // The name is PostgreSQL's own; this statement takes no parameters. Nobody waits for the disk here: what a version refers to is written
  // before the transaction that makes the version, and is on the disk when that one is.
  const join = raw(`set transaction isolation level repeatable read; set transaction snapshot '${snapshot}'; set local work_mem = '64MB'; set local synchronous_commit = off`);
  const write = (group: readonly Stretch[], changed: readonly string[] | undefined) =>
    db.tx(async (own) => {
      await own.run(join);
      return writeLeaves(own, dataset, group, changed && within(group, changed));
    });
  return async (groups, { written, changed }) => {
    const results: Span[][] = [];
    let taken = 0;
    const lane = async () => {
      for await (const group of groups) {
        const index = taken++;
        const leaves = await write(group, changed);
        results[index] = leaves.map(({ first, digest, items, annotations, bytes }) => ({ first, digest, items, annotations, bytes }));
        await written?.(leaves.reduce((sum, leaf) => sum + leaf.items, 0));
      }
    };
    // The loop of a lane that fails ends the generator, and with it the other lanes after what they are at.
    const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    return results.flat();
  };
}
