import { isObject, type Answer } from './form-kind.ts';

const keyOf = (taskId: string) => `fovea.answer.${taskId}`;

/** An answer that was begun in this browser: a reload or a platform that is down loses nothing. */
export function readDraft(taskId: string): Answer | undefined {
  const kept = localStorage.getItem(keyOf(taskId));
  if (kept === null) return undefined;
  try {
    const parsed: unknown = JSON.parse(kept);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    clearDraft(taskId);
    return undefined;
  }
}

export function writeDraft(taskId: string, answer: Answer): void {
  localStorage.setItem(keyOf(taskId), JSON.stringify(answer));
}

export function clearDraft(taskId: string): void {
  localStorage.removeItem(keyOf(taskId));
}
