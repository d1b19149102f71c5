import sql, { type Sql } from 'sql-template-tag';

/**
 * The database port: parameterised statements, made with the tag of `sql-template-tag` and nothing else. Every statement
 * is sent as a named (prepared) one, so that PostgreSQL plans it once per connection.
 */
export interface Queryable {
  /** All rows. Column names are as in SQL; a store maps them. */
  many<Row>(query: Sql): Promise<Row[]>;
  /** The single row; throws when there is none. */
  one<Row>(query: Sql): Promise<Row>;
  /** The first row, or undefined. */
  maybe<Row>(query: Sql): Promise<Row | undefined>;
  /** How many rows the statement touched. */
  run(query: Sql): Promise<number>;
  /**
   * Streams rows into a table by `COPY … FROM STDIN` (text format, our encoding): values are text, number, boolean, Date,
   * Buffer (bytea), null, or arrays and objects (json). Returns the row count.
   */
  copyIn(
    table: string,
    columns: readonly string[],
    rows: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>,
  ): Promise<number>;
  /**
   * Wakes who {@link Database.listen}s on the channel: now, and from within a transaction when that has committed. It is a hint and may be lost
   * with the process: listeners look for themselves now and then. `NOTIFY` in the transaction itself would not be lost, but PostgreSQL lets
   * transactions that notify commit only one after the other, each with a wait for the disk of its own.
   */
  tell(channel: string): void;
}

/** A transaction in progress. Stores take a Queryable; what must be atomic takes a Tx. */
export interface Tx extends Queryable {
  readonly inTransaction: true;
  /** Runs when the transaction has committed; errors in it are logged, never thrown at the caller. */
  afterCommit(work: () => void | Promise<void>): void;
}

export interface Database extends Queryable {
  /** Runs the work in one transaction: commits when it returns, rolls back when it throws. Serialization failures and deadlocks (40001, 40P01) are tried again, up to three times. */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Streams the rows of a query through a server-side cursor, `batch` rows at a time, in constant memory. */
  stream<Row>(query: Sql, batch?: number): AsyncIterable<Row>;
  /** Streams the bytes of `COPY (query) TO STDOUT`, in its text format, over a connection of its own. */
  copyOut(query: Sql): AsyncIterable<Buffer>;
  /** Listens on a PostgreSQL notification channel; returns how to stop. Reconnects by itself, and then is heard as if told. */
  listen(channel: string, heard: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Called in the transaction that makes something, as its last step: what is kept about the request is kept exactly when the thing is. */
export type WhenMade<T> = (tx: Tx, made: T) => Promise<void>;

/**
 * An id that the planner does not look up in its statistics. They know nothing of a dataset or batch that is being filled: a lookup of many
 * paths in it is planned as one among no rows, and then reads all of them for each path. Unseen, the id is taken for one of average size.
 */
export const unseen = (id: string): Sql => sql`(select ${id}::uuid)`;

/** PostgreSQL's code for a violated unique constraint, and the name of that constraint. */
export function violatedConstraint(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return code === '23505' && typeof constraint === 'string' ? constraint : undefined;
}
