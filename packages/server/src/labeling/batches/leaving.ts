// What becomes of the work of somebody who may not do it any more.
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Tx } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import type { Caller } from '../../identity/caller.ts';
import { mayBeIn } from '../../identity/projects/store.ts';
import { endLeases } from '../tasks/claim-store.ts';
import { endAssignment, handOver, selectOpenShares } from './assignment-store.ts';
import { batchEvent } from './settle.ts';
import { selectBatchAlone } from './store.ts';

/** Who left: a project, or, where none is named, perhaps several of the organisation. */
export interface Leaver {
  email: string;
  projectId?: string;
}

/**
 * Takes the work back from somebody who left, in the transaction in which they do: their leases end, and their shares of open batches go to the others
 * who have one, or to the common queue. Projects in which they still may work, as an administrator for one, are left alone.
 */
export async function takeWorkBack(tx: Tx, caller: Caller, { email, projectId }: Leaver): Promise<void> {
  const leftIn = (project: Sql) => sql`${projectId === undefined ? empty : sql`${project} = ${projectId} and`} not ${mayBeIn({ orgId: caller.orgId, email }, project)}`;
  await endLeases(tx, { orgId: caller.orgId, email, projectIs: leftIn(sql`tasks.project_id`) }, caller.email);
  for (const share of await selectOpenShares(tx, { orgId: caller.orgId, email, projectIs: leftIn(sql`a.project_id`) })) {
    const batch = await selectBatchAlone(tx, share.batchId, { lock: true });
    if (!batch) continue;
    const moved = await handOver(tx, share);
    await endAssignment(tx, { ...share, email });
    await emit(tx, batchEvent('batch.assigned', caller, batch, { left: email, tasks: moved }));
  }
}
