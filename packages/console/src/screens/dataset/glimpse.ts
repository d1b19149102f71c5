/** Who drags the scroll bar passes by places that they will not look at: no more often than this one of them is asked for. */
const paceMs = 40;
/** So long an answer about the place before is waited for: a platform that is slow is not asked for everything that was passed by. */
const patienceMs = 150;

export interface GlimpseOptions<T> {
  /** The first and the last row that are shown now. */
  rows: () => { first: number; last: number };
  fetchRows: (first: number, last: number, signal: AbortSignal) => Promise<readonly T[]>;
  onSeen: () => void;
  /** They could not be fetched, for whatever reason: that is told when they are fetched in another way. */
  onFault: () => void;
}

/** The rows of a place that one jumped to in a long list, fetched by themselves: there is less to wait for than for the pages that they lie in. */
export class Glimpse<T extends { id: string }> {
  readonly #options: GlimpseOptions<T>;
  #first = 0;
  #items: readonly T[] = [];
  #running: AbortController | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: GlimpseOptions<T>) {
    this.#options = options;
  }

  /** The row that it begins with. */
  get first(): number {
    return this.#first;
  }

  item(index: number): T | undefined {
    return this.#items[index - this.#first];
  }

  /** Where an item stands in the list, or -1. */
  indexOf(id: string): number {
    const at = this.#items.findIndex((item) => item.id === id);
    return at < 0 ? -1 : this.#first + at;
  }

  /** The rows with their places. */
  *entries(): Generator<[number, T]> {
    for (const [at, item] of this.#items.entries()) yield [this.#first + at, item];
  }

  replace(index: number, item: T): void {
    this.#items = this.#items.with(index - this.#first, item);
  }

  clear(): void {
    this.#items = [];
  }

  /** Has what is shown fetched; when something else was asked for a moment ago, a little later, and then what is shown by then. */
  look(): void {
    const waitMs = this.#askedMs + (this.#running ? patienceMs : paceMs) - Date.now();
    this.rest();
    if (waitMs > 0) this.#timer = setTimeout(() => this.look(), waitMs);
    else void this.#ask();
  }

  /** What was not asked for yet will not be. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  /** Ends what is running. */
  close(): void {
    this.rest();
    this.#running?.abort();
  }

  async #ask(): Promise<void> {
    const { rows, fetchRows, onSeen, onFault } = this.#options;
    const { first, last } = rows();
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    this.#askedMs = Date.now();
    let told = onFault;
    try {
      const items = await fetchRows(first, last, controller.signal);
      if (!controller.signal.aborted) [this.#first, this.#items] = [first, items];
      told = onSeen;
    } catch {
      // Said by `onFault`.
    } finally {
      if (this.#running === controller) this.#running = undefined;
    }
    if (!controller.signal.aborted) told();
  }
}
