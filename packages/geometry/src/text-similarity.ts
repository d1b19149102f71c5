import type { GeometryOf } from '@fovea/contract';

/** Longer texts are compared as a whole: the edit distance costs the product of the lengths. */
const maxEditLength = 4_000;

/**
 * How alike two texts are. Two spans: the length of their overlap over that of their union. Otherwise 1 less the edit
 * distance (Levenshtein, 1966) over the longer length, in UTF-16 units; texts over 4,000 units are alike only if equal.
 */
export function textSimilarity(a: GeometryOf<'text'>, b: GeometryOf<'text'>): number {
  const [spanA, spanB] = [spanOf(a), spanOf(b)];
  if (spanA && spanB) {
    const overlap = Math.max(0, Math.min(spanA.end, spanB.end) - Math.max(spanA.start, spanB.start));
    const union = spanA.end - spanA.start + spanB.end - spanB.start - overlap;
    return union === 0 ? Number(spanA.start === spanB.start) : overlap / union;
  }
  if (a.text === b.text) return 1;
  const longer = Math.max(a.text.length, b.text.length);
  return longer > maxEditLength ? 0 : 1 - editDistance(a.text, b.text) / longer;
}

function spanOf({ start, end }: GeometryOf<'text'>): { start: number; end: number } | undefined {
  return start !== undefined && end !== undefined && end >= start ? { start, end } : undefined;
}

/** The least number of insertions, deletions and replacements that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let row = Uint32Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = new Uint32Array(b.length + 1);
    next[0] = i;
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      next[j] = Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
