import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql, { raw } from 'sql-template-tag';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { migrate, SchemaError } from './migrate.ts';
import { connectDatabase } from './postgres.ts';
import { cloneTestDatabase, type TestDatabase } from './testing.ts';

let clone: TestDatabase;
let folder: string;
beforeEach(async () => {
  clone = await cloneTestDatabase(inject('database'), 4);
  // An empty database: the clone brings the platform's own schema.
  await clone.db.run(raw('drop schema public cascade; create schema public'));
  folder = mkdtempSync(join(tmpdir(), 'fovea-migrations-'));
  file(
    '0001-first.sql',
    `create table a (id int primary key); insert into a values (1); -- several statements; in one file`,
  );
  file('0002-second.sql', 'create table b (id int);');
});
afterEach(async () => {
  await clone.close();
  rmSync(folder, { recursive: true });
});
const file = (name: string, text: string) => writeFileSync(join(folder, name), text);

test('applies what is missing, in order, once', async () => {
  expect(await migrate(clone.db, folder)).toEqual(['0001-first', '0002-second']);
  expect(await migrate(clone.db, folder)).toEqual([]);
  file('0003-third.sql', 'alter table b add name text');
  file('notes.txt', 'not a migration');
  expect(await migrate(clone.db, folder)).toEqual(['0003-third']);
  expect(await clone.db.one(sql`select count(*) from migrations`)).toEqual({ count: 3 });
});

test('a migration that fails leaves those before it, and nothing of its own', async () => {
  file('0003-bad.sql', 'create table c (id int); insert into missing values (1);');
  await expect(migrate(clone.db, folder)).rejects.toThrow('missing');
  expect(await clone.db.many(sql`select name from migrations order by name`)).toEqual([
    { name: '0001-first' },
    { name: '0002-second' },
  ]);
  expect(await clone.db.one(sql`select to_regclass('c') as c`)).toEqual({ c: null });
});

test('programs that start at once take turns', async () => {
  const others = await Promise.all([1, 2, 3].map(() => connectDatabase({ ...clone.connection, poolSize: 1 })));
  const applied = await Promise.all(others.map((db) => migrate(db, folder)));
  expect(applied.flat().toSorted()).toEqual(['0001-first', '0002-second']);
  await Promise.all(others.map((db) => db.close()));
});

test('refuses a newer schema, and an old migration that was changed, with one sentence', async () => {
  file('0003-newer.sql', 'create table c (id int)');
  await migrate(clone.db, folder);
  rmSync(join(folder, '0003-newer.sql'));
  await expect(migrate(clone.db, folder)).rejects.toThrow(
    new SchemaError(
      'The database was made by a newer version of Fovea (it has "0003-newer"); start that version, or restore a backup.',
    ),
  );
  file('0003-newer.sql', 'create table c (id int) -- changed');
  await expect(migrate(clone.db, folder)).rejects.toThrow('The migration "0003-newer" was changed');
});
