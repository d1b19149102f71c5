import { expect, test } from 'vitest';
import { narrowQueue } from './narrow-queue.ts';
import { messageKind, type Queue } from './queue.ts';

function recording(): { queue: Queue; worked: string[] } {
  const worked: string[] = [];
  const queue = { work: async (kind: { name: string }, _handler: unknown, options?: { concurrency?: number }) => void worked.push(`${kind.name} ${options?.concurrency ?? 1}`) } as unknown as Queue;
  return { queue, worked };
}

const kinds = ['items.describe', 'items.thumbnail', 'itemsets.sweep', 'platform.tidy'].map((name) => messageKind<null>(name));

test.each([
  { choice: {}, worked: ['items.describe 1', 'items.thumbnail 1', 'itemsets.sweep 1', 'platform.tidy 1'] },
  { choice: { names: ['items'] }, worked: ['items.describe 1', 'items.thumbnail 1'] },
  { choice: { names: ['items.thumbnail', 'platform'], concurrency: 4 }, worked: ['items.thumbnail 4', 'platform.tidy 4'] },
])('a worker of $choice takes $worked', async ({ choice, worked }) => {
  const made = recording();
  const narrow = narrowQueue(made.queue, choice);
  for (const kind of kinds) await narrow.work(kind, async () => undefined);
  expect(made.worked).toEqual(worked);
});
