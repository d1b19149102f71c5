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

/** Where a list comes from, and how much of it is held. */
export interface ListSource<T> {
  /** Fetches so many rows that begin so many rows after the cursor; without one, after the beginning. */
  fetchPage: (cursor: string | undefined, signal: AbortSignal, offset: number, limit: number) => Promise<FetchedPage<T>>;
  /** Has the list marked, so that one can go anywhere in it. Without, it grows from page to page. */
  fetchLandmarks?: (signal: AbortSignal) => Promise<Landmarks>;
  pageSize: number;
  /** Pages further than this from what is shown are dropped; their cursors stay, so that they can be fetched again. */
  keepPages?: number;
}

/** How a row of a list is reached: after a cursor, or from the beginning, and so many rows on. */
export interface RowPlace {
  cursor: string | undefined;
  offset: number;
}

/** The way to a row, from the nearest mark before it. */
export function placeOf({ every, cursors }: Landmarks, row: number): RowPlace {
  const mark = Math.min(Math.floor(row / every), cursors.length);
  return { cursor: mark === 0 ? undefined : cursors[mark - 1], offset: row - mark * every };
}
