import type { Command } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { batchCommandKinds } from '../../labeling/batches/background.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { toWireId } from './ids.ts';
import { asJsons, type Json } from './json.ts';
import { catalogWork } from './show-catalog-work.ts';

/** So long a request that begins long work waits for its end: most is done by then, and the client need not ask again. */
const patienceSeconds = 1.5;

const statuses: Record<Command['status'], string> = { queued: 'created', running: 'in-progress', complete: 'success', failed: 'failed', cancelled: 'canceled' };

/** A command as the client follows it; `spec` says what came of it, by the kind of work. */
export function showCommand(deps: Pick<DataloopDeps, 'settings'>, command: Command): Json {
  const id = toWireId(command.id);
  return {
    id,
    url: urlOf(deps, `/commands/${id}`),
    status: statuses[command.status],
    progress: Math.floor(command.progress * 100),
    error: command.status === 'failed' ? (command.message ?? 'It failed.') : null,
    ...about(command),
    createdAt: command.createdAt,
    updatedAt: command.updatedAt,
  };
}

/**
 * The answer to a request that began long work: the command as it is after a moment. Work that failed by then is refused: the client takes a command
 * that has ended in its first reply for a success.
 */
export async function begun(deps: Pick<DataloopDeps, 'rooms' | 'settings'>, caller: Caller, { id }: Pick<Command, 'id'>): Promise<Json> {
  const command = await deps.rooms.commands.get(caller, id, patienceSeconds);
  if (command.status === 'failed') throw new Fault('invalid_request', command.message ?? 'The command failed.');
  return showCommand(deps, command);
}

type About = { type: string; spec: Json };

function about(command: Command): About {
  return describers[command.kind]?.(command) ?? { type: command.kind, spec: { ...command.result } };
}

const idOf = (id: unknown): string | null => (typeof id === 'string' ? toWireId(id) : null);

const describers: Readonly<Record<string, (command: Command) => About>> = {
  ...catalogWork,
  [batchCommandKinds.add]: ({ subjectId, result }) => ({
    type: 'CreateTask',
    spec: { createTaskPayload: {}, addToTaskPayload: {}, createdTaskId: idOf(subjectId), taskId: idOf(subjectId), addedItemsCount: result?.['added'] ?? null },
  }),
  [batchCommandKinds.remove]: ({ subjectId, result }) => ({
    type: 'RemoveFromTask',
    spec: { removeFromTaskId: idOf(subjectId), removeItemsCount: result?.['removed'] ?? null, totalItemsCount: result?.['total'] ?? null },
  }),
  [batchCommandKinds.delete]: ({ subjectId }) => ({ type: 'DeleteTask', spec: { deleteTaskId: idOf(subjectId) } }),
  [batchCommandKinds.redistribute]: ({ subjectId, result }) => {
    const shares = asJsons(result?.['assignments']);
    return {
      type: 'RedistributeAssignment',
      spec: { fromAssignment: idOf(subjectId), toAssignment: idOf(shares[0]?.['id']), workload: shares.map(({ email, load }) => ({ assigneeId: email, load })) },
    };
  },
};
