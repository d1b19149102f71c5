// A platform that is killed in the middle of a request: the client sends it again under the same key and gets its answer, and it was done once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { afterAll, expect, test } from 'vitest';
import { embeddedConnection } from '../../packages/server/src/engines/database/embedded.ts';
import { connectDatabase } from '../../packages/server/src/engines/database/postgres.ts';
import sql, { raw } from 'sql-template-tag';
import { processes } from '../processes.ts';
import { freeUrl } from './parts.ts';

const key = 'live_chaos-request-0123456789';
const dataDir = mkdtempSync(join(tmpdir(), 'fovea-chaos-'));
const host = processes({ FOVEA_ADMIN_KEY: key });

afterAll(async () => {
  await host.endAll();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

test('a request that died with its server is recognised by the next one under its key, which is carried out', { timeout: 180_000 }, async () => {
  const url = await freeUrl();
  const start = async () => (await host.start(['serve', '--no-demo', '--port', new URL(url).port, '--data', dataDir, '--roles', 'api'])).child;
  const server = await start();
  const fovea = new Fovea({ url, key, maxRetries: 60 });
  const project = (await fovea.projects.create({ name: 'Chaos' })).id;
  const { creating, released } = await held(() => fovea.datasets.create({ project, name: 'once' }));
  await host.end(server, 'SIGKILL');
  await released();
  await start();
  const made = await creating;
  const datasets = await fovea.datasets.list({ project }).toArray({ limit: 10 });
  expect(datasets.map(({ id, name }) => [id, name])).toEqual([[made.id, 'once']]);
});

/** Begins something that makes a dataset and holds it up when it has taken its idempotency key; `released` ends the holding up. */
async function held<T>(begin: () => Promise<T>): Promise<{ creating: Promise<T>; released(): Promise<void> }> {
  const connection = embeddedConnection(join(dataDir, 'postgres'));
  if (!connection) throw new Error('The platform has no embedded database.');
  const db = await connectDatabase({ ...connection, poolSize: 2, onError: () => undefined });
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holding = db.tx(async (tx) => {
    await tx.run(raw('lock table datasets in access exclusive mode'));
    locked.resolve();
    await release.promise;
  });
  // The end of the server may take the database with it.
  const over = holding.catch(() => undefined);
  await locked.promise;
  const creating = begin();
  while (!(await db.maybe(sql`select from idempotency where operation = 'datasets.create' and status is null`))) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    creating,
    async released() {
      release.resolve();
      await over;
      await db.close().catch(() => undefined);
    },
  };
}
