import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ItemPages } from './item-pages.ts';

interface Row {
  id: string;
}
const name = (index: number) => String(index).padStart(6, '0');

/** A platform with rows sorted by id, answering pages after a cursor. */
function source(count: number) {
  let rows: Row[] = Array.from({ length: count }, (_, index) => ({ id: name(index) }));
  let calls = 0;
  let failing = false;
  return {
    insert: (id: string) => (rows = [...rows, { id }].toSorted((a, b) => (a.id < b.id ? -1 : 1))),
    remove: (id: string) => (rows = rows.filter((row) => row.id !== id)),
    fail: (on: boolean) => (failing = on),
    calls: () => calls,
    pages: (pageSize: number) =>
      new ItemPages<Row>({
        pageSize,
        keepPages: 3,
        fetchPage: async (cursor) => {
          calls += 1;
          await Promise.resolve();
          if (failing) throw new Error('down');
          const after = rows.filter((row) => cursor === undefined || row.id > cursor);
          const data = after.slice(0, pageSize);
          return { data, next: after.length > pageSize ? (data.at(-1)?.id ?? null) : null };
        },
      }),
  };
}

/** Scrolls to the end, as a window of 20 rows would. */
async function scrollTo(pages: ItemPages<Row>, row: number): Promise<void> {
  for (let at = 0; at <= row; at += 10) {
    pages.show(at, at + 20);
    await vi.waitFor(() => expect(pages.item(Math.min(at + 20, pages.length - 1))).toBeDefined());
  }
}

/** A platform that marks its list every hundred rows, and answers pages by cursor and offset. */
function marked(count: number, pageSize: number, { answersMs = 0 } = {}) {
  let ids = Array.from({ length: count }, (_, index) => name(index));
  const asked: string[] = [];
  let [running, most, failing] = [0, 0, false];
  const pages = new ItemPages<Row>({
    pageSize,
    keepPages: 3,
    fetchLandmarks: async () => ({ every: 100, count: ids.length, cursors: ids.filter((_, index) => (index + 1) % 100 === 0 && index + 1 < ids.length) }),
    fetchPage: async (cursor, signal, offset, limit) => {
      asked.push(`${cursor ?? ''}+${offset} ${limit}`);
      running += 1;
      most = Math.max(most, running);
      await (answersMs > 0 ? new Promise((resolve) => setTimeout(resolve, answersMs)) : Promise.resolve());
      running -= 1;
      signal.throwIfAborted();
      if (failing) throw new Error('down');
      const start = (cursor === undefined ? 0 : ids.indexOf(cursor) + 1) + offset;
      const data = ids.slice(start, start + limit).map((id) => ({ id }));
      return { data, next: start + limit < ids.length ? (data.at(-1)?.id ?? null) : null };
    },
  });
  return { pages, asked, mostAtOnce: () => most, fail: (on: boolean) => (failing = on), remove: (id: string) => (ids = ids.filter((other) => other !== id)) };
}

afterEach(() => void vi.useRealTimers());

describe('ItemPages with landmarks', () => {
  test('knows its length after the first page, and goes anywhere with one request for just what is seen there', async () => {
    const { pages, asked } = marked(10_050, 30);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.length).toBe(10_050));
    expect(pages.complete).toBe(true);
    asked.length = 0;
    pages.show(7_000, 7_020);
    await vi.waitFor(() => expect(pages.item(7_010)?.id).toBe(name(7_010)));
    expect(asked).toEqual(['006999+0 21']);
    const seen = pages.item(7_010);
    // The pages that it lies in follow, and what is the same stays the same.
    await vi.waitFor(() => expect(pages.item(6_990)?.id).toBe(name(6_990)));
    await vi.waitFor(() => expect(pages.item(7_040)?.id).toBe(name(7_040)));
    expect(pages.item(7_010)).toBe(seen);
    expect(asked.slice(1, 3)).toEqual(['006899+90 30', '006999+20 30']);
    pages.show(10_040, 10_049);
    await vi.waitFor(() => expect(pages.item(10_049)?.id).toBe(name(10_049)));
    expect(pages.item(10_050)).toBeUndefined();
    pages.close();
  });

  test('holds a bounded number of pages however far one goes', async () => {
    const { pages } = marked(100_000, 100);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.complete).toBe(true));
    for (let at = 0; at < 100_000; at += 9_973) {
      pages.show(at, at + 30);
      await vi.waitFor(() => expect(pages.item(at + 30)?.id).toBe(name(at + 30)));
    }
    expect(pages.heldPages).toBeLessThanOrEqual(9);
    pages.close();
  });

  test('who drags passes by places that are not fetched', async () => {
    const { pages, asked } = marked(100_000, 100);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.complete).toBe(true));
    asked.length = 0;
    for (let at = 10_000; at <= 90_000; at += 10_000) pages.show(at, at + 30);
    await vi.waitFor(() => expect(pages.item(90_010)?.id).toBe(name(90_010)));
    expect(pages.item(50_010)).toBeUndefined();
    expect(asked.length).toBeLessThanOrEqual(8);
    pages.close();
  });

  test('on a slow platform who drags has one place looked at after the other, the newest each time', async () => {
    vi.useFakeTimers();
    const { pages, asked, mostAtOnce } = marked(100_000, 100, { answersMs: 60 });
    pages.show(0, 20);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(pages.complete).toBe(true);
    asked.length = 0;
    // A place every 2 ms, for 162 ms.
    for (let at = 10_000; at <= 90_000; at += 1_000) {
      pages.show(at, at + 30);
      await vi.advanceTimersByTimeAsync(2);
    }
    expect(asked).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(120);
    expect(pages.item(90_010)?.id).toBe(name(90_010));
    expect(mostAtOnce()).toBeLessThanOrEqual(3);
    pages.close();
  });

  test('rows changed by somebody are replaced where one has just jumped to, and found there', async () => {
    const { pages } = marked(100_000, 100);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.complete).toBe(true));
    pages.show(50_000, 50_030);
    await vi.waitFor(() => expect(pages.item(50_010)).toBeDefined());
    expect(pages.indexOf(name(50_010))).toBe(50_010);
    const changed = { id: name(50_010), mark: true };
    pages.replace(changed);
    expect(pages.item(50_010)).toBe(changed);
    expect([...pages.held()].filter(({ id }) => id === name(50_010))).toHaveLength(1);
    pages.close();
  });

  test('where a jump leads to cannot be fetched: the fault is told, and gone after another try', async () => {
    const { pages, fail } = marked(100_000, 100);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.complete).toBe(true));
    fail(true);
    pages.show(70_000, 70_030);
    await vi.waitFor(() => expect(pages.error).toBeInstanceOf(Error));
    fail(false);
    pages.retry();
    await vi.waitFor(() => expect(pages.item(70_030)?.id).toBe(name(70_030)));
    expect(pages.error).toBeUndefined();
    pages.close();
  });

  test('after rows went, a jump to an end that is no more asks for its pages, and not again and again', async () => {
    vi.useFakeTimers();
    const { pages, asked, remove } = marked(2_000, 100);
    pages.show(0, 20);
    await vi.advanceTimersByTimeAsync(1_000);
    for (let at = 1_900; at < 2_000; at++) remove(name(at));
    asked.length = 0;
    pages.show(1_960, 1_999);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(asked.length).toBeLessThan(8);
    pages.close();
  });

  test('a refresh of all finds what was removed', async () => {
    const { pages, remove } = marked(1_000, 50);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.length).toBe(1_000));
    remove(name(3));
    await pages.refresh({ all: true });
    expect(pages.length).toBe(999);
    await vi.waitFor(() => expect(pages.item(3)?.id).toBe(name(4)));
    pages.close();
  });
});

let rows: ReturnType<typeof source>;
beforeEach(() => {
  rows = source(1005);
});

describe('ItemPages', () => {
  test('grows as one scrolls and ends with the exact length', async () => {
    const pages = rows.pages(50);
    expect(pages.pending).toBe(true);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.length).toBeGreaterThanOrEqual(50));
    expect(pages.complete).toBe(false);
    await scrollTo(pages, 1000);
    expect(pages.complete).toBe(true);
    expect(pages.length).toBe(1005);
    expect(pages.item(1004)?.id).toBe(name(1004));
    expect(pages.item(1005)).toBeUndefined();
  });

  test('holds a bounded number of pages, and fetches a dropped one again at the same place', async () => {
    const pages = rows.pages(50);
    await scrollTo(pages, 1000);
    expect(pages.heldPages).toBeLessThanOrEqual(8);
    expect(pages.item(0)).toBeUndefined();
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.item(0)?.id).toBe(name(0)));
    expect(pages.length).toBe(1005);
  });

  test('an insert before the window moves what follows; no row is shown twice', async () => {
    const pages = rows.pages(50);
    await scrollTo(pages, 200);
    pages.show(0, 60);
    await vi.waitFor(() => expect(pages.item(60)).toBeDefined());
    rows.insert('000010x');
    await pages.refresh();
    expect(pages.item(11)?.id).toBe('000010x');
    expect(pages.item(50)?.id).toBe(name(49));
    const held = [...pages.held()].map((row) => row.id);
    expect(new Set(held).size).toBe(held.length);
  });

  test('a refresh of all finds rows that were added after the old end', async () => {
    const few = source(120);
    const pages = few.pages(50);
    await scrollTo(pages, 119);
    expect(pages.complete).toBe(true);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.item(0)).toBeDefined());
    few.insert('z1');
    await pages.refresh({ all: true });
    await scrollTo(pages, 120);
    expect(pages.length).toBe(121);
    expect(pages.item(120)?.id).toBe('z1');
  });

  test('a removal of the last page leaves the right end', async () => {
    const pages = source(50).pages(50);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.length).toBe(50));
    expect(pages.complete).toBe(true);
  });

  test('replaces a held row in place', async () => {
    const pages = rows.pages(50);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.item(3)).toBeDefined());
    const changed = { id: name(3), mark: true };
    pages.replace(changed);
    expect(pages.item(3)).toBe(changed);
  });

  test('keeps the error of a page and tries again on demand, not by itself', async () => {
    const pages = rows.pages(50);
    rows.fail(true);
    pages.show(0, 20);
    await vi.waitFor(() => expect(pages.error).toBeInstanceOf(Error));
    const calls = rows.calls();
    pages.show(0, 20);
    expect(rows.calls()).toBe(calls);
    rows.fail(false);
    pages.retry();
    await vi.waitFor(() => expect(pages.item(0)).toBeDefined());
    expect(pages.error).toBeUndefined();
  });

  test('fetch walks ahead to a row and answers undefined past the end', async () => {
    const pages = rows.pages(50);
    expect((await pages.fetch(120))?.id).toBe(name(120));
    expect(await pages.fetch(1005)).toBeUndefined();
  });
});
