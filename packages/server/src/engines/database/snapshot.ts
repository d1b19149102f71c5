import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Connection } from './postgres.ts';
import { typeParsers } from './type-parsers.ts';

/** A table as it was written: columns in order, rows, and the SHA-256 of its text in PostgreSQL's COPY format. */
export interface TableDump {
  table: string;
  columns: string[];
  rows: number;
  sha256: string;
}

export interface DatabaseDump {
  /** Names of the migrations that the schema has. */
  migrations: string[];
  tables: TableDump[];
  /** Sequences and their last values. */
  sequences: { name: string; value: string }[];
  /** Waiting messages of the queue; those being worked on count as waiting. */
  messages: TableDump;
}

const fileOf = (table: string) => `${table}.copy.gz`;
const messages = 'queue.job';

async function withClient<T>(connection: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...connection, types: typeParsers(), application_name: 'fovea-backup' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Writes every table into a folder, gzipped, all as of one moment: one transaction that sees one snapshot, which neither waits for writers
 * nor holds them up.
 */
export async function dumpDatabase(connection: Connection, folder: string, onTable: (table: string, done: number, total: number) => void): Promise<DatabaseDump> {
  return withClient(connection, async (client) => {
    await client.query('begin transaction isolation level repeatable read read only');
    const tables = await inOrder(client);
    const dumps: TableDump[] = [];
    for (const [index, table] of tables.entries()) {
      onTable(table, index, tables.length + 1);
      dumps.push(await dumpTable(client, folder, table, await columnsOf(client, 'public', table)));
    }
    const waiting = (await columnsOf(client, 'queue', 'job')).filter((column) => column !== 'state');
    const dumped = await dumpTable(client, folder, messages, waiting, `select ${waiting.map(quote).join(', ')} from queue.job where state in ('created', 'retry', 'active')`);
    const { rows: sequences } = await client.query<{ name: string; value: string }>(
      `select format('%I.%I', schemaname, sequencename) as name, last_value::text as value from pg_sequences where schemaname = 'public' and last_value is not null`,
    );
    const { rows: migrations } = await client.query<{ name: string }>('select name from migrations order by name');
    await client.query('commit');
    return { migrations: migrations.map((row) => row.name), tables: dumps, sequences, messages: dumped };
  });
}

/** Fills the tables of an empty database, in one transaction. Throws when the text of a table is not what was written. */
export async function loadDatabase(connection: Connection, folder: string, dump: DatabaseDump, onTable: (table: string, done: number, total: number) => void): Promise<void> {
  await withClient(connection, async (client) => {
    await client.query('begin');
    const order = (await inOrder(client)).filter((table) => table !== 'migrations');
    await client.query(`truncate ${order.map((table) => `public.${quote(table)}`).join(', ')}`);
    for (const [index, table] of order.entries()) {
      const written = dump.tables.find((one) => one.table === table);
      onTable(table, index, order.length + 1);
      if (written) await loadTable(client, folder, written, `public.${quote(table)}`);
    }
    await client.query(`delete from queue.job`);
    await loadTable(client, folder, dump.messages, messages);
    for (const { name, value } of dump.sequences) await client.query('select setval($1::regclass, $2::bigint)', [name, value]);
    await client.query('commit');
  });
}

/** True when nobody has used the database yet. */
export function isEmpty(connection: Connection): Promise<boolean> {
  return withClient(connection, async (client) => {
    const { rows } = await client.query<{ used: boolean }>('select exists (select from organizations) as used');
    return rows[0]?.used === false;
  });
}

async function dumpTable(client: Client, folder: string, table: string, columns: string[], query?: string): Promise<TableDump> {
  const source = query === undefined ? `public.${quote(table)} (${columns.map(quote).join(', ')})` : `(${query})`;
  const measure = measuring();
  const copy = client.query(copyTo(`copy ${source} to stdout`));
  await pipeline(copy as Readable, measure.through, createGzip({ level: 1 }), createWriteStream(join(folder, fileOf(table)), { flush: true }));
  return { table, columns, ...measure.result() };
}

async function loadTable(client: Client, folder: string, dump: TableDump, target: string): Promise<void> {
  const measure = measuring();
  const copy = client.query(copyFrom(`copy ${target} (${dump.columns.map(quote).join(', ')}) from stdin`));
  await pipeline(createReadStream(join(folder, fileOf(dump.table))), createGunzip(), measure.through, copy as Writable).catch((error: unknown) => {
    throw new Error(`The table ${dump.table} in the backup is damaged: ${(error as Error).message}`, { cause: error });
  });
  const { sha256, rows } = measure.result();
  if (sha256 !== dump.sha256) throw new Error(`The table ${dump.table} in the backup is damaged: it has ${rows} rows of ${dump.rows}, or other ones.`);
}

/** Counts lines and hashes what passes. A line break within a value is written as two characters, so that lines are rows. */
function measuring(): { through: Transform; result(): { rows: number; sha256: string } } {
  const hash = createHash('sha256');
  let rows = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1;
      done(null, chunk);
    },
  });
  return { through, result: () => ({ rows, sha256: hash.digest('hex') }) };
}

async function columnsOf(client: Client, schema: string, table: string): Promise<string[]> {
  const { rows } = await client.query<{ column_name: string }>(
    `select column_name from information_schema.columns where table_schema = $1 and table_name = $2 and is_generated = 'NEVER' order by ordinal_position`,
    [schema, table],
  );
  return rows.map((row) => row.column_name);
}

/** The tables so that each comes after those it refers to. */
async function inOrder(client: Client): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string }>(`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`);
  const { rows: references } = await client.query<{ from: string; to: string }>(`select f.relname as "from", t.relname as "to" from pg_constraint c
    join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid join pg_namespace n on n.oid = f.relnamespace
    where c.contype = 'f' and n.nspname = 'public' and c.conrelid <> c.confrelid`);
  const ordered: string[] = [];
  const left = new Set(tables.map((table) => table.name));
  while (left.size > 0) {
    const free = [...left].filter((name) => !references.some((one) => one.from === name && left.has(one.to)));
    if (free.length === 0) throw new Error(`The tables ${[...left].join(', ')} refer to each other in a circle.`);
    for (const name of free) left.delete(name);
    ordered.push(...free);
  }
  return ordered;
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
