import type { Command as Work } from '@fovea/contract';
import type { Context } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { Progress } from '../terminal/progress.ts';

/** Waits for long work with a progress bar. Throws CommandFailure when it fails or is cancelled. */
export async function finishedWork(context: Context, started: { id: string }, label: string, unit: string): Promise<Work> {
  const progress = new Progress(context.io, { label, unit });
  for (;;) {
    const work = await context.fovea.commands.get(started.id, { waitSeconds: 1 });
    if (work.endedAt === null) {
      progress.update({ done: work.done, total: work.total ?? undefined });
      continue;
    }
    progress.clear();
    if (work.status === 'complete') return work;
    throw new CommandFailure(work.status === 'cancelled' ? 'It was cancelled; what was done by then stays.' : `It failed: ${work.message ?? 'no reason was given'}`);
  }
}
