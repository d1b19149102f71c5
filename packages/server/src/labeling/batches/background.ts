import type { Command, Filter } from '@fovea/contract';
import type { CommandsService } from '../../catalog/commands/service.ts';
import { itemEntity } from '../../catalog/items/entity.ts';
import { compileFilter } from '../../catalog/query/compile.ts';
import { rowAlias } from '../../catalog/query/page.ts';
import type { Database } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';
import type { AssignmentsService } from './assignments.ts';
import type { BatchesService } from './service.ts';

/** What can be done to batches in the background: for protocols in which such changes are long work, and for batches of very many items. */
export const batchCommandKinds = { add: 'batches.addItems', remove: 'batches.removeItems', delete: 'batches.delete', redistribute: 'batches.redistribute' } as const;

export type BatchCommands = ReturnType<typeof batchCommands>;

/** Changes of batches as commands; rights are checked when they are asked for, and again by what they do. */
export function batchCommands(deps: { db: Database; commands: CommandsService; batches: BatchesService; assignments: AssignmentsService }) {
  const { db, commands, batches, assignments } = deps;

  commands.handle(batchCommandKinds.add, async ({ command, caller }) => {
    const { batchId, filter, limit } = command.input as { batchId: string; filter: Filter; limit?: number };
    return batches.addItems(caller, batchId, { filter, limit });
  });
  commands.handle(batchCommandKinds.remove, async ({ command, caller }) => {
    const { batchId, filter } = command.input as { batchId: string; filter: Filter };
    return batches.removeMatching(caller, batchId, filter);
  });
  commands.handle(batchCommandKinds.delete, async ({ command, caller }) => {
    const { batchId } = command.input as { batchId: string };
    await batches.delete(caller, batchId);
    return { batchId };
  });
  commands.handle(batchCommandKinds.redistribute, async ({ command, caller }) => {
    const { assignmentId, shares } = command.input as { assignmentId: string; shares: { email: string; load: number }[] };
    const shared = await assignments.redistribute(caller, assignmentId, shares);
    return { assignments: shared.map(({ id, email, load }) => ({ id, email, load })) };
  });

  async function start(caller: Caller, kind: string, projectId: string, subjectId: string, input: Record<string, unknown>): Promise<Command> {
    return db.tx((tx) => commands.start(tx, caller, { kind, projectId, subjectId, input }));
  }

  async function onBatch(caller: Caller, batchId: string, kind: string, input: Record<string, unknown> & { filter?: Filter } = {}): Promise<Command> {
    const { projectId } = await batches.forChange(caller, batchId);
    if (input.filter !== undefined) compileFilter(itemEntity, input.filter, rowAlias);
    return start(caller, kind, projectId, batchId, { batchId, ...input });
  }

  return {
    addItems: (caller: Caller, batchId: string, filter: Filter, limit?: number): Promise<Command> => onBatch(caller, batchId, batchCommandKinds.add, { filter, ...(limit === undefined ? {} : { limit }) }),
    removeItems: (caller: Caller, batchId: string, filter: Filter): Promise<Command> => onBatch(caller, batchId, batchCommandKinds.remove, { filter }),
    delete: (caller: Caller, batchId: string): Promise<Command> => onBatch(caller, batchId, batchCommandKinds.delete),
    async redistribute(caller: Caller, assignmentId: string, shares: readonly { email: string; load: number }[]): Promise<Command> {
      const { projectId, batchId } = await assignments.get(caller, assignmentId);
      await batches.forChange(caller, batchId);
      return start(caller, batchCommandKinds.redistribute, projectId, assignmentId, { assignmentId, shares });
    },
  };
}
