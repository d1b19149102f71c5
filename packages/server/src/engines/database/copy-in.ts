import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyLine } from './copy-line.ts';

type Rows = AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>;

/** One write per row would cost more than the row. */
const chunkChars = 65_536;

/** Streams rows into a table by `COPY … FROM STDIN`; gives their count. An error of the source ends the copy with nothing stored. */
export async function copyRowsIn(
  client: PoolClient,
  table: string,
  columns: readonly string[],
  rows: Rows,
): Promise<number> {
  const target = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
  let sourceFault: unknown;
  async function* chunks(): AsyncGenerator<string> {
    let chunk = '';
    try {
      for await (const row of rows) {
        chunk += copyLine(row);
        if (chunk.length > chunkChars) {
          yield chunk;
          chunk = '';
        }
      }
    } catch (error) {
      sourceFault = error;
      throw error;
    }
    if (chunk !== '') yield chunk;
  }
  try {
    await pipeline(Readable.from(chunks()), target);
  } catch (error) {
    // The server reports our own giving up as its error; the cause is what the caller must see.
    throw sourceFault ?? error;
  }
  return target.rowCount;
}
