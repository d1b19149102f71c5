// One PostgreSQL for all tests of a run: started on first need, with a migrated template database that each test file clones.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../packages/server/src/engines/database/embedded.ts';
import { connectDatabase, type Connection } from '../packages/server/src/engines/database/postgres.ts';
import { makeTemplate } from '../packages/server/src/engines/database/testing.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    database: Connection;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const external = process.env['FOVEA_TEST_DATABASE_URL'];
  if (external !== undefined) {
    await prepare({ connectionString: external });
    project.provide('database', { connectionString: external });
    return async () => undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'fovea-pg-'));
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), unsafeFast: true });
  await prepare(server.connection);
  project.provide('database', server.connection);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function prepare(connection: Connection): Promise<void> {
  const db = await connectDatabase({ ...connection, poolSize: 1 });
  await makeTemplate(db, connection);
  await db.close();
}
