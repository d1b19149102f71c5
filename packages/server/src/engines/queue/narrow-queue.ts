import type { Queue } from './queue.ts';

/** Which messages a worker takes. A name is that of a kind (`items.describe`) or of its room (`items`). */
export interface QueueChoice {
  names?: readonly string[] | undefined;
  /** Messages of one kind at once, instead of what their handler says. */
  concurrency?: number | undefined;
}

/** Whether a choice takes a kind of message. */
export function takes(names: readonly string[], kind: string): boolean {
  return names.some((name) => kind === name || kind.startsWith(`${name}.`));
}

/** The queue for a worker that handles a part of it. */
export function narrowQueue(queue: Queue, choice: QueueChoice): Queue {
  return {
    ...queue,
    async work(kind, handler, options) {
      if (choice.names && !takes(choice.names, kind.name)) return;
      await queue.work(kind, handler, choice.concurrency === undefined ? options : { ...options, concurrency: choice.concurrency });
    },
  };
}
