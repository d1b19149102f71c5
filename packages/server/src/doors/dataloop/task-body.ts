import type { Filter } from '@fovea/contract';
import { z } from 'zod';
import { Fault } from '../../fault.ts';
import { itemFilter } from './dql/resources.ts';
import { readDql } from './dql/translate.ts';

const workload = z.array(z.looseObject({ assigneeId: z.string().min(1), load: z.number().min(0).max(100).nullish() })).max(1_000);
const query = z.union([z.string(), z.looseObject({})]);
const action = z.looseObject({ action: z.string().min(1).max(200) });
const dueDate = z.number().refine((at) => !Number.isNaN(new Date(at).getTime()), { error: 'must be milliseconds since 1970' });

/** A task as it is asked for. The query is JSON text; past due dates and assignees that nobody knows are fine. */
export const newTask = z.looseObject({
  name: z.string().trim().min(1).max(500),
  query,
  taskOwner: z.string().max(320).nullish(),
  spec: z.looseObject({ type: z.string() }).nullish(),
  datasetId: z.string(),
  projectId: z.string(),
  recipeId: z.string().nullish(),
  dueDate: dueDate.nullish(),
  workload: workload.nullish(),
  priority: z.int().min(-1_000).max(1_000).nullish(),
  metadata: z.looseObject({}).nullish(),
  availableActions: z.array(action).max(100).nullish(),
  limit: z.int().min(1).nullish(),
  description: z.unknown().optional(),
  checkIfExist: z.looseObject({ query: z.looseObject({}) }).nullish(),
});
export type NewTask = z.infer<typeof newTask>;

export const taskChange = newTask.pick({ name: true, dueDate: true, priority: true, metadata: true, availableActions: true, description: true, spec: true, taskOwner: true }).partial();
export const itemsChange = z.looseObject({ query, workload: workload.nullish(), limit: z.int().min(1).nullish() });
export const statusChange = z.looseObject({ operation: z.string().default('create'), status: z.string().max(200) });
export const manyStatuses = z.looseObject({ itemIds: z.array(z.string()).min(1).max(10_000), statusPayload: statusChange });
export const reassignment = z.looseObject({ annotator: z.string().min(1) });
export const redistribution = z.looseObject({ workload: workload.min(1) });

/** The items that a task's query finds. Text, as the client sends it, or an object. */
export function itemsOf(datasetId: string, sent: z.infer<typeof query>): Filter {
  return itemFilter(datasetId, readDql(typeof sent === 'string' ? fromText(sent) : sent));
}

function fromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Fault('invalid_request', `The query must be JSON text: ${error instanceof Error ? error.message : String(error)}.`, { errors: [{ path: 'body.query', message: 'is no JSON' }] });
  }
}

/** Shares by person, in lower case and each person once; where no load is said, all have the same. */
export function sharesOf(sent: z.infer<typeof workload>): { email: string; load: number }[] {
  const loads = new Map<string, number>();
  for (const { assigneeId, load } of sent) loads.set(assigneeId.toLowerCase(), (loads.get(assigneeId.toLowerCase()) ?? 0) + (load ?? 0));
  const none = [...loads.values()].every((load) => load === 0);
  return [...loads].map(([email, load]) => ({ email, load: none ? 100 / loads.size : load }));
}
