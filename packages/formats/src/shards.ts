import type { WriteOptions } from './dataset.ts';
import type { FilePiece } from './files.ts';
import { asFileName } from './paths.ts';
import { memorySpool } from './writing.ts';

/** Items in a shard when not told. */
const defaultShardItems = 1000;

/**
 * Files of a bounded number of items each, for every split: `train-000000.tar`. What is added is kept on a spool until a
 * shard is full, since the items of splits come mixed.
 */
export class Shards {
  readonly #options: WriteOptions;
  readonly #extension: string;
  readonly #end: Uint8Array;
  readonly #open = new Map<string, { number: number; items: number; spool: ReturnType<typeof memorySpool> }>();

  /** @param end what closes each file. */
  constructor(options: WriteOptions, extension: string, end: Uint8Array = new Uint8Array(0)) {
    this.#options = options;
    this.#extension = extension;
    this.#end = end;
  }

  /** Adds an item's bytes; yields its split's shard when it is full. */
  async *add(split: string | undefined, parts: readonly Uint8Array[]): AsyncIterable<FilePiece> {
    const name = asFileName(split ?? 'data');
    const shard = this.#open.get(name) ?? { number: 0, items: 0, spool: this.#newSpool() };
    this.#open.set(name, shard);
    for (const part of parts) await shard.spool.append(part);
    shard.items += 1;
    if (shard.items < (this.#options.shardItems ?? defaultShardItems)) return;
    yield* this.#emit(name, shard);
    this.#open.set(name, { number: shard.number + 1, items: 0, spool: this.#newSpool() });
  }

  /** Yields the shards that are not full, by split. */
  async *rest(): AsyncIterable<FilePiece> {
    const open = [...this.#open].filter(([, shard]) => shard.items > 0).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, shard] of open) yield* this.#emit(name, shard);
  }

  #newSpool(): ReturnType<typeof memorySpool> {
    return (this.#options.spool ?? memorySpool)();
  }

  async *#emit(
    name: string,
    { number, spool }: { number: number; spool: ReturnType<typeof memorySpool> },
  ): AsyncIterable<FilePiece> {
    const path = `${name}-${String(number).padStart(6, '0')}.${this.#extension}`;
    for await (const bytes of spool.read()) yield { path, bytes };
    if (this.#end.length > 0) yield { path, bytes: this.#end };
  }
}
