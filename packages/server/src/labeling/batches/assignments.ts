import type { Assignment } from '@fovea/contract';
import { newId } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import { inVisibleProject } from '../../identity/projects/store.ts';
import { batchEvent } from './settle.ts';
import { selectBatch } from './store.ts';
import { countItemStatuses, deleteAssignment, findAssignments, selectAssignment, shareOutAssignment, upsertAssignment, type AssignmentFilter, type ItemStatusCounts } from './assignment-store.ts';

export type AssignmentsService = ReturnType<typeof assignmentsService>;
export type ProjectAssignment = Assignment & { projectId: string };

/** People's shares of batches. */
export function assignmentsService({ db }: { db: Database }) {
  async function need(caller: Caller, id: string, role: 'annotator' | 'manager'): Promise<ProjectAssignment> {
    const found = await selectAssignment(db, id);
    if (!found) throw notFound('assignment', id);
    await authorize(db, caller, found.projectId, { role, scope: role === 'manager' ? 'write' : 'read', as: { kind: 'assignment', id } });
    return found;
  }

  return {
    get: (caller: Caller, id: string): Promise<ProjectAssignment> => need(caller, id, 'annotator'),

    /** Assignments of all projects that the caller sees, oldest first. */
    find(caller: Caller, filter: AssignmentFilter): Promise<ProjectAssignment[]> {
      needScope(caller, 'read');
      return findAssignments(db, inVisibleProject(caller, sql`a.project_id`), filter);
    },

    /** How the items of batches were left, by batch and by assignment; rights were checked on the batches. */
    itemStatuses: (batchIds: readonly string[]): Promise<ItemStatusCounts[]> => countItemStatuses(db, batchIds),

    /** Shares what one person has of a batch out among others, by load; gives their assignments. */
    async redistribute(caller: Caller, id: string, shares: readonly { email: string; load: number }[]): Promise<ProjectAssignment[]> {
      if (!shares.some((share) => share.load > 0)) throw new Fault('invalid_request', 'At least one load must be over 0.');
      const { batchId, projectId, load } = await need(caller, id, 'manager');
      return db.tx(async (tx) => {
        const batch = await selectBatch(tx, batchId, { lock: true });
        if (!batch) throw notFound('batch', batchId);
        const whole = shares.reduce((sum, share) => sum + share.load, 0);
        const target: { id: string; load: number }[] = [];
        for (const share of shares) {
          const part = ((load ?? 100) * share.load) / whole;
          target.push({ id: await upsertAssignment(tx, { id: newId(), orgId: caller.orgId, projectId, batchId, email: share.email, load: part }), load: share.load });
        }
        await shareOutAssignment(tx, { id, batchId }, target);
        if (!target.some((share) => share.id === id)) await deleteAssignment(tx, id);
        await emit(tx, batchEvent('batch.assigned', caller, batch, { people: shares.length }));
        const found = await Promise.all(target.map((share) => selectAssignment(tx, share.id)));
        return found.filter((assignment) => assignment !== undefined);
      });
    },
  };
}
