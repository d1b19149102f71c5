import { escapeLiteral, Pool, type PoolClient, type PoolConfig, type QueryConfig, type QueryResult } from 'pg';
import type { Sql } from 'sql-template-tag';
import { copyRowsIn } from './copy-in.ts';
import { copyOut } from './copy-out.ts';
import type { Database, Queryable, Tx } from './database.ts';
import { listen } from './listen.ts';
import { statementName } from './statement-name.ts';
import { teller } from './teller.ts';
import { typeParsers } from './type-parsers.ts';

/** How a database is reached: by URL, or by the folder of its unix socket. */
export type Connection = { connectionString: string } | { host: string; port: number; user: string; database: string };

export interface ConnectOptions {
  poolSize?: number;
  /** Hears what nobody awaits: broken idle connections, and errors of work that runs after a commit. */
  onError?: (error: Error) => void;
}

/** Thrown with one sentence when the database cannot be used at all. */
export class DatabaseConnectError extends Error {
  override name = 'DatabaseConnectError';
}

/** PostgreSQL's codes for transactions that may simply be run again: serialization failure and deadlock. */
const retryable = new Set(['40001', '40P01']);
const maxRetries = 3;
/** A connection that has so many prepared statements is replaced, and the server's memory for them freed. */
const maxPrepared = 1_000;
const oldestVersion = 15;

type WithClient = <T>(work: (client: PoolClient) => Promise<T>) => Promise<T>;

/** Connects to PostgreSQL by a pool. Statements are prepared once per connection. Throws {@link DatabaseConnectError}. */
export async function connectDatabase(options: Connection & ConnectOptions): Promise<Database> {
  const { poolSize = 10, onError, ...connection } = options;
  const config: PoolConfig = { ...connection, types: typeParsers(), application_name: 'fovea', keepAlive: true };
  const pool = new Pool({
    ...config,
    max: poolSize,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 30_000,
    maxLifetimeSeconds: 3_600,
  });
  // An idle connection that the server closed is replaced at the next use.
  pool.on('error', (error) => onError?.(error));
  await checkServer(pool, connection);
  const withClient = borrow(pool);
  const send = (query: Sql) => withClient((client) => sendOn(client, query));
  // Nothing waits for it on the disk: the transaction that it tells of is there already.
  const notifies = (channels: readonly string[]) => channels.map((channel) => `pg_notify(${escapeLiteral(channel)}, '')`).join(', ');
  const telling = teller((channels) => withClient((client) => client.query(`set local synchronous_commit = off; select ${notifies(channels)}`)), onError);

  return {
    ...queryable(send, withClient, telling.tell),
    async tx(work) {
      for (let attempt = 0; ; attempt++) {
        const after: (() => void | Promise<void>)[] = [];
        try {
          const result = await withClient((client) => transaction(client, work, after, telling.tell));
          // The connection is back in the pool by now: what follows a commit may need one.
          await runAfterCommit(after, onError);
          return result;
        } catch (error) {
          if (attempt >= maxRetries || !retryable.has(String((error as { code?: unknown }).code))) throw error;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt));
        }
      }
    },
    stream: (query, batch = 1_000) => streamRows(pool, query, batch),
    copyOut: (query) => copyOut(pool, query),
    listen: (channel, heard) => listen(config, channel, heard, onError),
    async close() {
      await telling.close();
      await pool.end();
    },
  };
}

async function checkServer(pool: Pool, connection: Connection): Promise<void> {
  const where = 'host' in connection ? connection.host : withoutPassword(connection.connectionString);
  let fault: string | undefined;
  try {
    const { rows } = await pool.query<{ version: number; encoding: string }>(
      `select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding`,
    );
    const { version = 0, encoding = '' } = rows[0] ?? {};
    if (version < oldestVersion)
      fault = `The database at ${where} is PostgreSQL ${version}; Fovea needs ${oldestVersion} or newer.`;
    else if (encoding !== 'UTF8')
      fault = `The database at ${where} has the encoding ${encoding}; create it with the encoding UTF8.`;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    fault = `The database at ${where} cannot be used: ${(message === '' ? (code ?? 'no reason given') : message).split('\n')[0]}.`;
  }
  if (fault === undefined) return;
  await pool.end();
  throw new DatabaseConnectError(fault);
}

function withoutPassword(connectionString: string): string {
  try {
    const { hostname, port, pathname } = new URL(connectionString);
    return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
  } catch {
    return 'the given URL';
  }
}

/** Which statements a connection has prepared. */
const prepared = new WeakMap<PoolClient, Set<string>>();

function sendOn(client: PoolClient, query: Sql): Promise<QueryResult<object>> {
  const { text } = query;
  const values = query.values as unknown[];
  // Without values a statement goes as it is, so that a text of several statements (a migration) may too.
  const name = values.length === 0 ? undefined : statementName(text);
  if (name === undefined) return client.query({ text, values });
  const known = prepared.get(client) ?? new Set();
  prepared.set(client, known.add(name));
  return client.query({ text, values, name } satisfies QueryConfig);
}

function borrow(pool: Pool): WithClient {
  return async (work) => {
    const client = await pool.connect();
    let broken = false;
    // The server may end the connection while the work does something else; unheard, that would end the process. The next statement fails.
    const ended = () => (broken = true);
    client.on('error', ended);
    try {
      return await work(client);
    } catch (error) {
      broken ||= error instanceof BrokenConnection || isConnectionFault(error);
      throw error instanceof BrokenConnection ? error.cause : error;
    } finally {
      client.off('error', ended);
      client.release(broken || (prepared.get(client)?.size ?? 0) > maxPrepared);
    }
  };
}

/** Around an error after which the connection is in no known state. */
class BrokenConnection extends Error {
  override name = 'BrokenConnection';
}

/** Class 08: connection exception; 57P: the server shuts down or ended the session; others come from the socket. */
function isConnectionFault(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    /^(08|57P|ECONN|EPIPE|ETIMEDOUT)/.test(String(code ?? '')) ||
    /^Connection terminated|not queryable/.test(String(message))
  );
}

function queryable(send: (query: Sql) => Promise<QueryResult<object>>, withClient: WithClient, tell: (channel: string) => void): Queryable {
  return {
    many: async <Row>(query: Sql) => (await send(query)).rows as Row[],
    maybe: async <Row>(query: Sql) => (await send(query)).rows[0] as Row | undefined,
    async one<Row>(query: Sql) {
      const row = (await send(query)).rows[0] as Row | undefined;
      if (row === undefined) throw new Error(`A row was due and none came: ${query.text.slice(0, 200)}`);
      return row;
    },
    run: async (query) => (await send(query)).rowCount ?? 0,
    copyIn: (table, columns, rows) => withClient((client) => copyRowsIn(client, table, columns, rows)),
    tell,
  };
}

async function transaction<T>(
  client: PoolClient,
  work: (tx: Tx) => Promise<T>,
  after: (() => void | Promise<void>)[],
  tell: (channel: string) => void,
): Promise<T> {
  const tx: Tx = {
    ...queryable(
      (query) => sendOn(client, query),
      (inner) => inner(client),
      (channel) => void after.push(() => tell(channel)),
    ),
    inTransaction: true,
    afterCommit: (step) => void after.push(step),
  };
  await client.query('begin');
  try {
    const result = await work(tx);
    const { command } = await client.query('commit');
    // PostgreSQL answers so when a statement failed and the work went on regardless.
    if (command !== 'COMMIT')
      throw new Error('The transaction was rolled back: a statement in it failed, and its error was ignored.');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      throw new BrokenConnection('The rollback failed.', { cause: error });
    });
    throw error;
  }
}

async function runAfterCommit(
  steps: readonly (() => void | Promise<void>)[],
  onError: ConnectOptions['onError'],
): Promise<void> {
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      onError?.(error as Error);
    }
  }
}

async function* streamRows<Row>(pool: Pool, query: Sql, batch: number): AsyncGenerator<Row> {
  const client = await pool.connect();
  let ended = false;
  try {
    await client.query('begin read only');
    await client.query({
      text: `declare fovea_stream no scroll cursor for ${query.text}`,
      values: query.values as unknown[],
    });
    for (;;) {
      const { rows } = await client.query<Row & object>(`fetch ${Math.trunc(batch)} from fovea_stream`);
      yield* rows;
      if (rows.length < batch) break;
    }
    ended = true;
  } finally {
    const closed = await client.query(ended ? 'commit' : 'rollback').then(
      () => true,
      () => false,
    );
    client.release(!closed);
  }
}

