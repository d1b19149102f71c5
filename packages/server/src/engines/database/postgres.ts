import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Sql } from 'sql-template-tag';
import { copyLine } from './copy-line.ts';
import type { Database, Queryable, Tx } from './database.ts';
import { statementName } from './statement-name.ts';

/** How a database is reached: by URL, or by the folder of its unix socket. */
export type Connection = { connectionString: string } | { host: string; port: number; user: string; database: string };

export interface ConnectOptions {
  poolSize?: number;
  onError?: (error: Error) => void;
}

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`The number ${text} from the database is beyond 2^53.`);
  return value;
});
types.setTypeParser(pg.types.builtins.NUMERIC, Number);
types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** PostgreSQL's codes for transactions that may simply be run again: serialization failure and deadlock. */
const retryable = new Set(['40001', '40P01']);

/** Connects to PostgreSQL by a pool. Statements are prepared once per connection. */
export async function connectDatabase(options: Connection & ConnectOptions): Promise<Database> {
  const { poolSize = 10, onError, ...connection } = options;
  const config = { ...connection, types, application_name: 'fovea', keepAlive: true };
  const pool = new pg.Pool({ ...config, max: poolSize, idleTimeoutMillis: 60_000, connectionTimeoutMillis: 30_000 });
  // An idle connection that the server closed is replaced at the next use; the error itself needs no answer.
  pool.on('error', (error) => onError?.(error));
  await pool.query('select 1');
  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    let failed: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      failed = isConnectionFault(error) ? (error as Error) : undefined;
      throw error;
    } finally {
      client.release(failed);
    }
  };

  return {
    ...queryable((query) => pool.query(prepared(query)), withClient),
    async tx(work) {
      for (let attempt = 0; ; attempt++) {
        try {
          return await withClient((client) => transaction(client, work, onError));
        } catch (error) {
          if (attempt >= 3 || !retryable.has(String((error as { code?: unknown }).code))) throw error;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt));
        }
      }
    },
    async *stream<Row>(query: Sql, batch = 1_000): AsyncIterable<Row> {
      const client = await pool.connect();
      let ended = false;
      try {
        await client.query('begin read only');
        await client.query({ text: `declare fovea_stream no scroll cursor for ${query.text}`, values: query.values as unknown[] });
        for (;;) {
          const { rows } = await client.query<Row & pg.QueryResultRow>(`fetch ${batch} from fovea_stream`);
          for (const row of rows) yield row as Row;
          if (rows.length < batch) break;
        }
        ended = true;
      } finally {
        await client.query(ended ? 'commit' : 'rollback').catch(() => undefined);
        client.release();
      }
    },
    async *copyOut(query: string): AsyncIterable<Buffer> {
      const client = await pool.connect();
      let done = false;
      try {
        for await (const chunk of client.query(copyTo(`copy (${query}) to stdout`))) yield chunk as Buffer;
        done = true;
      } finally {
        // A copy that was not read to its end leaves the connection in the middle of it.
        client.release(!done);
      }
    },
    listen: (channel, heard) => listen(config, channel, heard, onError),
    close: () => pool.end(),
  };
}

function isConnectionFault(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? '');
  return /^(08|57P)/.test(code) || code === 'ECONNRESET' || /terminated|Connection/.test(String((error as Error).message));
}

function prepared(query: Sql): pg.QueryConfig {
  const name = statementName(query.text);
  return { text: query.text, values: query.values as unknown[], ...(name === undefined ? {} : { name }) };
}

function queryable(
  send: (query: Sql) => Promise<pg.QueryResult<pg.QueryResultRow>>,
  withClient: <T>(work: (client: pg.PoolClient) => Promise<T>) => Promise<T>,
): Queryable {
  return {
    many: async <Row>(query: Sql) => (await send(query)).rows as Row[],
    maybe: async <Row>(query: Sql) => (await send(query)).rows[0] as Row | undefined,
    async one<Row>(query: Sql) {
      const row = (await send(query)).rows[0] as Row | undefined;
      if (row === undefined) throw new Error(`A row was due and none came: ${query.text.slice(0, 200)}`);
      return row;
    },
    run: async (query) => (await send(query)).rowCount ?? 0,
    copyIn: (table, columns, rows) =>
      withClient(async (client) => {
        const target = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
        await pipeline(Readable.from(copyChunks(rows)), target);
        return target.rowCount;
      }),
  };
}

/** Lines gathered into chunks of some 64 kB, as one write per row would cost more than the row. */
async function* copyChunks(rows: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>): AsyncGenerator<string> {
  let chunk = '';
  for await (const row of rows) {
    chunk += copyLine(row);
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

async function transaction<T>(client: pg.PoolClient, work: (tx: Tx) => Promise<T>, onError: ConnectOptions['onError']): Promise<T> {
  const after: (() => void | Promise<void>)[] = [];
  const tx: Tx = {
    ...queryable(
      (query) => client.query(prepared(query)),
      (inner) => inner(client),
    ),
    inTransaction: true,
    afterCommit: (step) => void after.push(step),
  };
  await client.query('begin');
  let result: T;
  try {
    result = await work(tx);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
  for (const step of after) {
    try {
      await step();
    } catch (error) {
      onError?.(error as Error);
    }
  }
  return result;
}

async function listen(
  config: pg.ClientConfig,
  channel: string,
  heard: (payload: string) => void,
  onError: ConnectOptions['onError'],
): Promise<() => Promise<void>> {
  let stopped = false;
  let client: pg.Client | undefined;
  const open = async (): Promise<void> => {
    const next = new pg.Client(config);
    next.on('error', (error) => onError?.(error));
    next.on('notification', (message) => heard(message.payload ?? ''));
    await next.connect();
    await next.query(`listen ${pg.escapeIdentifier(channel)}`);
    client = next;
    void once(next, 'end').then(reopen);
  };
  const reopen = async (): Promise<void> => {
    for (let pauseMs = 100; !stopped; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      try {
        if (!stopped) await open();
        // What was said in the meantime was missed: the listener looks for itself.
        heard('');
        return;
      } catch (error) {
        onError?.(error as Error);
      }
    }
  };
  await open();
  return async () => {
    stopped = true;
    await client?.end();
  };
}
