import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sql, { raw } from 'sql-template-tag';
import type { Database, Tx } from './database.ts';

/** Thrown with one sentence when the schema of the database does not fit this program. */
export class SchemaError extends Error {
  override name = 'SchemaError';
}

interface Migration {
  /** The file's name without its ending, e.g. `0003-catalog`. */
  name: string;
  text: string;
  /** SHA-256 of the text, hexadecimal. */
  digest: string;
}

/**
 * Brings the database to the newest schema: the numbered SQL files that it has not seen, each in a transaction, one process at a
 * time. Throws {@link SchemaError} for a database that a newer program has changed, and for one whose history differs from the files.
 * Gives the names of what it applied. With `only`, just those: the schema of a backup that is being restored.
 */
export async function migrate(db: Database, folder: string, only?: ReadonlySet<string>): Promise<string[]> {
  const known = readMigrations(folder);
  const unknown = [...(only ?? [])].find((name) => !known.some((migration) => migration.name === name));
  if (unknown !== undefined) throw new SchemaError(`The backup was made by a newer version of Fovea (it has "${unknown}"); restore it with that version.`);
  const migrations = only ? known.filter((migration) => only.has(migration.name)) : known;
  const done: string[] = [];
  for (;;) {
    const name = await db.tx((tx) => applyNext(tx, migrations, known));
    if (name === undefined) return done;
    done.push(name);
  }
}

/** Applies the first migration that is missing; undefined when there is none. */
async function applyNext(tx: Tx, migrations: readonly Migration[], all: readonly Migration[]): Promise<string | undefined> {
  // Held until the transaction ends, so that programs that start at once take turns.
  await tx.run(sql`select pg_advisory_xact_lock(7017, 0)`);
  const { there } = await tx.one<{ there: boolean }>(sql`select to_regclass('migrations') is not null as there`);
  if (!there)
    await tx.run(
      sql`create table migrations (name text primary key, digest text not null, applied_at timestamptz(3) not null default now())`,
    );
  const rows = await tx.many<{ name: string; digest: string }>(sql`select name, digest from migrations order by name`);
  const applied = new Map(rows.map((row) => [row.name, row.digest]));
  const known = new Set(all.map((migration) => migration.name));
  const newest = rows.findLast((row) => !known.has(row.name));
  if (newest)
    throw new SchemaError(
      `The database was made by a newer version of Fovea (it has "${newest.name}"); start that version, or restore a backup.`,
    );
  const further = rows.findLast((row) => !migrations.some((migration) => migration.name === row.name));
  if (further) throw new SchemaError(`The database to restore into is not empty (it has "${further.name}"); give a new one.`);
  const changed = migrations.find(({ name, digest }) => applied.has(name) && applied.get(name) !== digest);
  if (changed)
    throw new SchemaError(
      `The migration "${changed.name}" was changed after the database had applied it; start the version that applied it.`,
    );
  const next = migrations.find(({ name }) => !applied.has(name));
  if (!next) return undefined;
  await tx.run(raw(next.text));
  await tx.run(sql`insert into migrations (name, digest) values (${next.name}, ${next.digest})`);
  return next.name;
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
