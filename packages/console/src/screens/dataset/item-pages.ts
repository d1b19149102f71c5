import { Glimpse } from './glimpse.ts';
import { placeOf, type Landmarks, type ListSource, type RowPlace } from './list-source.ts';
import { same } from './same-row.ts';

/** How long one stays at a place before more than what is seen there is fetched. */
const settleMs = 250;
/** Pages that are fetched ahead of who scrolls. */
const pagesAhead = 2;
/** Rows that one request may ask for. */
const mostAtOnce = 1_000;
/** A list that changes is marked anew at most so often: that costs a walk over it. */
const markAgainMs = 10_000;

interface Slot<T> extends RowPlace {
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
  readonly #fetchPage: ListSource<T>['fetchPage'];
  readonly #keepPages: number;
  readonly #fetchLandmarks: ListSource<T>['fetchLandmarks'];
  #slots: Slot<T>[] = [{ cursor: undefined, offset: 0, items: undefined }];
  /** Length of the last page, once it was seen. */
  #lastLength: number | undefined;
  readonly #running = new Map<number, AbortController>();
  readonly #listeners = new Set<() => void>();
  #version = 0;
  /** The rows that are shown, and whether one goes on towards the end. */
  #rows = { first: 0, last: 0 };
  #isGoingDown = true;
  #landmarks: Landmarks = { every: 1, count: 0, cursors: [] };
  readonly #glimpse: Glimpse<T>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #marking = { isRunning: false, isMarked: false, lastMs: Number.NEGATIVE_INFINITY, stop: new AbortController() };

  constructor({ fetchPage, fetchLandmarks, pageSize, keepPages = 6 }: ListSource<T>) {
    this.#fetchPage = fetchPage;
    this.#fetchLandmarks = fetchLandmarks;
    this.pageSize = pageSize;
    this.#keepPages = keepPages;
    this.#glimpse = new Glimpse<T>({
      rows: () => this.#rows,
      fetchRows: (first, last, signal) => this.#fetchRows(first, last, signal),
      onSeen: () => this.#seen(),
      onFault: () => this.#fill(),
    });
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
    return (this.#slots.length - 1) * this.pageSize + (this.#lastLength ?? 0);
  }
  /** True until the first page is there. */
  get pending(): boolean {
    return !this.complete && this.#slots.length === 1;
  }
  /** Why the first page that is missing near the window could not be fetched. */
  get error(): unknown {
    const { first, last } = this.#window;
    return this.#slots.slice(Math.max(0, first - pagesAhead), last + pagesAhead + 1).find((slot) => slot.error !== undefined)?.error;
  }
  /** How many pages are held now. */
  get heldPages(): number {
    return this.#slots.filter((slot) => slot.items !== undefined).length;
  }

  item(index: number): T | undefined {
    const slot = this.#slots[Math.floor(index / this.pageSize)];
    return slot?.items ? slot.items[index % this.pageSize] : this.#glimpse.item(index);
  }

  /** Where a held item stands, or -1. */
  indexOf(id: string): number {
    for (const [page, slot] of this.#slots.entries()) {
      const at = slot.items?.findIndex((item) => item.id === id) ?? -1;
      if (at >= 0) return page * this.pageSize + at;
    }
    return this.#glimpse.indexOf(id);
  }

  /** Everything that is held, in order. */
  *held(): Generator<T> {
    for (const slot of this.#slots) if (slot.items) yield* slot.items;
    for (const [row, item] of this.#glimpse.entries()) if (this.#slots[Math.floor(row / this.pageSize)]?.items === undefined) yield item;
  }

  /** Says which rows are shown: has what is missing there and some pages beyond fetched, and drops what lies far away. */
  show(first: number, last: number): void {
    this.#isGoingDown = first >= this.#rows.first;
    this.#rows = { first, last };
    this.#dropFar(this.#keepPages);
    clearTimeout(this.#timer);
    this.#glimpse.rest();
    if (this.#marking.isMarked && this.#isUnknown()) this.#glimpse.look();
    else this.#fill();
  }

  /** The pages that the rows lie in that are shown. */
  get #window(): { first: number; last: number } {
    return { first: Math.floor(this.#rows.first / this.pageSize), last: Math.floor(this.#rows.last / this.pageSize) };
  }

  /** Whether nothing of what is shown is there, nor what comes just before it: one jumped. */
  #isUnknown(): boolean {
    const { first, last } = this.#rows;
    return this.#slots[this.#window.first - 1]?.items === undefined && this.item(first) === undefined && this.item(Math.min(last, this.length - 1)) === undefined;
  }

  /** What is seen where one jumped to is there: the pages that it lies in follow when one stays. */
  #seen(): void {
    this.#changed();
    clearTimeout(this.#timer);
    // One that ends before what is shown now is no answer to look at once more.
    if (this.#isUnknown() && this.#glimpse.first !== this.#rows.first) this.#glimpse.look();
    else this.#timer = setTimeout(() => this.#fill(), settleMs);
  }

  async #fetchRows(first: number, last: number, signal: AbortSignal): Promise<readonly T[]> {
    const { cursor, offset } = placeOf(this.#landmarks, first);
    const limit = Math.min(last - first + 1, this.length - first, mostAtOnce);
    // All rows are gone.
    if (limit < 1) return [];
    return (await this.#fetchPage(cursor, signal, offset, limit)).data;
  }

  /** Fetches what is missing in the window, then what is missing beside it. */
  #fill(): void {
    const { first: from, last: to } = this.#window;
    const isMissing = (page: number) => this.#slots[page]?.items === undefined && this.#slots[page]?.error === undefined;
    const shown = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((page) => page < this.#slots.length && isMissing(page));
    const beside = this.#isGoingDown ? [to + 1, to + 2, from - 1] : [from - 1, from - 2, to + 1];
    // What is seen first has the platform to itself.
    for (const page of shown.length > 0 ? shown : beside) {
      if (page >= 0 && page < this.#slots.length && isMissing(page) && !this.#running.has(page)) void this.#load(page);
    }
  }

  /** Once all that is shown is there: what lies beside it. */
  #fillBeside(): void {
    const { first, last } = this.#window;
    if (!this.#slots.slice(first, last + 1).some(({ items }) => items === undefined)) this.#fill();
  }

  /** Tries again what failed. */
  retry(): void {
    for (const slot of this.#slots) delete slot.error;
    this.#changed();
    this.show(this.#rows.first, this.#rows.last);
  }

  /** Fetches the pages in the window anew; the rows stay until the new ones are there. With `all`, those elsewhere are dropped. */
  async refresh({ all = false } = {}): Promise<void> {
    if (all) {
      this.#dropFar(0);
      this.#glimpse.clear();
    }
    if (all && this.#marking.isMarked) await this.#mark();
    const { first, last } = this.#window;
    // One after the other: each page says where the next begins.
    for (let page = first; page <= last; page++) if (page < this.#slots.length) await this.#load(page);
    if (all) this.show(this.#rows.first, this.#rows.last);
  }

  /** Puts a changed item in the place of the one held. */
  replace(item: T): void {
    const index = this.indexOf(item.id);
    const slot = this.#slots[Math.floor(index / this.pageSize)];
    if (index < 0) return;
    if (slot?.items) slot.items = slot.items.with(index % this.pageSize, item);
    else this.#glimpse.replace(index, item);
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
    this.#glimpse.close();
    clearTimeout(this.#timer);
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
      const { data, next } = await this.#fetchPage(slot.cursor, controller.signal, slot.offset, this.pageSize);
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
    this.#slots[page] = { cursor, offset, items: items.map((item, at) => same(this.item(page * this.pageSize + at), item)) };
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
  #adopt(landmarks: Landmarks): void {
    const { count } = landmarks;
    const pages = Math.max(1, Math.ceil(count / this.pageSize));
    const held = this.#slots;
    this.#landmarks = landmarks;
    this.#slots = Array.from({ length: pages }, (_, page) => ({ ...placeOf(landmarks, page * this.pageSize), items: held[page]?.items }));
    this.#lastLength = count - (pages - 1) * this.pageSize;
    this.#marking.isMarked = true;
    this.#changed();
    this.show(this.#rows.first, this.#rows.last);
  }

  #dropFar(distance: number): void {
    const { first, last } = this.#window;
    const isFar = (page: number) => page < first - distance || page > last + distance;
    this.#slots.forEach((slot, page) => void (slot.items && isFar(page) && (slot.items = undefined)));
    for (const [page, controller] of this.#running) {
      if (!isFar(page)) continue;
      controller.abort();
      this.#running.delete(page);
    }
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
