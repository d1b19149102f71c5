import type { Tx } from '../database/database.ts';

/** A kind of message, declared once by the feature that handles it. */
export interface MessageKind<T> {
  /** `room.verb`, e.g. `items.describe`. */
  readonly name: string;
  /** Type only. */
  readonly _data?: T;
  /** How often a failed message is tried again. Default 3. */
  readonly retries?: number;
  /** First pause before a retry, doubled each time, in seconds. Default 1. */
  readonly backoffSeconds?: number;
  /** The longest pause before a retry, in seconds. Default an hour. */
  readonly maxBackoffSeconds?: number;
  /** A handler that takes longer than this without finishing is considered dead, in seconds. Default 900. */
  readonly timeoutSeconds?: number;
  /** Of these, many short ones may come at once: the lanes of a worker share the statements that take them and that mark them as done. */
  readonly shared?: boolean;
}

export function messageKind<T>(name: string, options: Omit<MessageKind<T>, 'name' | '_data'> = {}): MessageKind<T> {
  return { name, ...options };
}

export interface SendOptions {
  /** Not before this many seconds from now. */
  delaySeconds?: number;
  /** Higher first; default 0. */
  priority?: number;
  /** While a message with this key waits or runs, another one is not added. */
  singletonKey?: string;
}

export interface Message<T> {
  id: string;
  data: T;
  /** 0 on the first try. */
  attempt: number;
  /** Aborted when the worker stops or the time is up. */
  signal: AbortSignal;
}

/** The queue: messages sent inside a transaction exist when, and only when, it commits. */
export interface Queue {
  /** Declares the kinds; serially, before anything is sent. */
  declare(kinds: readonly MessageKind<unknown>[]): Promise<void>;
  send<T>(tx: Tx, kind: MessageKind<T>, data: T, options?: SendOptions): Promise<void>;
  sendMany<T>(tx: Tx, kind: MessageKind<T>, data: readonly T[], options?: SendOptions): Promise<void>;
  /** Begins to handle messages of a kind, `concurrency` at once. A handler that throws has its message tried again later. */
  work<T>(kind: MessageKind<T>, handler: (message: Message<T>) => Promise<void>, options?: { concurrency?: number }): Promise<void>;
  /** Runs the handler at the times of a cron expression (UTC), once in the whole installation. */
  schedule(kind: MessageKind<null>, cron: string): Promise<void>;
  /** How many messages of a kind wait, run, and have finally failed. */
  counts(kind: MessageKind<unknown>): Promise<{ waiting: number; running: number; failed: number }>;
  /** Stops taking messages, waits for running handlers up to `graceMs`, gives the rest back. */
  stop(graceMs?: number): Promise<void>;
}
