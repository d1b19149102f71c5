import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What comes through the network may leave so much behind before it is collected. */
const everyBytes = 16 * 1024 * 1024;

let collect: (() => void) | undefined;
let sinceBytes = 0;

/**
 * Counts bytes that came in buffers of their own and are done with. V8 sees of such a buffer little more than its handle, and lets over 64
 * MiB of them pile up before it collects the young generation; with this it does so every 16 MiB, in one or two milliseconds.
 */
export function passedThrough(bytes: number): void {
  sinceBytes += bytes;
  if (sinceBytes < everyBytes) return;
  sinceBytes = 0;
  collect ??= collector();
  collect();
}

/** V8's own function, which is there for those who ask for it by a flag; nothing where it is not. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('globalThis.gc') as ((options: object) => void) | undefined;
  return () => gc?.({ type: 'minor', execution: 'sync' });
}
