import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processIdentity } from './embedded/process-identity.ts';
import { DatabaseStartError, embeddedConnection, startEmbeddedPostgres, type SocketConnection } from './embedded.ts';
import { connectDatabase } from './postgres.ts';

let folder: string;
const programs: { child: ChildProcess; server: number }[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fovea-embedded-'))));
afterEach(async () => {
  for (const { child, server } of programs.splice(0)) {
    child.kill('SIGKILL');
    await gone(server);
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A program of its own that starts the database, says where, and stays. */
async function startProgram(
  dataDir: string,
): Promise<{ child: ChildProcess; connection: SocketConnection; pid: number }> {
  const script = `import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))};
    const server = await startEmbeddedPostgres({ dataDir: process.argv[1] });
    console.log(JSON.stringify({ connection: server.connection, pid: server.pid }));
    process.on('SIGTERM', async () => { await server.stop(); process.exit(0); });
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const started = JSON.parse(String((await once(child.stdout, 'data'))[0])) as {
    connection: SocketConnection;
    pid: number;
  };
  programs.push({ child, server: started.pid });
  return { child, ...started };
}

async function query(connection: SocketConnection, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const gone = (pid: number) => expect.poll(() => processIdentity(pid), { timeout: 10_000 }).toBeUndefined();

test('starts, keeps its data over a stop, listens on no port, and leaves no process', async () => {
  const dataDir = join(folder, 'postgres');
  const first = await startEmbeddedPostgres({ dataDir });
  expect(await query(first.connection, 'create table kept as select 42 as answer')).toEqual([]);
  expect(
    await query(
      first.connection,
      `select current_setting('listen_addresses') as ports, current_setting('data_checksums') as sums, current_setting('fsync') as fsync,
    current_setting('server_encoding') as encoding, (select datcollate from pg_database where datname = current_database()) as locale`,
    ),
  ).toEqual([{ ports: '', sums: 'on', fsync: 'on', encoding: 'UTF8', locale: 'C.UTF-8' }]);
  const { pid } = first;
  expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
  expect(embeddedConnection(dataDir)).toEqual(first.connection);
  await first.stop();
  expect(processIdentity(pid)).toBeUndefined();
  expect(embeddedConnection(dataDir)).toBeUndefined();
  const second = await startEmbeddedPostgres({ dataDir });
  expect(await query(second.connection, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.stop();
});

test('a folder in use by another living program is refused, and the other one is left alone', async () => {
  const dataDir = join(folder, 'postgres');
  const { child, connection } = await startProgram(dataDir);
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(`is in use by another Fovea process (${child.pid})`);
  expect(await query(connection, 'select 1 as alive')).toEqual([{ alive: 1 }]);
});

test('kill -9 of the program ends the server in order, and loses nothing that was acknowledged', async () => {
  const dataDir = join(folder, 'postgres');
  const { child, connection, pid } = await startProgram(dataDir);
  await query(connection, 'create table acknowledged (n int)');
  const client = new Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await client.query('insert into acknowledged values ($1)', [acknowledged]);
      acknowledged += 1;
    }
  })();
  setTimeout(() => child.kill('SIGKILL'), 300);
  await expect(writing).rejects.toThrow(/terminat|not queryable|EPIPE|ECONNRESET/);
  await gone(pid);
  const again = await startEmbeddedPostgres({ dataDir });
  expect(acknowledged).toBeGreaterThan(0);
  expect(
    Number((await query(again.connection, 'select count(*) from acknowledged'))[0]?.['count']),
  ).toBeGreaterThanOrEqual(acknowledged);
  await again.stop();
});

test('a start right after kill -9, while the old server still ends, takes over', async () => {
  const dataDir = join(folder, 'postgres');
  const { child, pid } = await startProgram(dataDir);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const again = await startEmbeddedPostgres({ dataDir });
  expect(again.pid).not.toBe(pid);
  expect(processIdentity(pid)).toBeUndefined();
  expect(await query(again.connection, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  await again.stop();
});

test('a server whose watcher was killed too is ended and started anew', async () => {
  const dataDir = join(folder, 'postgres');
  const { child, pid } = await startProgram(dataDir);
  const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  expect(readFileSync(`/proc/${parent}/cmdline`, 'utf8')).toContain('fovea-postgres');
  // Watcher and its reader: all of the group but the server, which PostgreSQL keeps in the same one.
  const group = spawnSync('ps', ['-e', '-o', 'pid=,pgid=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim().split(/\s+/));
  for (const [member, pgid, program] of group) {
    // By `kill`, which is content with one that ended of itself when the other was gone.
    if (Number(pgid) === parent && (program === '/bin/sh' || program === 'cat'))
      spawnSync('kill', ['-9', member ?? '']);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  // It runs on, as nobody is left to end it, unless the watcher got to that before it was killed itself.
  const again = await startEmbeddedPostgres({ dataDir });
  expect(again.pid).not.toBe(pid);
  expect(processIdentity(pid)).toBeUndefined();
  await again.stop();
});

test('kill -9 of the server: it is started again, and the pool goes on with all that was acknowledged', async () => {
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const db = await connectDatabase({ ...server.connection, poolSize: 2 });
  await db.run(sql`create table acknowledged (n int)`);
  await db.run(sql`insert into acknowledged values (1)`);
  const before = server.pid;
  process.kill(before, 'SIGKILL');
  await gone(before);
  await expect.poll(() => server.pid, { timeout: 15_000 }).not.toBe(before);
  await expect
    .poll(() => db.one(sql`select count(*) from acknowledged`).catch(() => undefined), { timeout: 15_000 })
    .toEqual({ count: 1 });
  await db.close();
  const last = server.pid;
  await server.stop();
  await gone(last);
});

test('a closed folder above the data is no obstacle, and stays closed', async () => {
  const closed = join(folder, 'home');
  mkdirSync(closed, { mode: 0o700 });
  const server = await startEmbeddedPostgres({ dataDir: join(closed, 'fovea', 'postgres') });
  expect(await query(server.connection, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  await server.stop();
  expect(statSync(closed).mode & 0o777).toBe(0o700);
});

test('a data path longer than a socket may have', async () => {
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'very-long-name'.repeat(10), 'postgres') });
  expect(Buffer.byteLength(server.connection.host)).toBeLessThan(93);
  expect(statSync(server.connection.host).mode & 0o777).toBe(0o700);
  expect(await query(server.connection, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  await server.stop();
  rmSync(server.connection.host, { recursive: true });
});

test('a start that was killed while it made the cluster begins anew', async () => {
  const dataDir = join(folder, 'postgres');
  mkdirSync(join(dataDir, 'cluster.new', 'base'), { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir });
  expect(existsSync(join(dataDir, 'cluster.new'))).toBe(false);
  await server.stop();
});

test('what cannot start says so in one sentence and lets go of the folder', async () => {
  const dataDir = join(folder, 'postgres');
  await (await startEmbeddedPostgres({ dataDir })).stop();
  rmSync(join(dataDir, 'cluster', 'global'), { recursive: true });
  const error = await startEmbeddedPostgres({ dataDir }).catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(DatabaseStartError);
  expect(String(error)).toMatch(/PostgreSQL did not start: .*could not open file/);
  expect(existsSync(join(dataDir, 'lock'))).toBe(false);
});

/** A disk of 12 MB; only root of a real machine may make one. */
function mountSmallDisk(): string | undefined {
  const small = mkdtempSync(join(tmpdir(), 'fovea-small-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', small], { stdio: 'ignore' }).status === 0)
    return small;
  rmSync(small, { recursive: true });
  return undefined;
}

test('a full disk is named', async (context) => {
  const small = mountSmallDisk();
  if (small === undefined) return context.skip('a small disk cannot be mounted here');
  try {
    await expect(startEmbeddedPostgres({ dataDir: join(small, 'postgres') })).rejects.toThrow(
      /^There is no space left on the disk of .*; free some 200 MB and start again\.$/,
    );
  } finally {
    spawnSync('umount', [small]);
    rmSync(small, { recursive: true });
  }
});
