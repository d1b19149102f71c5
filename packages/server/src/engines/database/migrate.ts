import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sql, { raw } from 'sql-template-tag';
import type { Database } from './database.ts';

/** Thrown with one sentence when the schema of the database does not fit this program. */
export class SchemaError extends Error {
  override name = 'SchemaError';
}

interface Migration {
  name: string;
  text: string;
  digest: string;
}

/**
 * Brings the database to the newest schema: the numbered SQL files that it has not seen, each in a transaction, one process at a
 * time. Refuses a database that a newer program has changed, and one whose history differs from the files.
 */
export async function migrate(db: Database, folder: string): Promise<void> {
  const migrations = readMigrations(folder);
  await db.tx(async (tx) => {
    await tx.run(sql`select pg_advisory_xact_lock(7017, 0)`);
    await tx.run(sql`create table if not exists migrations (name text primary key, digest text not null, applied_at timestamptz(3) not null default now())`);
    const applied = new Map((await tx.many<{ name: string; digest: string }>(sql`select name, digest from migrations`)).map((row) => [row.name, row.digest]));
    const known = new Set(migrations.map((migration) => migration.name));
    const newer = [...applied.keys()].filter((name) => !known.has(name));
    if (newer.length > 0) {
      throw new SchemaError(`The database was made by a newer version of Fovea (it has "${newer.toSorted().at(-1)}"); start that version, or restore a backup.`);
    }
    for (const migration of migrations) {
      const digest = applied.get(migration.name);
      if (digest === migration.digest) continue;
      if (digest !== undefined) throw new SchemaError(`The migration "${migration.name}" was changed after the database had applied it.`);
      await tx.run(raw(migration.text));
      await tx.run(sql`insert into migrations (name, digest) values (${migration.name}, ${migration.digest})`);
    }
  });
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return { name: name.replace(/\.sql$/, ''), text, digest: createHash('sha256').update(text).digest('hex') };
    });
}
