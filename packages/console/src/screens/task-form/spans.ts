/** Words of a text with a label; `start` and `end` are places in the text, `end` beyond the last letter. */
export interface Span {
  id: string;
  start: number;
  end: number;
  text: string;
  label: string;
}

/** A text cut where marks begin and end, from its first letter to its last; where marks lie over each other the later one shows. */
export function cutAt(text: string, spans: readonly Pick<Span, 'start' | 'end' | 'label'>[]): { from: number; to: number; label: string | undefined }[] {
  const places = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])].filter((place) => place >= 0 && place <= text.length).toSorted((a, b) => a - b);
  return places.slice(0, -1).map((from, index) => {
    const to = places[index + 1] ?? text.length;
    return { from, to, label: spans.findLast(({ start, end }) => start <= from && end >= to)?.label };
  });
}
