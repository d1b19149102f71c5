/** Browsers draw no element higher than some 17 (Firefox) to 33 (Chromium) million pixels. */
const mostPixels = 15_000_000;
/** So much at either end is scrolled pixel by pixel. */
const edgePixels = 1_000_000;

/** How far one has scrolled in a list that is higher than a browser can draw. */
export interface ScrollMap {
  /** Of the element that is scrolled. */
  height: number;
  /** Where the list is, for a place of the scroll bar. */
  toList: (scrollTop: number) => number;
  /** The place of the scroll bar for a place in the list. */
  toBar: (offset: number) => number;
}

/** Maps the scroll bar to a list: one to one where it fits and at its ends, compressed in between. Pixels. */
export function scrollMap(listHeight: number, viewHeight: number): ScrollMap {
  if (listHeight <= mostPixels) return { height: listHeight, toList: (top) => top, toBar: (offset) => offset };
  const [bar, list] = [mostPixels - viewHeight, listHeight - viewHeight];
  const slope = (list - 2 * edgePixels) / (bar - 2 * edgePixels);
  return {
    height: mostPixels,
    toList: (top) => (top <= edgePixels ? top : top >= bar - edgePixels ? list - (bar - top) : edgePixels + (top - edgePixels) * slope),
    toBar: (offset) => (offset <= edgePixels ? offset : offset >= list - edgePixels ? bar - (list - offset) : edgePixels + (offset - edgePixels) / slope),
  };
}
