/** One page as the platform answers it. */
export interface FetchedPage<T> {
  data: T[];
  next: string | null;
}

/** Cursors after every so many rows, and how many rows there are. */
export interface Landmarks {
  every: number;
  count: number;
  cursors: readonly string[];
}

export interface ItemPagesOptions<T> {
  /** Fetches the page that begins so many rows after the cursor; without one, after the beginning. */
  fetchPage: (cursor: string | undefined, signal: AbortSignal, offset: number) => Promise<FetchedPage<T>>;
  /** Has the list marked, so that one can go anywhere in it. Without, it grows from page to page. */
  fetchLandmarks?: (signal: AbortSignal) => Promise<Landmarks>;
  pageSize: number;
  /** Pages further than this from what is shown are dropped; their cursors stay, so that they can be fetched again. */
  keepPages?: number;
}

/** Jumps that follow each other faster than this are one drag. */
const draggingMs = 80;
/** How long a drag must rest before its place is fetched. */
const restMs = 40;
/** A list that changes is marked anew at most so often: that costs a walk over it. */
const markAgainMs = 10_000;

interface Slot<T> {
  cursor: string | undefined;
  /** Rows between the cursor and the page. */
  offset: number;
  items: readonly T[] | undefined;
  error?: unknown;
}

/**
 * A long list of things read page by page with cursors, of which only the pages near the window are held. Pages known so far
 * keep their place, so that a row's number never changes by scrolling; the end grows as one comes near it. With landmarks the whole
 * list is known at once, and any page of it can be fetched.
 */
export class ItemPages<T extends { id: string }> {
  readonly pageSize: number;
  readonly #fetchPage: ItemPagesOptions<T>['fetchPage'];
  readonly #keepPages: number;
  readonly #fetchLandmarks: ItemPagesOptions<T>['fetchLandmarks'];
  #slots: Slot<T>[] = [{ cursor: undefined, offset: 0, items: undefined }];
  /** Length of the last page, once it was seen. */
  #lastLength: number | undefined;
  readonly #running = new Map<number, AbortController>();
  readonly #listeners = new Set<() => void>();
  #version = 0;
  #window = { first: 0, last: 0 };
  readonly #marking = { isRunning: false, isMarked: false, lastMs: Number.NEGATIVE_INFINITY, stop: new AbortController() };
  #jumpTimer: ReturnType<typeof setTimeout> | undefined;
  #lastJumpMs = Number.NEGATIVE_INFINITY;

  constructor({ fetchPage, fetchLandmarks, pageSize, keepPages = 6 }: ItemPagesOptions<T>) {
    this.#fetchPage = fetchPage;
    this.#fetchLandmarks = fetchLandmarks;
    this.pageSize = pageSize;
    this.#keepPages = keepPages;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  /** Changes whenever anything did. */
  readonly version = (): number => this.#version;

  /** True when the last page is known. */
  get complete(): boolean {
    return this.#lastLength !== undefined;
  }
  /** How many rows are known to exist; all of them when {@link complete}. Before the first page came, 0. */
  get length(): number {
    if (this.#lastLength !== undefined) return (this.#slots.length - 1) * this.pageSize + this.#lastLength;
    return (this.#slots.length - 1) * this.pageSize;
  }
  /** True until the first page is there. */
  get pending(): boolean {
    return !this.complete && this.#slots.length === 1;
  }
  /** Why the first page that is missing near the window could not be fetched. */
  get error(): unknown {
    return this.#slots.find((slot) => slot.error !== undefined)?.error;
  }
  /** How many pages are held now. */
  get heldPages(): number {
    return this.#slots.filter((slot) => slot.items !== undefined).length;
  }

  item(index: number): T | undefined {
    return this.#slots[Math.floor(index / this.pageSize)]?.items?.[index % this.pageSize];
  }

  /** Where a held item stands, or -1. */
  indexOf(id: string): number {
    for (const [page, slot] of this.#slots.entries()) {
      const at = slot.items?.findIndex((item) => item.id === id) ?? -1;
      if (at >= 0) return page * this.pageSize + at;
    }
    return -1;
  }

  /** Everything that is held, in order. */
  *held(): Generator<T> {
    for (const slot of this.#slots) if (slot.items) yield* slot.items;
  }

  /** Says which rows are shown: has what is missing there and one page beyond fetched, and drops what lies far away. */
  show(first: number, last: number): void {
    this.#window = { first: Math.floor(first / this.pageSize), last: Math.floor(last / this.pageSize) };
    this.#dropFar(this.#keepPages);
    const { first: from, last: to } = this.#window;
    const isJump = this.#slots[from]?.items === undefined && this.#slots[from - 1]?.items === undefined;
    const nowMs = Date.now();
    const isDragging = isJump && nowMs - this.#lastJumpMs < draggingMs;
    if (isJump) this.#lastJumpMs = nowMs;
    clearTimeout(this.#jumpTimer);
    // Who drags the scroll bar passes by places that they will not look at.
    if (isDragging) this.#jumpTimer = setTimeout(() => this.#fill(from, to), restMs);
    else this.#fill(from, to);
  }

  /** Fetches what is missing in a window, then what is missing beside it. */
  #fill(from: number, to: number): void {
    const isMissing = (page: number) => this.#slots[page]?.items === undefined && this.#slots[page]?.error === undefined;
    const shown = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((page) => page < this.#slots.length && isMissing(page));
    // What is seen first has the platform to itself.
    for (const page of shown.length > 0 ? shown : [to + 1, from - 1]) {
      if (page >= 0 && page < this.#slots.length && isMissing(page) && !this.#running.has(page)) void this.#load(page);
    }
  }

  /** Once all that is shown is there: what lies beside it. */
  #fillBeside(): void {
    const { first, last } = this.#window;
    if (!this.#slots.slice(first, last + 1).some(({ items }) => items === undefined)) this.#fill(first, last);
  }

  /** Tries again what failed. */
  retry(): void {
    for (const slot of this.#slots) delete slot.error;
    this.#changed();
    this.show(this.#window.first * this.pageSize, this.#window.last * this.pageSize);
  }

  /** Fetches the pages in the window anew; the rows stay until the new ones are there. With `all`, those elsewhere are dropped. */
  async refresh({ all = false } = {}): Promise<void> {
    if (all) this.#dropFar(0);
    if (all && this.#marking.isMarked) await this.#mark();
    const pages = [];
    for (let page = this.#window.first; page <= Math.min(this.#window.last, this.#slots.length - 1); page++) pages.push(page);
    // One after the other: each page says where the next begins.
    for (const page of pages) if (page < this.#slots.length) await this.#load(page);
    if (all) this.show(this.#window.first * this.pageSize, this.#window.last * this.pageSize);
  }

  /** Puts a changed item in the place of the one held. */
  replace(item: T): void {
    const index = this.indexOf(item.id);
    const slot = this.#slots[Math.floor(index / this.pageSize)];
    if (index < 0 || !slot?.items) return;
    slot.items = slot.items.with(index % this.pageSize, item);
    this.#changed();
  }

  /** Makes sure that a row is held; answers it, or undefined past the end. */
  async fetch(index: number): Promise<T | undefined> {
    const wanted = Math.floor(index / this.pageSize);
    for (let page = Math.min(wanted, this.#slots.length - 1); page <= wanted && page < this.#slots.length; page++) {
      if (this.#slots[page]?.items === undefined) await this.#load(page);
      const slot = this.#slots[page];
      if (slot?.error !== undefined) throw slot.error;
    }
    return this.item(index);
  }

  /** Ends what is running. */
  close(): void {
    this.#marking.stop.abort();
    clearTimeout(this.#jumpTimer);
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
  }

  async #load(page: number): Promise<void> {
    const slot = this.#slots[page];
    if (!slot) return;
    this.#running.get(page)?.abort();
    const controller = new AbortController();
    this.#running.set(page, controller);
    try {
      const { data, next } = await this.#fetchPage(slot.cursor, controller.signal, slot.offset);
      if (controller.signal.aborted || this.#slots[page] !== slot) return;
      this.#place(page, data, next);
    } catch (error) {
      if (!controller.signal.aborted && this.#slots[page] === slot && slot.items === undefined) slot.error = error;
    } finally {
      if (this.#running.get(page) === controller) this.#running.delete(page);
      this.#changed();
      if (!controller.signal.aborted && this.#slots[page]?.items !== undefined) this.#fillBeside();
    }
  }

  /** Stores a page. Where it ends elsewhere than before, because items came or went, what followed is no longer known. */
  #place(page: number, items: T[], next: string | null): void {
    const { cursor, offset = 0 } = this.#slots[page] ?? {};
    this.#slots[page] = { cursor, offset, items };
    if (this.#marking.isMarked) {
      const isLast = page === this.#slots.length - 1;
      // Rows came or went since the list was marked.
      if (items.length !== (isLast ? this.#lastLength : this.pageSize) || (isLast && next !== null)) this.#markLater();
      return;
    }
    if (next !== null && page === 0) void this.#mark();
    const following = this.#slots[page + 1];
    if (next === null) {
      this.#slots.length = page + 1;
      this.#lastLength = items.length;
    } else if (!following || following.cursor !== next) {
      this.#slots.length = page + 1;
      this.#slots.push({ cursor: next, offset: 0, items: undefined });
      this.#lastLength = undefined;
    }
  }

  #markLater(): void {
    if (Date.now() - this.#marking.lastMs > markAgainMs) void this.#mark();
  }

  /** Has the list marked anew. It goes on from page to page when that fails. */
  async #mark(): Promise<void> {
    const { isRunning, stop } = this.#marking;
    if (!this.#fetchLandmarks || isRunning) return;
    this.#marking.isRunning = true;
    this.#marking.lastMs = Date.now();
    try {
      const marks = await this.#fetchLandmarks(stop.signal);
      if (!stop.signal.aborted) this.#adopt(marks);
    } catch (error) {
      // Pages fetched one after the other will tell of what is wrong, if it still is.
      if (!stop.signal.aborted) console.warn('The list could not be marked.', error);
    } finally {
      this.#marking.isRunning = false;
    }
  }

  /** Makes a slot for every page of the list; what is held keeps its place. */
  #adopt({ every, count, cursors }: Landmarks): void {
    const pages = Math.max(1, Math.ceil(count / this.pageSize));
    const held = this.#slots;
    this.#slots = Array.from({ length: pages }, (_, page) => {
      const start = page * this.pageSize;
      const mark = Math.min(Math.floor(start / every), cursors.length);
      return { cursor: mark === 0 ? undefined : cursors[mark - 1], offset: start - mark * every, items: held[page]?.items };
    });
    this.#lastLength = count - (pages - 1) * this.pageSize;
    this.#marking.isMarked = true;
    this.#changed();
    this.show(this.#window.first * this.pageSize, this.#window.last * this.pageSize);
  }

  #dropFar(distance: number): void {
    for (const [page, slot] of this.#slots.entries()) {
      const far = page < this.#window.first - distance || page > this.#window.last + distance;
      if (!far) continue;
      slot.items = undefined;
      this.#running.get(page)?.abort();
      this.#running.delete(page);
    }
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
