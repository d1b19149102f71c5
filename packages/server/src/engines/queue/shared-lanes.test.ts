import { expect, test } from 'vitest';
import { openSharedLanes, type Envelope } from './shared-lanes.ts';

/** Lanes on a queue that gives what the test puts into it, and notes when it is asked. */
function lanesOn(waiting: string[], lanes: number, handle: (message: Envelope<string>) => Promise<void>) {
  const asked: number[] = [];
  const completed: string[] = [];
  const opened = openSharedLanes<string>({
    library: {
      fetch: async (_name: string, options?: { batchSize?: number }) => {
        asked.push(options?.batchSize ?? 1);
        return waiting.splice(0, options?.batchSize).map((id) => ({ id, expireInSeconds: 60 })) as never;
      },
      complete: async (_name: string, ids: string | string[]) => void completed.push(...[ids].flat()) as never,
      fail: async () => undefined as never,
      touch: async () => undefined as never,
    },
    name: 'test',
    lanes,
    pollMs: 1e6,
    heartbeatMs: 1e6,
    handle,
    onError: (error) => {
      throw error;
    },
  });
  const close = async () => {
    await opened.stop();
    await opened.close();
  };
  return { opened, asked, completed, close };
}

const steps = async (count: number) => {
  for (let step = 0; step < count; step++) await Promise.resolve();
};
const rest = () => new Promise((resolve) => setImmediate(resolve));

test('whoever looks while a fetch that found nothing comes to its end is heard, at whatever step of it', async () => {
  for (let at = 0; at < 25; at++) {
    const waiting: string[] = [];
    const { opened, completed, close } = lanesOn(waiting, 2, async () => undefined);
    opened.look();
    await steps(at);
    waiting.push('late');
    opened.look();
    await rest();
    expect(completed, `${at} steps after the first look`).toEqual(['late']);
    await close();
  }
});

test('more messages than lanes are all handled, never more at once than there are lanes, and a lane that is free asks for no more than it can take', async () => {
  let [now, most] = [0, 0];
  const waiting = Array.from({ length: 50 }, (_, n) => String(n));
  const { opened, asked, completed, close } = lanesOn(waiting, 3, async ({ id }) => {
    most = Math.max(most, ++now);
    await steps(Number(id) % 7);
    now--;
  });
  opened.look();
  await expect.poll(() => completed.length).toBe(50);
  expect(most).toBe(3);
  expect(Math.max(...asked)).toBe(3);
  await close();
});
