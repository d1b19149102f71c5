import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { cloneTestDatabase, type TestDatabase } from '../database/testing.ts';
import { messageKind, type Message, type Queue } from './queue.ts';
import { startQueue } from './pg-boss-queue.ts';

let clone: TestDatabase;
const queues: Queue[] = [];
const children: ChildProcess[] = [];
beforeAll(async () => void (clone = await cloneTestDatabase(inject('database'), 4)));
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const queue of queues.splice(0)) await queue.stop(0);
});
afterAll(() => clone.close());

const silent = { debug() {}, info() {}, warn() {}, error() {} };
async function openQueue(): Promise<Queue> {
  const queue = await startQueue({ connection: clone.connection, database: clone.db, logger: silent });
  queues.push(queue);
  return queue;
}
const soon = { timeout: 15_000 };

describe('sending', () => {
  test('in a transaction: handled when that commits, never when it rolls back', async () => {
    const kind = messageKind<{ n: number }>('test.transaction');
    const queue = await openQueue();
    await queue.declare([kind]);
    const handled: number[] = [];
    await queue.work(kind, async ({ data }) => void handled.push(data.n));
    await clone.db
      .tx(async (tx) => {
        await queue.send(tx, kind, { n: 1 });
        await queue.sendMany(tx, kind, [{ n: 2 }, { n: 3 }]);
        throw new Error('no');
      })
      .catch(() => undefined);
    let release: () => void = () => undefined;
    const committed = clone.db.tx(async (tx) => {
      await queue.send(tx, kind, { n: 4 });
      await new Promise<void>((resolve) => void (release = resolve));
    });
    await sleep(300);
    expect(handled).toEqual([]);
    release();
    await committed;
    await expect.poll(() => handled, soon).toEqual([4]);
  });

  test('wakes an idle worker at once', async () => {
    const kind = messageKind<null>('test.latency');
    const queue = await openQueue();
    await queue.declare([kind]);
    const took: number[] = [];
    let sentAt = 0;
    await queue.work(kind, async () => void took.push(performance.now() - sentAt));
    await sleep(500);
    for (let n = 1; n <= 10; n++) {
      await clone.db.tx(async (tx) => {
        await queue.send(tx, kind, null);
        sentAt = performance.now();
      });
      await expect.poll(() => took.length, soon).toBe(n);
      await sleep(20);
    }
    // Far below the poll of two seconds: the notification woke it.
    expect(took.toSorted((a, b) => a - b)[5]).toBeLessThan(500);
  });

  test('holds back what is delayed, and prefers what is urgent', async () => {
    const kind = messageKind<string>('test.order');
    const queue = await openQueue();
    await queue.declare([kind]);
    await clone.db.tx(async (tx) => {
      await queue.send(tx, kind, 'later', { delaySeconds: 2 });
      await queue.send(tx, kind, 'usual');
      await queue.send(tx, kind, 'urgent', { priority: 5 });
    });
    const handled: string[] = [];
    await queue.work(kind, async ({ data }) => void handled.push(data));
    await expect.poll(() => handled, soon).toEqual(['urgent', 'usual', 'later']);
  });

  test('with a key adds none while one waits or runs', async () => {
    const kind = messageKind<number>('test.singleton');
    const queue = await openQueue();
    await queue.declare([kind]);
    const send = (n: number, singletonKey?: string) =>
      clone.db.tx((tx) => queue.send(tx, kind, n, singletonKey === undefined ? {} : { singletonKey }));
    await send(1, 'a');
    await send(2, 'a');
    await send(3, 'b');
    await send(4);
    await send(5);
    expect(await queue.counts(kind)).toEqual({ waiting: 4, running: 0, failed: 0 });
    const handled: number[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => void (release = resolve));
    await queue.work(kind, async ({ data }) => {
      handled.push(data);
      if (data === 1) await gate;
    });
    await expect.poll(() => handled, soon).toEqual([1]);
    await send(6, 'a');
    expect(await queue.counts(kind)).toEqual({ waiting: 3, running: 1, failed: 0 });
    release();
    await expect.poll(() => handled.length, soon).toBe(4);
    // The library marks it as done a moment after its handler ended.
    await expect.poll(() => queue.counts(kind), soon).toEqual({ waiting: 0, running: 0, failed: 0 });
    await send(7, 'a');
    await expect.poll(() => handled, soon).toEqual([1, 3, 4, 5, 7]);
  });

  test('many are handled quickly, each once', async () => {
    const kind = messageKind<number>('test.many');
    const queue = await openQueue();
    await queue.declare([kind]);
    await clone.db.tx((tx) =>
      queue.sendMany(
        tx,
        kind,
        Array.from({ length: 500 }, (_, n) => n),
      ),
    );
    const handled: number[] = [];
    const started = performance.now();
    await queue.work(kind, async ({ data }) => void handled.push(data), { concurrency: 4 });
    await expect.poll(() => handled.length, { timeout: 25_000 }).toBe(500);
    // At the pace of the poll, four lanes would need 250 s.
    expect(performance.now() - started).toBeLessThan(25_000);
    expect(new Set(handled).size).toBe(500);
  });
});

describe('shared lanes', () => {
  test('take from another process, never what was rolled back; a long one holds up no other; what fails is tried again', async () => {
    const kind = messageKind<number>('test.shared', { retries: 2, shared: true });
    const [sender, worker] = [await openQueue(), await openQueue()];
    await sender.declare([kind]);
    await worker.declare([kind]);
    const handled: number[] = [];
    const tries: number[] = [];
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    let [at, most] = [0, 0];
    await worker.work(kind, async ({ data, attempt }) => {
      most = Math.max(most, ++at);
      try {
        await sleep(1);
        if (data === 7) tries.push(attempt);
        if (data === 7 && attempt === 0) throw new Error('not yet');
        if (data === 3) await gate;
        handled.push(data);
      } finally {
        at--;
      }
    }, { concurrency: 3 });
    await clone.db
      .tx(async (tx) => {
        await sender.send(tx, kind, -1);
        throw new Error('no');
      })
      .catch(() => undefined);
    await clone.db.tx((tx) => sender.sendMany(tx, kind, Array.from({ length: 60 }, (_, n) => n)));
    await clone.db.tx((tx) => sender.send(tx, kind, 60));
    const all = Array.from({ length: 61 }, (_, n) => n).filter((n) => n !== 3);
    await expect.poll(() => handled.toSorted((a, b) => a - b), { timeout: 25_000 }).toEqual(all);
    await expect.poll(() => worker.counts(kind), soon).toEqual({ waiting: 0, running: 1, failed: 0 });
    release();
    await expect.poll(() => handled, soon).toContain(3);
    await expect.poll(() => worker.counts(kind), soon).toEqual({ waiting: 0, running: 0, failed: 0 });
    expect(tries).toEqual([0, 1]);
    expect(most).toBe(3);
  });

  test('by taking too long is aborted and tried again', async () => {
    const kind = messageKind<string>('test.shared-timeout', { retries: 1, timeoutSeconds: 1, shared: true });
    const queue = await openQueue();
    await queue.declare([kind]);
    await clone.db.tx((tx) => queue.send(tx, kind, 'x'));
    const seen: string[] = [];
    await queue.work(kind, async ({ attempt, signal }) => {
      seen.push(`try ${attempt}`);
      if (attempt > 0) return;
      signal.addEventListener('abort', () => seen.push('aborted'));
      await new Promise(() => undefined);
    });
    await expect.poll(() => seen, { timeout: 25_000 }).toEqual(['try 0', 'aborted', 'try 1']);
  });
});

describe('failing', () => {
  test('is tried again with the number of the try, and ends as failed', async () => {
    const kind = messageKind<string>('test.retry', { retries: 2, backoffSeconds: 1 });
    const queue = await openQueue();
    await queue.declare([kind]);
    await clone.db.tx((tx) => queue.send(tx, kind, 'x'));
    const tries: number[] = [];
    await queue.work(kind, async ({ attempt }) => {
      tries.push(attempt);
      throw new Error('not today');
    });
    await expect.poll(() => tries, { timeout: 25_000 }).toEqual([0, 1, 2]);
    await expect.poll(() => queue.counts(kind), soon).toEqual({ waiting: 0, running: 0, failed: 1 });
  });

  test('by taking too long aborts the handler and is tried again', async () => {
    const kind = messageKind<string>('test.timeout', { retries: 1, timeoutSeconds: 1 });
    const queue = await openQueue();
    await queue.declare([kind]);
    await clone.db.tx((tx) => queue.send(tx, kind, 'x'));
    const seen: string[] = [];
    await queue.work(kind, async ({ attempt, signal }) => {
      seen.push(`try ${attempt}`);
      if (attempt > 0) return;
      await once(signal, 'abort');
      seen.push('aborted');
    });
    await expect.poll(() => seen, { timeout: 25_000 }).toEqual(['try 0', 'aborted', 'try 1']);
  });
});

const workerScript = `
  import { connectDatabase } from ${JSON.stringify(join(import.meta.dirname, '../database/postgres.ts'))};
  import { startQueue } from ${JSON.stringify(join(import.meta.dirname, 'pg-boss-queue.ts'))};
  import { messageKind } from ${JSON.stringify(join(import.meta.dirname, 'queue.ts'))};
  const connection = JSON.parse(process.argv[1]);
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const queue = await startQueue({ connection, database: await connectDatabase({ ...connection, poolSize: 2 }), logger: silent });
  const kinds = [messageKind('test.killed'), messageKind('test.killed-shared', { shared: true })];
  await queue.declare(kinds);
  for (const kind of kinds) await queue.work(kind, async ({ data }) => { console.log('took ' + data); await new Promise(() => {}); });
`;

test('kill -9 of a worker: its messages are back with another one within 20 s', async () => {
  const kinds = [messageKind<string>('test.killed'), messageKind<string>('test.killed-shared', { shared: true })];
  const child = spawn(process.execPath, ['--input-type=module', '-e', workerScript, JSON.stringify(clone.connection)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said += text));
  const queue = await openQueue();
  await queue.declare(kinds);
  await clone.db.tx(async (tx) => {
    for (const kind of kinds) await queue.send(tx, kind, `precious ${kind.name}`);
  });
  await expect.poll(() => said.trim().split('\n').toSorted(), soon).toEqual(['took precious test.killed', 'took precious test.killed-shared']);
  // Longer than a heartbeat: the messages must not be taken from a worker that is slow but alive.
  await sleep(12_000);
  for (const kind of kinds) expect(await queue.counts(kind)).toEqual({ waiting: 0, running: 1, failed: 0 });
  child.kill('SIGKILL');
  const killedAt = performance.now();
  const got = await Promise.all(kinds.map((kind) => new Promise<Message<string>>((resolve, reject) => {
    queue.work(kind, async (message) => resolve(message)).catch(reject);
  })));
  expect(performance.now() - killedAt).toBeLessThan(20_000);
  for (const [n, kind] of kinds.entries()) expect(got[n]).toMatchObject({ data: `precious ${kind.name}`, attempt: 1 });
}, 60_000);

describe('stopping', () => {
  test('waits for what runs, and takes nothing more', async () => {
    const kind = messageKind<number>('test.grace');
    const queue = await openQueue();
    await queue.declare([kind]);
    await clone.db.tx((tx) => queue.sendMany(tx, kind, [1, 2, 3]));
    const begun: number[] = [];
    const done: number[] = [];
    await queue.work(kind, async ({ data, signal }) => {
      begun.push(data);
      await sleep(500);
      if (!signal.aborted) done.push(data);
    });
    await expect.poll(() => begun, soon).toEqual([1]);
    await queue.stop(5_000);
    expect(done).toEqual([1]);
    expect(await (await openQueue()).counts(kind)).toEqual({ waiting: 2, running: 0, failed: 0 });
  });

  test.each([false, true])('aborts what runs longer than the grace and gives it back at no cost of a try, handlers that ignore it too (shared lanes: %s)', async (shared) => {
    const kind = messageKind<string>(`test.handback-${shared}`, { retries: 0, shared });
    const queue = await openQueue();
    await queue.declare([kind]);
    await clone.db.tx((tx) => queue.sendMany(tx, kind, ['obedient', 'deaf']));
    const aborted: string[] = [];
    await queue.work(
      kind,
      async ({ data, signal }) => {
        if (data === 'deaf') await new Promise(() => undefined);
        await once(signal, 'abort');
        aborted.push(data);
        throw signal.reason;
      },
      { concurrency: 2 },
    );
    await expect.poll(() => queue.counts(kind), soon).toMatchObject({ running: 2 });
    const started = performance.now();
    await queue.stop(100);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(aborted).toEqual(['obedient']);
    const next = await openQueue();
    expect(await next.counts(kind)).toEqual({ waiting: 2, running: 0, failed: 0 });
    await next.declare([kind]);
    const handled: [string, number][] = [];
    await next.work(kind, async ({ data, attempt }) => void handled.push([data, attempt]));
    await expect
      .poll(() => handled.toSorted(), soon)
      .toEqual([
        ['deaf', 0],
        ['obedient', 0],
      ]);
  });
});

test('kinds are declared once, before they are worked, and by many processes at once', async () => {
  const kinds = Array.from({ length: 5 }, (_, n) => messageKind<null>(`test.declared-${n}`));
  const opened = await Promise.all([openQueue(), openQueue(), openQueue()]);
  await Promise.all(opened.map((queue) => queue.declare(kinds)));
  const [queue] = opened;
  if (!queue) throw new Error('no queue');
  await expect(queue.declare(kinds.slice(0, 1))).rejects.toThrow('The message "test.declared-0" is declared twice.');
  await expect(queue.work(messageKind<null>('test.unknown'), async () => undefined)).rejects.toThrow(
    'The message "test.unknown" was not declared.',
  );
});
