import type { Tx } from './engines/database/database.ts';

/** Called in the transaction that makes something, as its last step: what is kept about the request is kept exactly when the thing is. */
export type WhenMade<T> = (tx: Tx, made: T) => Promise<void>;
