import { compareText, type FileSource, type Format, type LabelledItem, type LabelSet, type Spool, type WriteOptions } from '@fovea/formats';
import { fileNameSafe } from '@fovea/server/selection';
import type { OutputFile } from './files.ts';

/** A medium: its path among what is read, where it belongs among what is written, and its part. */
type Place = [file: string | null, place: string, split: string | null];

interface PlacingOptions {
  /** Whether media come along. */
  media: boolean;
  splitStyle: WriteOptions['splitStyle'];
  spool: () => Spool;
}

/** Remembers where media belong in what is written, and which part each is of where parts become lists beside the format. */
export class Placing {
  readonly #format: Format;
  readonly #options: PlacingOptions;
  readonly #fitting: ReturnType<Format['fitting']>;
  readonly #places: Spool;
  readonly #splits = new Set<string>();
  readonly #asLists: boolean;

  constructor(format: Format, labels: LabelSet, options: PlacingOptions) {
    this.#format = format;
    this.#options = options;
    this.#fitting = format.fitting(labels, { maxNotes: 0 });
    this.#places = options.spool();
    this.#asLists = options.splitStyle === 'lists' && !format.ownSplitLists;
  }

  /** Takes an item down; gives it as the format is to write it. */
  async add(item: LabelledItem): Promise<LabelledItem> {
    const { split, ...rest } = item;
    const given = this.#asLists ? rest : item;
    const hasMedia = this.#options.media && item.file !== undefined;
    const fitted = hasMedia || this.#asLists ? this.#fitting.fit(given) : undefined;
    if (!fitted) return given;
    const inside = this.#format.mediaPath(fitted, { splitStyle: this.#options.splitStyle });
    const place: Place = [hasMedia && inside !== undefined ? (item.file ?? null) : null, inside ?? fitted.path, split ?? null];
    await this.#places.append(Buffer.from(`${JSON.stringify(place)}\n`));
    if (split !== undefined) this.#splits.add(split);
    return given;
  }

  /** The lists of parts and the media. */
  async *files(source: FileSource): AsyncGenerator<OutputFile> {
    if (this.#asLists) for (const split of [...this.#splits].sort(compareText)) yield { path: `splits/${fileNameSafe(split)}.txt`, content: this.#list(split) };
    for await (const [file, place] of this.#read()) {
      const content = file === null ? undefined : source.open(file);
      if (content) yield { path: place, content, store: true };
    }
  }

  async *#list(part: string): AsyncGenerator<Uint8Array> {
    for await (const [, place, split] of this.#read()) if (split === part) yield Buffer.from(`${place}\n`);
  }

  async *#read(): AsyncGenerator<Place> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of this.#places.read()) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as Place;
    }
  }
}
