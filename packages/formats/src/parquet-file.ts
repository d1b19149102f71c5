import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AsyncBuffer } from 'hyparquet';
import { FormatError } from './dataset.ts';
import type { FromParquet, ToParquet } from './parquet-worker.ts';
import type { Json } from './values.ts';

/** A sound row group takes a second or two; a broken one may keep the library for ever. More for larger ones. */
const patienceMs = 10_000;
const patienceMsPerMiB = 2_000;
/** A few bytes can stand for any number of rows. */
const mostGroupRows = 4_000_000;
const memoryMiB = 2_048;

type Request = Extract<ToParquet, { kind: 'open' | 'rows' }>;
type Answer<R extends Request> = Extract<FromParquet, { kind: R['kind'] extends 'open' ? 'opened' : 'read' }>;

let idle: Worker | undefined;

/**
 * A Parquet file that is read in a thread of its own, which is ended when it takes too long or too much memory: lengths
 * and counts in a broken file lead the library astray.
 */
export class ParquetFile {
  readonly #path: string;
  readonly #buffer: AsyncBuffer;
  readonly #worker: Worker;
  #slicedBytes = 0;

  private constructor(path: string, buffer: AsyncBuffer) {
    this.#path = path;
    this.#buffer = buffer;
    this.#worker =
      idle ??
      new Worker(new URL(`./parquet-worker${extname(import.meta.url)}`, import.meta.url), {
        resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
      });
    idle = undefined;
    this.#worker.ref();
  }

  /**
   * Goes through the rows of a file, group by group; `labels` is what our own files say of them.
   * @throws {FormatError} when it cannot be read.
   */
  static async *read(
    path: string,
    buffer: AsyncBuffer,
    onLabels: (text: string) => void,
  ): AsyncGenerator<readonly Json[]> {
    const file = new ParquetFile(path, buffer);
    let isSound = false;
    try {
      const { groups, labels } = await file.#ask({ kind: 'open', byteLength: buffer.byteLength });
      if (labels !== undefined) onLabels(labels);
      let from = 0;
      for (const count of groups) {
        if (!(count >= 0 && count <= mostGroupRows)) throw new FormatError(`${path} has a row group of ${count} rows`);
        const { rows } = await file.#ask({ kind: 'rows', from, to: from + count });
        if (rows.length !== count) throw new FormatError(`${path} has a row group of ${rows.length} rows that says it has ${count}`);
        yield rows;
        from += count;
      }
      isSound = true;
    } finally {
      file.#close(isSound);
    }
  }

  /** Keeps the thread for the next file, unless it may still be at something. */
  #close(isSound: boolean): void {
    if (isSound && idle === undefined) {
      this.#worker.unref();
      idle = this.#worker;
    } else void this.#worker.terminate();
  }

  async #ask<R extends Request>(request: R): Promise<Answer<R>> {
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<Answer<R>>();
    let [timer, fetching]: [NodeJS.Timeout | undefined, number] = [undefined, 0];
    const fail = (why: string) => reject(new FormatError(`${this.#path} is no Parquet file that can be read: ${why}`));
    // Only its own time counts, not that in which bytes are fetched for it.
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => fail('it takes too long'),
        patienceMs + patienceMsPerMiB * (this.#slicedBytes / 1024 ** 2),
      );
    };
    const give = async (asked: Extract<FromParquet, { kind: 'slice' }>) => {
      clearTimeout(timer);
      fetching += 1;
      await this.#give(asked);
      fetching -= 1;
      if (fetching === 0) watch();
    };
    const onMessage = (answer: FromParquet) => {
      if (answer.kind === 'slice') give(answer).catch(reject);
      else if (answer.kind === 'failed') fail(answer.message);
      else resolve(answer as Answer<R>);
    };
    const onError = (error: Error) => fail(error.message);
    worker.on('message', onMessage).on('error', onError);
    watch();
    worker.postMessage(request);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError);
    }
  }

  /** Bytes for the thread. What the source throws is no fault of the file, and goes up as it is. */
  async #give({ number, from, to }: Extract<FromParquet, { kind: 'slice' }>): Promise<void> {
    const isInside = from >= 0 && from <= to && to <= this.#buffer.byteLength;
    if (!isInside) {
      this.#worker.postMessage({
        kind: 'fault',
        number,
        message: 'it speaks of bytes that it does not have',
      } satisfies ToParquet);
      return;
    }
    const bytes = await this.#buffer.slice(from, to);
    this.#slicedBytes += bytes.byteLength;
    this.#worker.postMessage({ kind: 'bytes', number, bytes } satisfies ToParquet, [bytes]);
  }
}
