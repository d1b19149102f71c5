import { bad, toWireError, type WireError } from './errors.ts';
import type { Row } from './query.ts';

export type BatchAction = (id: string, body: Row) => Promise<unknown>;
type BatchAnswer = { success: true; response?: unknown } | { success: false; error: WireError };

/** Runs one action on many records; each succeeds or fails by itself, and only `details` answers something. */
export async function runBatch(body: Row, actions: Record<string, BatchAction>): Promise<{ responses: Record<string, BatchAnswer> }> {
  const { action, ids } = body;
  const run = typeof action === 'string' && Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!run) throw bad(`unknown action '${String(action)}'; there are: ${Object.keys(actions).join(', ')}`);
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) throw bad('ids must be a list of texts');
  const answers: [string, BatchAnswer][] = [];
  for (const id of new Set(ids as string[])) {
    try {
      const response = await run(id, body);
      answers.push([id, action === 'details' ? { success: true, response } : { success: true }]);
    } catch (error) {
      answers.push([id, { success: false, error: toWireError(error) }]);
    }
  }
  return { responses: Object.fromEntries(answers) };
}
