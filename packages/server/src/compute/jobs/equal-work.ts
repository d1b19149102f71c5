import { isDeepStrictEqual } from 'node:util';
import type { StoredJob } from './store.ts';

/** Whether an earlier job of equal work did all that is asked for: labels of its are annotations of its own items only. */
export function answersFor(earlier: StoredJob, { inputs, attachLabels }: { inputs: Record<string, string[]>; attachLabels: boolean }): boolean {
  return !attachLabels || (earlier.attachLabels && isDeepStrictEqual(earlier.inputs, inputs));
}

/** What an earlier job gave, of the items that stand at the same places here: equal bytes may be several items. */
export function forInputs({ inputs: before, outputs, failures }: StoredJob, inputs: Record<string, string[]>): Pick<StoredJob, 'outputs' | 'failures'> {
  const ids = new Map(Object.entries(before).flatMap(([name, list]) => list.map((id, index): [string, string | undefined] => [id, inputs[name]?.[index]])));
  const idHere = (id: string | null) => (id === null ? null : (ids.get(id) ?? id));
  return {
    outputs: outputs.map((output) => ({ ...output, fromItemId: idHere(output.fromItemId) })),
    failures: failures.map((failure) => ({ ...failure, itemId: idHere(failure.itemId) })),
  };
}
