import { UnexpectedAnswerError } from './errors.ts';

/** One page of a list; `next` is the cursor of the page after it, null on the last. */
export interface Page<T> {
  data: T[];
  next: string | null;
}

/**
 * A list that was asked for. Await it for its first page, or iterate over all of it:
 *
 * ```ts
 * const { data, next } = await fovea.items.list(dataset, { limit: 50 });
 * for await (const item of fovea.items.list(dataset)) …
 * ```
 */
export class List<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  private readonly fetchPage: (cursor: string | undefined) => Promise<Page<T>>;

  constructor(fetchPage: (cursor: string | undefined) => Promise<Page<T>>) {
    this.fetchPage = fetchPage;
  }

  /** The first page, or the one at a cursor. */
  page(cursor?: string): Promise<Page<T>> {
    return this.fetchPage(cursor);
  }

  /** All pages, one request each, asked for when it is their turn. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    let cursor: string | undefined;
    for (;;) {
      const page = await this.fetchPage(cursor);
      yield page;
      if (page.next === null) return;
      if (page.next === cursor) throw new UnexpectedAnswerError('The server gave the same page twice.');
      cursor = page.next;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.data;
  }

  /** The first `limit` entries; pass Infinity for all, however many there are. */
  async toArray(options: { limit: number }): Promise<T[]> {
    const found: T[] = [];
    if (options.limit <= 0) return found;
    for await (const page of this.pages()) {
      found.push(...page.data.slice(0, options.limit - found.length));
      if (found.length >= options.limit) break;
    }
    return found;
  }

  /** Makes the list awaitable: its first page. */
  // oxlint-disable-next-line unicorn/no-thenable -- the interface promises it
  then<A = Page<T>, B = never>(fulfilled?: ((page: Page<T>) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.page().then(fulfilled, rejected);
  }
}
