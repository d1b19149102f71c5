import type { SendProgress } from '@fovea/sdk';
import type { Context } from '../context.ts';
import { note } from '../io.ts';
import { formatBytes } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';

/** Sends an archive with a progress bar, and says how much of it an earlier call had sent already. */
export async function sendWithProgress<T>({ io }: Context, send: (call: { signal: AbortSignal; onSent(progress: SendProgress): void }) => Promise<T>): Promise<T> {
  const sending = new Progress(io, { label: 'Sending', unit: 'archives' });
  let resumed = 0;
  const onSent = ({ sentBytes, totalBytes, resumedBytes }: SendProgress): void => {
    resumed = Math.max(resumed, resumedBytes);
    sending.update({ done: 0, total: 1, bytes: sentBytes, totalBytes });
  };
  const made = await send({ signal: io.signal, onSent }).finally(() => sending.clear());
  if (resumed > 0) note(io, `${formatBytes(resumed)} of it had been sent before, and were not sent again.`);
  return made;
}
