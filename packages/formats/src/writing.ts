import type { FitRules } from './fit.ts';
import { fittingOf } from './fit.ts';
import type { LabelledItem, LabelSet, Spool, WriteOptions, Writing } from './dataset.ts';
import { encodeText, type FilePiece } from './files.ts';

/** What a writer works with. */
export type WriteContext = {
  /** The items, fitted to the format. */
  items: AsyncIterable<LabelledItem>;
  /** The labels as they stand: those given first, then those met. */
  labels(): LabelSet;
  options: WriteOptions;
};

/** A writing out of a generator of pieces, its items fitted by the format's rules. */
export function writingOf(
  rules: FitRules,
  items: AsyncIterable<LabelledItem> | Iterable<LabelledItem>,
  labels: LabelSet,
  options: WriteOptions | undefined,
  write: (context: WriteContext) => AsyncIterable<FilePiece>,
): Writing {
  const fitting = fittingOf(rules, labels, options);
  async function* fitted(): AsyncIterable<LabelledItem> {
    for await (const item of items) {
      const fit = fitting.fit(item);
      if (fit) yield fit;
    }
  }
  return { pieces: write({ items: fitted(), labels: fitting.labels, options: options ?? {} }), report: fitting.report };
}

/** A spool in memory. */
export function memorySpool(): Spool {
  const parts: Uint8Array[] = [];
  return {
    append: (bytes) => void parts.push(bytes),
    async *read() {
      yield* parts;
    },
  };
}

/** Bytes are handed on in pieces of about this size. */
const pieceBytes = 256 * 1024;

/** Gathers text, and hands it on as bytes in pieces of some size. */
export class TextPieces {
  #text: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#text.push(text);
    this.#length += text.length;
  }

  /** The gathered bytes when there are enough of them, or any with `all`; else undefined. */
  take(all = false): Uint8Array | undefined {
    if (this.#length === 0 || (!all && this.#length < pieceBytes)) return undefined;
    const bytes = encodeText(this.#text.join(''));
    this.#text = [];
    this.#length = 0;
    return bytes;
  }
}

/** Text that is gathered on a spool, to be written after something else. */
export class SpooledText {
  readonly #spool: Spool;
  readonly #pieces = new TextPieces();

  constructor(options: WriteOptions) {
    this.#spool = (options.spool ?? memorySpool)();
  }

  async add(text: string): Promise<void> {
    this.#pieces.add(text);
    const bytes = this.#pieces.take();
    if (bytes) await this.#spool.append(bytes);
  }

  async *read(): AsyncIterable<Uint8Array> {
    const rest = this.#pieces.take(true);
    if (rest) await this.#spool.append(rest);
    yield* this.#spool.read();
  }
}
