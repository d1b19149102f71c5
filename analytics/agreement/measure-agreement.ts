import { annotationContent, type AnnotationContent } from '@fovea/contract';
import { annotationSimilarity, bootstrap, krippendorffAlpha, matchOptimally } from '@fovea/geometry';
import { z } from 'zod';

const answer = z.object({ by: z.string().min(1), annotations: z.array(annotationContent) });
const answeredItem = z.object({ id: z.string(), name: z.string().optional(), answers: z.array(answer) });
export const agreementFacts = z.object({ items: z.array(answeredItem) });
export type AnsweredItem = z.infer<typeof answeredItem>;

export interface AgreementOptions {
  threshold: number;
  pointDistancePx: number;
  /** The person whose answers are the truth, or null. */
  reference: string | null;
}

/** How two answers to one item compare. */
interface Comparison {
  item: string;
  a: string;
  b: string;
  /** Objects found by both, and by only one. */
  both: number;
  onlyA: number;
  onlyB: number;
  /** Of the objects found by both: with the same label. */
  sameLabel: number;
  /** Sum of the likeness of the objects found by both. */
  likeness: number;
  /** Label of a, label of b, of the objects found by both. */
  labels: [string, string][];
}

export interface AgreementReport {
  items: { id: string; name?: string | undefined; people: number; agreement: number | null }[];
  people: {
    by: string;
    items: number;
    annotations: number;
    agreement: number | null;
    precision?: number | null;
    recall?: number | null;
  }[];
  pairs: {
    a: string;
    b: string;
    items: number;
    agreement: number | null;
    likeness: number | null;
    sameLabel: number | null;
  }[];
  confusion: { labels: string[]; counts: number[][] };
  /** Mean agreement of pairs, with a 95 % interval by resampling of items. */
  overall: { agreement: number | null; low: number | null; high: number | null };
  /** Krippendorff's α of whole-item classifications; null where nobody classified. */
  alpha: number | null;
}

/**
 * Compares all pairs of answers to each item. Objects are paired so that their likeness is greatest, at least
 * `threshold`; the agreement of a pair is the share of objects with a partner of the same label, as Dice's coefficient:
 * 2 · (both, same label) / (objects of a + objects of b). Two empty answers agree fully.
 */
export function measureAgreement(items: AnsweredItem[], options: AgreementOptions): AgreementReport {
  const comparisons = items.flatMap((item) => comparePairs(item, options));
  const byItem = Map.groupBy(comparisons, ({ item }) => item);
  const itemRows = items.map((item) => ({
    id: item.id,
    name: item.name,
    people: item.answers.length,
    agreement: meanOf((byItem.get(item.id) ?? []).map(agreementOf)),
  }));
  const scored = itemRows.flatMap(({ agreement }) => (agreement === null ? [] : [agreement]));
  const interval =
    scored.length === 0
      ? null
      : bootstrap(scored, (drawn) => drawn.reduce((sum, value) => sum + value, 0) / drawn.length, { samples: 500 });
  return {
    items: itemRows,
    people: peopleRows(items, comparisons, options.reference),
    pairs: pairRows(comparisons),
    confusion: confusionOf(comparisons),
    overall: { agreement: round(interval?.value), low: round(interval?.low), high: round(interval?.high) },
    alpha: classificationAlpha(items),
  };
}

function comparePairs(item: AnsweredItem, options: AgreementOptions): Comparison[] {
  const answers = item.answers.toSorted((a, b) => (a.by < b.by ? -1 : 1));
  return answers.flatMap((a, i) =>
    answers
      .slice(i + 1)
      .map((b) => compare({ item: item.id, a: a.by, b: b.by }, a.annotations, b.annotations, options)),
  );
}

function compare(
  who: { item: string; a: string; b: string },
  left: AnnotationContent[],
  right: AnnotationContent[],
  options: AgreementOptions,
): Comparison {
  const likeness = (a: AnnotationContent, b: AnnotationContent) => {
    if (!sameMoment(a, b)) return 0;
    if (a.type === 'classification' && b.type === 'classification') return a.label === b.label ? 1 : 0;
    return annotationSimilarity(a, b, { sigmaPx: options.pointDistancePx });
  };
  const matching = matchOptimally(left, right, likeness, options.threshold);
  const labels = matching.pairs.map(({ a, b }): [string, string] => [left[a]?.label ?? '', right[b]?.label ?? '']);
  return {
    ...who,
    both: matching.pairs.length,
    onlyA: matching.unmatchedA.length,
    onlyB: matching.unmatchedB.length,
    sameLabel: labels.filter(([a, b]) => a === b).length,
    likeness: matching.pairs.reduce((sum, { score }) => sum + score, 0),
    labels,
  };
}

/** Annotations of video frames can only be one object where their stretches meet. */
function sameMoment(a: AnnotationContent, b: AnnotationContent): boolean {
  if (a.frame === null || b.frame === null) return a.frame === b.frame;
  return a.frame <= (b.endFrame ?? b.frame) && b.frame <= (a.endFrame ?? a.frame);
}

function agreementOf(comparison: Comparison): number {
  const objects = 2 * comparison.both + comparison.onlyA + comparison.onlyB;
  return objects === 0 ? 1 : (2 * comparison.sameLabel) / objects;
}

function meanOf(values: number[]): number | null {
  return values.length === 0 ? null : round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function round(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.round(value * 1e4) / 1e4;
}

function peopleRows(
  items: AnsweredItem[],
  comparisons: Comparison[],
  reference: string | null,
): AgreementReport['people'] {
  const names = [...new Set(items.flatMap(({ answers }) => answers.map(({ by }) => by)))].toSorted();
  return names.map((by) => {
    const own = items.flatMap(({ answers }) => answers.filter((given) => given.by === by));
    const row = {
      by,
      items: own.length,
      annotations: own.reduce((sum, { annotations }) => sum + annotations.length, 0),
      agreement: meanOf(comparisons.filter(({ a, b }) => a === by || b === by).map(agreementOf)),
    };
    return reference === null || by === reference ? row : { ...row, ...againstReference(comparisons, by, reference) };
  });
}

/** Precision and recall of a person's objects (with the right label) against the reference's. */
function againstReference(
  comparisons: Comparison[],
  by: string,
  reference: string,
): { precision: number | null; recall: number | null } {
  let [right, given, wanted] = [0, 0, 0];
  for (const comparison of comparisons) {
    const isA = comparison.a === by && comparison.b === reference;
    if (!isA && !(comparison.b === by && comparison.a === reference)) continue;
    right += comparison.sameLabel;
    given += comparison.both + (isA ? comparison.onlyA : comparison.onlyB);
    wanted += comparison.both + (isA ? comparison.onlyB : comparison.onlyA);
  }
  return { precision: given === 0 ? null : round(right / given), recall: wanted === 0 ? null : round(right / wanted) };
}

function pairRows(comparisons: Comparison[]): AgreementReport['pairs'] {
  const groups = Map.groupBy(comparisons, ({ a, b }) => JSON.stringify([a, b]));
  return [...groups.values()].map((group) => {
    const both = group.reduce((sum, comparison) => sum + comparison.both, 0);
    return {
      a: group[0]?.a ?? '',
      b: group[0]?.b ?? '',
      items: group.length,
      agreement: meanOf(group.map(agreementOf)),
      likeness: both === 0 ? null : round(group.reduce((sum, comparison) => sum + comparison.likeness, 0) / both),
      sameLabel: both === 0 ? null : round(group.reduce((sum, comparison) => sum + comparison.sameLabel, 0) / both),
    };
  });
}

/** How often two labels were given to one object, counted both ways. */
function confusionOf(comparisons: Comparison[]): { labels: string[]; counts: number[][] } {
  const pairs = comparisons.flatMap(({ labels }) => labels);
  const labels = [...new Set(pairs.flat())].toSorted();
  const places = new Map(labels.map((label, index) => [label, index]));
  const counts = labels.map(() => labels.map(() => 0));
  const count = (a: string, b: string) => {
    const row = counts[places.get(a) ?? -1];
    const column = places.get(b) ?? -1;
    if (row !== undefined && column >= 0) row[column] = (row[column] ?? 0) + 1;
  };
  for (const [a, b] of pairs) {
    count(a, b);
    if (a !== b) count(b, a);
  }
  return { labels, counts };
}

/** α over items that people classified as a whole; several labels of one person count as their set. */
function classificationAlpha(items: AnsweredItem[]): number | null {
  const units = items.map(({ answers }) =>
    answers.map(({ annotations }) => {
      const labels = annotations.filter(({ type }) => type === 'classification').map(({ label }) => label);
      return labels.length === 0 ? null : labels.toSorted().join('\u0000');
    }),
  );
  return round(krippendorffAlpha(units, 'nominal'));
}
