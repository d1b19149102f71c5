import sql, { raw } from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { violatedConstraint } from './database.ts';
import { connectDatabase, DatabaseConnectError } from './postgres.ts';
import { cloneTestDatabase, type TestDatabase } from './testing.ts';

let clone: TestDatabase;
let db: TestDatabase['db'];
beforeAll(async () => {
  clone = await cloneTestDatabase(inject('database'), 4);
  db = clone.db;
  await db.run(
    raw(
      `create table things (id int primary key, name text constraint things_name_key unique, data jsonb, bytes bytea, at timestamptz(3), flag boolean, big bigint)`,
    ),
  );
});
afterAll(() => clone.close());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const backends = (state: string) =>
  db.one<{ count: number }>(
    sql`select count(*) from pg_stat_activity where datname = current_database() and state = ${state}`,
  );

describe('values', () => {
  test('come back as numbers, dates, text, parsed json and buffers', async () => {
    const row =
      await db.one(sql`select 9007199254740991::bigint as big, 1.5::numeric as num, date '2024-02-29' as day, timestamptz '2024-02-29 12:00+02' as at,
      ${JSON.stringify({ a: [1] })}::jsonb as doc, ${Buffer.from([0, 255])}::bytea as bytes, array[1, null]::bigint[] as bigs, array[0.5]::numeric[] as nums, null as none`);
    expect(row).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      num: 1.5,
      day: '2024-02-29',
      at: new Date('2024-02-29T10:00:00Z'),
      doc: { a: [1] },
      bytes: Buffer.from([0, 255]),
      bigs: [1, null],
      nums: [0.5],
      none: null,
    });
  });

  test('beyond 2^53 fail instead of losing digits', async () => {
    await expect(db.one(sql`select 9007199254740993::bigint as big`)).rejects.toThrow('beyond 2^53');
    expect(await db.one(sql`select 1 as alive`)).toEqual({ alive: 1 });
  });

  test('one() without a row throws, maybe() answers undefined, run() counts', async () => {
    await expect(db.one(sql`select 1 where false`)).rejects.toThrow('A row was due');
    expect(await db.maybe(sql`select 1 where false`)).toBeUndefined();
    expect(await db.run(sql`insert into things (id) values (901), (902)`)).toBe(2);
    expect(await db.run(sql`delete from things where id > ${900}`)).toBe(2);
  });
});

test('a statement that comes again is prepared, and planned once per connection', async () => {
  const single = await connectDatabase({ ...clone.connection, poolSize: 1 });
  for (let n = 0; n < 5; n++) await single.one(sql`select ${n}::int + 4711 as prepared_once`);
  const rows = await single.many(
    sql`select name from pg_prepared_statements where statement like '%4711 as prepared_once%' and statement not like '%pg_prepared%'`,
  );
  expect(rows).toHaveLength(1);
  await single.close();
});

describe('transactions', () => {
  test('commit what they did, run the work after the commit with a free connection, and hand on its value', async () => {
    const single = await connectDatabase({ ...clone.connection, poolSize: 1 });
    let seen = 0;
    const value = await single.tx(async (tx) => {
      await tx.run(sql`insert into things (id) values (1)`);
      // With one connection this would wait for ever, were the transaction's own not given back first.
      tx.afterCommit(async () => void (seen = (await single.many(sql`select from things where id = 1`)).length));
      return 'done';
    });
    expect([value, seen]).toEqual(['done', 1]);
    await single.close();
  });

  test('roll back when the work throws, and run nothing after', async () => {
    let ran = false;
    await expect(
      db.tx(async (tx) => {
        await tx.run(sql`insert into things (id) values (2)`);
        tx.afterCommit(() => void (ran = true));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await db.many(sql`select from things where id = 2`)).toHaveLength(0);
    expect(ran).toBe(false);
  });

  test('an error of work after the commit does not reach the caller', async () => {
    const heard: Error[] = [];
    const other = await connectDatabase({ ...clone.connection, poolSize: 1, onError: (error) => heard.push(error) });
    await other.tx(async (tx) => tx.afterCommit(() => Promise.reject(new Error('late'))));
    expect(heard.map(String)).toEqual(['Error: late']);
    await other.close();
  });

  test('whose failed statement was ignored do not pretend to have committed', async () => {
    const work = db.tx(async (tx) => {
      await tx.run(sql`insert into things (id) values (3)`);
      await tx.run(sql`insert into things (id) values (3)`).catch(() => undefined);
    });
    await expect(work).rejects.toThrow('rolled back');
    expect(await db.many(sql`select from things where id = 3`)).toHaveLength(0);
  });

  test('that deadlock are tried again until both are done', async () => {
    await db.run(sql`insert into things (id, big) values (10, 0), (11, 0)`);
    let tries = 0;
    const move = (first: number, second: number) =>
      db.tx(async (tx) => {
        tries += 1;
        await tx.run(sql`update things set big = big + 1 where id = ${first}`);
        await sleep(100);
        await tx.run(sql`update things set big = big + 1 where id = ${second}`);
      });
    await Promise.all([move(10, 11), move(11, 10)]);
    expect(tries).toBeGreaterThan(2);
    expect(await db.many(sql`select big from things where id in (10, 11)`)).toEqual([{ big: 2 }, { big: 2 }]);
  });

  test('give up after three more tries', async () => {
    let tries = 0;
    const work = db.tx(async () => {
      tries += 1;
      throw Object.assign(new Error('could not serialize'), { code: '40001' });
    });
    await expect(work).rejects.toThrow('could not serialize');
    expect(tries).toBe(4);
  });

  test('a violated constraint is named', async () => {
    await db.run(sql`insert into things (id, name) values (20, 'taken')`);
    const error = await db
      .run(sql`insert into things (id, name) values (21, 'taken')`)
      .catch((fault: unknown) => fault);
    expect(violatedConstraint(error)).toBe('things_name_key');
  });
});

describe('copy', () => {
  test('brings any text, null, number, date, json and bytes in as they are', async () => {
    const text = 'tab\t newline\n return\r backslash\\ \\N \\. "quote" ünï 🦊 \u2028';
    const at = new Date('2024-01-02T03:04:05.678Z');
    const count = await db.copyIn(
      'things',
      ['id', 'name', 'data', 'bytes', 'at', 'flag', 'big'],
      [
        [100, text, { text, list: [1, null] }, Buffer.from('\\x00\n\t', 'latin1'), at, true, 2 ** 40],
        [101, null, null, null, null, false, null],
        [102, '', [], new Uint8Array(0), at, null, 0],
      ],
    );
    expect(count).toBe(3);
    expect(await db.many(sql`select * from things where id between 100 and 102 order by id`)).toEqual([
      {
        id: 100,
        name: text,
        data: { text, list: [1, null] },
        bytes: Buffer.from('\\x00\n\t', 'latin1'),
        at,
        flag: true,
        big: 2 ** 40,
      },
      { id: 101, name: null, data: null, bytes: null, at: null, flag: false, big: null },
      { id: 102, name: '', data: [], bytes: Buffer.alloc(0), at, flag: null, big: 0 },
    ]);
  });

  test('stores nothing when the source fails, says why, and leaves the connection usable', async () => {
    const single = await connectDatabase({ ...clone.connection, poolSize: 1 });
    async function* rows() {
      for (let id = 200; id < 20_000; id++) yield [id];
      throw new TypeError('the source broke');
    }
    await expect(single.copyIn('things', ['id'], rows())).rejects.toThrow(new TypeError('the source broke'));
    expect(await single.many(sql`select from things where id between 200 and 20000`)).toHaveLength(0);
    await single.close();
  });

  test('reports what the server refuses', async () => {
    await expect(db.copyIn('things', ['id'], [['x']])).rejects.toThrow('invalid input syntax');
    await expect(db.copyIn('things', ['id'], [])).resolves.toBe(0);
  });

  test('within a transaction goes away with it', async () => {
    const work = db.tx(async (tx) => {
      expect(await tx.copyIn('things', ['id'], [[300], [301]])).toBe(2);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await db.many(sql`select from things where id in (300, 301)`)).toHaveLength(0);
  });

  test('out streams bytes, and may be left halfway', async () => {
    const parts: Buffer[] = [];
    for await (const part of db.copyOut(sql`select n from generate_series(1, 3) n`)) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe('1\n2\n3\n');
    for await (const part of db.copyOut(sql`select n from generate_series(1, 1000000) n`)) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    expect(await db.one(sql`select 1 as alive`)).toEqual({ alive: 1 });
  });

  test('out takes values that cannot end their quotes', async () => {
    const texts = ["'; drop table things; --", "\\'", '\\', "''", '$1', '{"a"}', '{a,b}', 'é\n\t', ''];
    for (const text of [...texts, ...texts.map((one) => `\\${one}\\`)]) {
      const parts: Buffer[] = [];
      const value = sql`select encode(convert_to(${text}::text, 'UTF8'), 'hex'), encode(convert_to((${[text, null, 'z']}::text[])[1], 'UTF8'), 'hex'), ${3} + 1, ${null}::text, ${true}::boolean, encode(${Buffer.from([0, 255])}::bytea, 'hex')`;
      for await (const part of db.copyOut(value)) parts.push(part);
      const hex = Buffer.from(text).toString('hex');
      expect(Buffer.concat(parts).toString()).toBe(`${hex}\t${hex}\t4\t\\N\tt\t00ff\n`);
    }
    await expect(db.copyOut(sql`select ${'a\u0000b'}`)[Symbol.asyncIterator]().next()).rejects.toThrow('zero byte');
    await expect(db.copyOut(sql`select ${{ a: 1 }}`)[Symbol.asyncIterator]().next()).rejects.toThrow('cannot stand');
  });
});

describe('stream', () => {
  test('gives every row once and in order, whatever the batch', async () => {
    for (const batch of [1, 7, 100, 1_000]) {
      const seen: number[] = [];
      for await (const row of db.stream<{ n: number }>(
        sql`select n from generate_series(1, ${100}::int) n order by n`,
        batch,
      ))
        seen.push(row.n);
      expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    }
  });

  test('left halfway or broken gives its connection back', async () => {
    for (let round = 0; round < 6; round++) {
      for await (const row of db.stream(sql`select n from generate_series(1, 100000) n`, 10)) {
        expect(row).toEqual({ n: 1 });
        break;
      }
      await expect(async () => {
        for await (const row of db.stream(sql`select 1 / (5 - n) as x from generate_series(1, 9) n`, 2))
          expect(row).toBeDefined();
      }).rejects.toThrow('division by zero');
    }
    expect(await backends('idle in transaction')).toEqual({ count: 0 });
  });
});

describe('tell and listen', () => {
  test('who listens hears what is told until it stops, many tellings at once as few', async () => {
    let heard = 0;
    const stop = await db.listen('news', () => void heard++);
    for (let n = 0; n < 500; n++) db.tell('news');
    await expect.poll(() => heard).toBe(2);
    db.tell('other news');
    db.tell("it's news");
    await sleep(100);
    expect(heard).toBe(2);
    await stop();
    db.tell('news');
    await sleep(100);
    expect(heard).toBe(2);
  });

  test('what a transaction tells is heard when it has committed, and never when it is rolled back', async () => {
    await db.run(sql`create table if not exists told (n integer)`);
    const found: number[] = [];
    const stop = await db.listen('commits', async () => void found.push((await db.one<{ n: number }>(sql`select count(*)::int as n from told`)).n));
    const change = (fails: boolean) =>
      db.tx(async (tx) => {
        await tx.run(sql`insert into told values (1)`);
        tx.tell('commits');
        await sleep(50);
        if (fails) throw new Error('no');
      });
    await expect(change(true)).rejects.toThrow('no');
    await change(false);
    await expect.poll(() => found).toEqual([1]);
    await stop();
  });

  test('what was told last is told also when the database is closed at once', async () => {
    const other = await connectDatabase({ ...clone.connection, poolSize: 1 });
    let heard = 0;
    const stop = await db.listen('farewell', () => void heard++);
    other.tell('farewell');
    await new Promise((resolve) => setImmediate(resolve));
    other.tell('farewell');
    await other.close();
    other.tell('farewell');
    await expect.poll(() => heard).toBe(2);
    await stop();
  });

  test('connects anew when the connection breaks, and tells that something may have been missed', async () => {
    let heard = 0;
    const stop = await db.listen('repairs', () => void heard++);
    await db.run(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen "repairs"%' or query like 'listen repairs%'`,
    );
    await expect.poll(() => heard, { timeout: 5_000 }).toBe(1);
    db.tell('repairs');
    await expect.poll(() => heard).toBe(2);
    await stop();
  });
});

test('a connection that the server ended is replaced', async () => {
  const other = await connectDatabase({ ...clone.connection, poolSize: 1, onError: () => undefined });
  const { pid } = await other.one<{ pid: number }>(sql`select pg_backend_pid() as pid`);
  await expect(other.run(sql`select pg_terminate_backend(${pid})`)).rejects.toThrow('terminat');
  expect((await other.one<{ pid: number }>(sql`select pg_backend_pid() as pid`)).pid).not.toBe(pid);
  await other.close();
});

test('a database that cannot be used is refused with one sentence that keeps the password', async () => {
  const error = await connectDatabase({ connectionString: 'postgres://user:s3cret@127.0.0.1:1/none' }).catch(
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(DatabaseConnectError);
  expect(String(error)).toContain('127.0.0.1:1/none');
  expect(String(error)).not.toContain('s3cret');
});
