import type { AnnotationContent, QualityReport } from '@fovea/contract';
import { measureAgreement } from '@fovea/analytics/agreement/measure-agreement.ts';
import { annotationSimilarity, cohenKappa, countCategories, fleissKappa, krippendorffInterval, matchOptimally } from '@fovea/geometry';
import type { Queryable } from '../../engines/database/database.ts';
import { contentOf, selectAnswers, selectPeople, selectTruth, type AnsweredItem } from './store.ts';
import { volumeReader, type VolumeVoxels } from './volumes.ts';

type VolumeReader = ReturnType<typeof volumeReader>;

/** Items that are compared at once; a report of more is of the first by id, which sort by creation. */
const maxItems = 5_000;
const maxListed = 1_000;

export interface ReportOptions {
  threshold: number;
  pointDistance: number;
}

/** Measures a batch: agreement of people with each other, with review, and with known answers. */
export async function makeReport(db: Queryable, voxels: VolumeVoxels, batchId: string, { threshold, pointDistance }: ReportOptions): Promise<QualityReport> {
  const reader = volumeReader(db, voxels);
  const found = await selectAnswers(db, batchId, { honeypots: false, after: null, limit: maxItems + 1, minPeople: 1 });
  const items = await answeredWith(reader, found.slice(0, maxItems));
  const several = items.filter((item) => new Set(item.answers.map((answer) => answer.by)).size > 1);
  const options = { threshold, pointDistancePx: pointDistance, reference: null };
  const agreement = measureAgreement(several.map(toFacts), options);
  const paths = new Map(several.map((item) => [item.itemId, item.path]));
  const labels = classifications(several);
  return {
    batchId,
    items: agreement.items
      .map((item) => ({ itemId: item.id, path: paths.get(item.id) ?? '', people: item.people, agreement: item.agreement }))
      .toSorted((one, other) => (one.agreement ?? 2) - (other.agreement ?? 2))
      .slice(0, maxListed),
    itemCount: several.length,
    sampled: found.length > items.length,
    people: await peopleOf(db, reader, { batchId, items, agreed: agreement.people, options }),
    pairs: agreement.pairs.map((pair) => ({ ...pair, kappa: pairKappa(several, pair, options) })),
    confusion: agreement.confusion,
    overall: agreement.overall,
    fleiss: fleissOf(labels),
    alpha: alphaOf(labels),
  };
}

/** The items whose answers can be compared, with the voxels of their volumes. */
async function answeredWith(reader: VolumeReader, items: readonly AnsweredItem[]): Promise<AnsweredItem[]> {
  const found: AnsweredItem[] = [];
  for (const item of items) {
    const answered = await reader.answered(item);
    if (answered) found.push(answered);
  }
  return found;
}

const toFacts = (item: AnsweredItem) => ({ id: item.itemId, name: item.path, answers: item.answers.map(({ by, annotations }) => ({ by, annotations: annotations.map(contentOf) })) });

/** What each person called each item as a whole; null where somebody did not. */
function classifications(items: readonly AnsweredItem[]): (string | null)[][] {
  return items.map(({ answers }) =>
    answers.map(({ annotations }) => {
      const labels = annotations.filter((one) => one.type === 'classification').map((one) => one.label);
      return labels.length === 0 ? null : labels.toSorted().join('\u0000');
    }),
  );
}

function fleissOf(units: readonly (readonly (string | null)[])[]): number | null {
  const full = units.map((unit) => unit.filter((label) => label !== null)).filter((unit) => unit.length > 1);
  const raters = full[0]?.length ?? 0;
  const same = full.filter((unit) => unit.length === raters);
  const categories = [...new Set(same.flat())];
  return categories.length < 2 ? null : finite(fleissKappa(countCategories(same, categories)));
}

function alphaOf(units: readonly (readonly (string | null)[])[]): QualityReport['alpha'] {
  const used = units.filter((unit) => unit.filter((label) => label !== null).length > 1);
  if (used.length === 0) return { value: null, low: null, high: null };
  const places = new Map([...new Set(used.flat())].map((label, index) => [label, index]));
  const coded = used.map((unit) => unit.map((label) => (label === null ? null : (places.get(label) ?? null))));
  const { value, low, high } = krippendorffInterval(coded, 'nominal', { samples: 500 });
  return { value: finite(value), low: finite(low), high: finite(high) };
}

/** Cohen's κ of the labels of the objects that both of a pair found. */
function pairKappa(items: readonly AnsweredItem[], pair: { a: string; b: string }, options: { threshold: number; pointDistancePx: number }): number | null {
  const left: string[] = [];
  const right: string[] = [];
  for (const { answers } of items) {
    const [a, b] = [answers.find((one) => one.by === pair.a), answers.find((one) => one.by === pair.b)];
    if (!a || !b) continue;
    const [mine, theirs] = [a.annotations.map(contentOf), b.annotations.map(contentOf)];
    for (const match of matchOptimally(mine, theirs, likenessBy(options.pointDistancePx), options.threshold).pairs) {
      left.push(mine[match.a]?.label ?? '');
      right.push(theirs[match.b]?.label ?? '');
    }
  }
  return left.length === 0 || new Set([...left, ...right]).size < 2 ? null : finite(cohenKappa(left, right));
}

/** How alike two objects are, whatever they are called; whole-item classifications are one object. */
export function likenessBy(pointDistancePx: number): (one: AnnotationContent, other: AnnotationContent) => number {
  return (one, other) => {
    if (one.frame !== null && other.frame !== null && (one.frame > (other.endFrame ?? other.frame) || other.frame > (one.endFrame ?? one.frame))) return 0;
    if (one.type === 'classification' && other.type === 'classification') return 1;
    return annotationSimilarity(one, other, { sigmaPx: pointDistancePx });
  };
}

type Agreed = ReturnType<typeof measureAgreement>['people'];

interface Answered {
  batchId: string;
  items: readonly AnsweredItem[];
  agreed: Agreed;
  options: { threshold: number; pointDistancePx: number };
}

async function peopleOf(db: Queryable, reader: VolumeReader, { batchId, items, agreed, options }: Answered): Promise<QualityReport['people']> {
  const figures = await selectPeople(db, batchId);
  const known = await honeypotsOf(db, reader, batchId, options);
  return figures.map(({ by, tasks, seconds, reviewed, accepted, rejected }) => {
    const score = known.get(by);
    const annotations = items.flatMap((item) => item.answers.filter((answer) => answer.by === by)).reduce((sum, answer) => sum + answer.annotations.length, 0);
    const [precision, recall] = score ? [ratio(score.right, score.given), ratio(score.right, score.wanted)] : [null, null];
    return {
      by,
      tasks,
      annotations,
      secondsSpent: seconds,
      agreement: agreed.find((one) => one.by === by)?.agreement ?? null,
      reviewed,
      accepted,
      rejected,
      honeypots: score?.tasks ?? 0,
      precision,
      recall,
      f1: score ? ratio(2 * score.right, score.given + score.wanted) : null,
      iou: score ? ratio(score.likeness, score.right) : null,
    };
  });
}

interface Score {
  tasks: number;
  right: number;
  given: number;
  wanted: number;
  likeness: number;
}

/** How people did on items whose answer is known. */
async function honeypotsOf(db: Queryable, reader: VolumeReader, batchId: string, { threshold, pointDistancePx }: { threshold: number; pointDistancePx: number }): Promise<Map<string, Score>> {
  const items = await answeredWith(reader, await selectAnswers(db, batchId, { honeypots: true, after: null, limit: maxItems, minPeople: 1 }));
  const truths = await selectTruth(db, items.map((item) => item.itemId));
  const scores = new Map<string, Score>();
  for (const { itemId, answers } of items) {
    const wanted = (await reader.withVoxels(itemId, truths.get(itemId) ?? [])).map(contentOf);
    for (const { by, annotations } of answers) {
      const given = annotations.map(contentOf);
      const pairs = matchOptimally(given, wanted, likenessBy(pointDistancePx), threshold).pairs.filter(({ a, b }) => given[a]?.label === wanted[b]?.label);
      const score = scores.get(by) ?? { tasks: 0, right: 0, given: 0, wanted: 0, likeness: 0 };
      score.tasks += 1;
      score.right += pairs.length;
      score.given += given.length;
      score.wanted += wanted.length;
      score.likeness += pairs.reduce((sum, pair) => sum + pair.score, 0);
      scores.set(by, score);
    }
  }
  return scores;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 : null);
const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : finite(part / whole));
