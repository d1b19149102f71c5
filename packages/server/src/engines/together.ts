/** The most that are done in one go. */
const maxTogether = 64;

interface Waiting<K, V> {
  key: K;
  resolve: (value: V) => void;
  reject: (error: unknown) => void;
}

/**
 * Does many small things in one go: those of the same moment begin at once, those that come meanwhile wait until these are back and are then
 * done together. So nobody waits where there is little to do, and where there is much, many share one statement. `work` gives a value for each
 * key, in their order; where it throws for several, each is done by itself, so that the fault of one meets no other.
 */
export function together<K, V>(work: (keys: readonly K[]) => Promise<readonly V[]>): (key: K) => Promise<V> {
  const waiting: Waiting<K, V>[] = [];
  let busy = false;

  async function settle(calls: readonly Waiting<K, V>[]): Promise<void> {
    try {
      const values = await work(calls.map((call) => call.key));
      for (const [index, call] of calls.entries()) call.resolve(values[index] as V);
    } catch (error) {
      if (calls.length === 1) calls[0]?.reject(error);
      else for (const call of calls) await settle([call]);
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await settle(waiting.splice(0, maxTogether));
    busy = false;
  }

  return (key) =>
    new Promise<V>((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (busy) return;
      busy = true;
      queueMicrotask(() => void drain());
    });
}
