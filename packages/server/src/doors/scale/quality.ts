import { toObjectId } from '@fovea/contract';
import type { WhenMade } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredTask } from '../../labeling/tasks/store.ts';
import { origin } from './context.ts';
import { badParameter } from './errors.ts';
import { isObject, type Json } from '../../labeling/task-types/work.ts';
import { taskFacts } from './show-task.ts';
import { qualityTypes } from './task-types.ts';
import type { ScaleTasks } from './tasks.ts';

type Kind = 'evaluation' | 'training';

/** Rapid's quality tasks: tasks whose answer is known, kept apart from the work itself. */
export function scaleQuality(tasks: ScaleTasks) {
  return {
    async create(caller: Caller, kind: Kind, type: string, given: unknown, keep: WhenMade<Json>): Promise<Json> {
      if (!qualityTypes.includes(type)) throw badParameter('type', `must be one of ${qualityTypes.join(', ')}`);
      const { expected_response: expected, initial_response: initial, ...body } = isObject(given) ? given : {};
      if (expected === undefined || expected === null) throw badParameter('expected_response', 'is required');
      const quality = { kind, expected_response: expected, ...(initial === undefined || kind === 'training' ? {} : { initial_response: initial }) };
      return show((await tasks.make(caller, type, body, { origin: `${origin}.${kind}`, quality, whenMade: (tx, made) => keep(tx, show(made)) })).task);
    },
  };
}

function show(task: StoredTask): Json {
  const { quality } = taskFacts(task);
  return {
    id: toObjectId(task.id),
    type: task.type,
    expected_response: quality?.expected_response,
    ...(quality?.initial_response === undefined ? {} : { initial_response: quality.initial_response }),
    ...(quality?.batch === undefined ? {} : { batch: quality.batch }),
    instruction: task.instruction,
    params: task.params,
    metadata: task.metadata,
    created_at: task.createdAt,
  };
}
