/** What is held already where the new one is the same: a row that did not change is not drawn again. */
export function same<T extends { id: string }>(held: T | undefined, found: T): T {
  return held !== undefined && held.id === found.id && JSON.stringify(held) === JSON.stringify(found) ? held : found;
}
