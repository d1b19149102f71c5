import type { Tx, WhenMade } from './database.ts';

/** The work of a transaction, with `whenMade` as its last step: for work that ends in several places. */
export function keeping<T>(whenMade: WhenMade<T> | undefined, work: (tx: Tx) => Promise<T>): (tx: Tx) => Promise<T> {
  return async (tx) => {
    const made = await work(tx);
    await whenMade?.(tx, made);
    return made;
  };
}
