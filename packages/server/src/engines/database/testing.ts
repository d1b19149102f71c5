import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { raw } from 'sql-template-tag';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { connectDatabase, type Connection } from './postgres.ts';

const template = 'fovea_test_template';
export const migrationsDir = join(import.meta.dirname, '..', '..', 'migrations');

/** The same server, another database. */
export function withDatabase(connection: Connection, database: string): Connection {
  if (!('connectionString' in connection)) return { ...connection, database };
  const url = new URL(connection.connectionString);
  url.pathname = `/${database}`;
  return { connectionString: url.href };
}

/** Makes the migrated database that tests clone. */
export async function makeTemplate(db: Database, connection: Connection): Promise<void> {
  await db.run(raw(`drop database if exists ${template}`));
  await db.run(raw(`create database ${template}`));
  const made = await connectDatabase({ ...withDatabase(connection, template), poolSize: 1 });
  await migrate(made, migrationsDir);
  await made.close();
}

export interface TestDatabase {
  db: Database;
  connection: Connection;
  close(): Promise<void>;
}

/** A migrated database of its own for a test file, cloned from the template; dropped by `close`. */
export async function cloneTestDatabase(server: Connection, poolSize = 8): Promise<TestDatabase> {
  const name = `fovea_test_${randomBytes(8).toString('hex')}`;
  const admin = await connectDatabase({ ...server, poolSize: 1 });
  // Copying files takes a quarter of the time of the usual way through the log (80 against 400 ms).
  await admin.run(raw(`create database ${name} template ${template} strategy file_copy`));
  const connection = withDatabase(server, name);
  const db = await connectDatabase({ ...connection, poolSize });
  return {
    db,
    connection,
    async close() {
      await db.close();
      await admin.run(raw(`drop database ${name} with (force)`));
      await admin.close();
    },
  };
}
