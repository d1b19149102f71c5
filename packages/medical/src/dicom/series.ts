import { cross, dot, norm, normalOf, scale, subtract } from './geometry.ts';
import type { Vector } from './geometry.ts';

/** What the ordering needs of an instance: the keys of `describeDicom`'s summary. Anything else is carried along. */
export interface InstanceSummary {
  readonly [key: string]: unknown;
}

export interface OrderedInstance<T> {
  readonly instance: T;
  /** Place along the normal in mm; absent where the geometry does not tell. */
  readonly place?: number;
}

export interface OrderedSeries<T> {
  readonly seriesInstanceUid: string | undefined;
  readonly studyInstanceUid: string | undefined;
  readonly modality: string | undefined;
  /** Instances in order. */
  readonly instances: readonly OrderedInstance<T>[];
  /** What the order rests on. */
  readonly orderedBy: 'geometry' | 'instance-number' | 'given';
  /** Median distance of neighbours in mm, when ordered by geometry and more than one place is taken. */
  readonly spacing?: number;
  /** Distances that are larger than expected: after which instance, how far, and how many slices would fit. */
  readonly gaps: readonly { readonly afterIndex: number; readonly distance: number; readonly missing: number }[];
  /** Groups of instances (indices into `instances`) that share an SOP instance UID or a place. */
  readonly duplicates: readonly { readonly kind: 'same-instance' | 'same-place'; readonly indices: readonly number[] }[];
  /** In words, for people. */
  readonly notes: readonly string[];
}

/** Two places closer than this are one: far below any scanner's slice spacing, above rounding in DS values. */
const samePlaceMm = 0.01;
/** A distance of half a slice more than the median is a gap; less is a scanner's jitter. */
const gapFactor = 1.5;

/**
 * Groups instances by series and orders each along the normal of its planes (PS3.3 section C.7.6.2.1.1), which is
 * where the patient is, whatever file names and instance numbers say.
 */
export function orderSeries<T extends InstanceSummary>(instances: readonly T[]): OrderedSeries<T>[] {
  const groups = new Map<string, T[]>();
  for (const instance of instances) {
    const key = text(instance['seriesInstanceUid']) ?? '';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [instance]);
    else group.push(instance);
  }
  return [...groups.values()].map(orderOne);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numbersOf(value: unknown, count: number): number[] | undefined {
  if (!Array.isArray(value) || value.length < count) return undefined;
  return value.every((entry) => typeof entry === 'number' && Number.isFinite(entry)) ? (value as number[]) : undefined;
}

function vectorOf(values: readonly number[], at: number): Vector {
  return [values[at] ?? 0, values[at + 1] ?? 0, values[at + 2] ?? 0];
}

function planeOf(instance: InstanceSummary): { normal: Vector; position: Vector } | undefined {
  const cosines = numbersOf(instance['orientation'], 6);
  const position = numbersOf(instance['position'], 3);
  if (cosines === undefined || position === undefined) return undefined;
  const normal = normalOf([vectorOf(cosines, 0), vectorOf(cosines, 3)]);
  return normal === undefined ? undefined : { normal, position: vectorOf(position, 0) };
}

function orderOne<T extends InstanceSummary>(instances: readonly T[]): OrderedSeries<T> {
  const first = instances[0];
  const notes: string[] = [];
  const planes = instances.map(planeOf);
  const isPlaced = instances.length > 0 && planes.every((plane) => plane !== undefined);
  const reference = planes[0]?.normal;
  const isParallel = isPlaced && reference !== undefined && planes.every((plane) => plane !== undefined && dot(plane.normal, reference) > 0.999);
  if (isPlaced && !isParallel) notes.push('the planes are not parallel: ordered by instance number');
  if (!isPlaced && instances.length > 1) notes.push('not every instance has a position and orientation');
  const ordered = isParallel && reference !== undefined ? byGeometry(instances, planes, reference) : byNumber(instances);
  const places = ordered.map((entry) => entry.place);
  const spacing = isParallel ? medianSpacing(places) : undefined;
  const gaps = spacing === undefined ? [] : findGaps(places, spacing);
  const duplicates = findDuplicates(ordered);
  if (isParallel && reference !== undefined) notes.push(...obliquity(planes, reference));
  return {
    seriesInstanceUid: text(first?.['seriesInstanceUid']),
    studyInstanceUid: text(first?.['studyInstanceUid']),
    modality: text(first?.['modality']),
    instances: ordered,
    orderedBy: isParallel ? 'geometry' : instances.some((instance) => typeof instance['instanceNumber'] === 'number') ? 'instance-number' : 'given',
    ...(spacing === undefined ? {} : { spacing }),
    gaps,
    duplicates,
    notes: [...notes, ...gaps.map((gap) => `${gap.missing} slice(s) missing after ${gap.afterIndex + 1}`)],
  };
}

function instanceNumber(instance: InstanceSummary): number {
  const value = instance['instanceNumber'];
  return typeof value === 'number' ? value : Number.MAX_SAFE_INTEGER;
}

function byGeometry<T extends InstanceSummary>(instances: readonly T[], planes: readonly ({ position: Vector } | undefined)[], normal: Vector): OrderedInstance<T>[] {
  const entries = instances.map((instance, index) => ({ instance, place: dot(planes[index]?.position ?? [0, 0, 0], normal) }));
  return entries.sort((a, b) =>
    Math.abs(a.place - b.place) > samePlaceMm ? a.place - b.place : instanceNumber(a.instance) - instanceNumber(b.instance),
  );
}

function byNumber<T extends InstanceSummary>(instances: readonly T[]): OrderedInstance<T>[] {
  return instances.map((instance) => ({ instance })).sort((a, b) => instanceNumber(a.instance) - instanceNumber(b.instance));
}

function steps(places: readonly (number | undefined)[]): number[] {
  return places.slice(1).map((place, index) => (place ?? 0) - (places[index] ?? 0));
}

function medianSpacing(places: readonly (number | undefined)[]): number | undefined {
  const distances = steps(places).filter((step) => step > samePlaceMm).sort((a, b) => a - b);
  return distances[Math.floor((distances.length - 1) / 2)];
}

function findGaps(places: readonly (number | undefined)[], spacing: number): OrderedSeries<never>['gaps'] {
  return steps(places).flatMap((distance, afterIndex) =>
    distance > spacing * gapFactor ? [{ afterIndex, distance, missing: Math.max(1, Math.round(distance / spacing) - 1) }] : [],
  );
}

function findDuplicates(ordered: readonly OrderedInstance<InstanceSummary>[]): OrderedSeries<never>['duplicates'] {
  const byUid = new Map<string, number[]>();
  const samePlace: number[][] = [];
  let run: number[] = [];
  ordered.forEach(({ instance, place }, index) => {
    const uid = text(instance['sopInstanceUid']);
    if (uid !== undefined) byUid.set(uid, [...(byUid.get(uid) ?? []), index]);
    const before = ordered[run.at(-1) ?? -1]?.place;
    if (place !== undefined && before !== undefined && place - before <= samePlaceMm) run.push(index);
    else {
      if (run.length > 1) samePlace.push(run);
      run = [index];
    }
  });
  if (run.length > 1) samePlace.push(run);
  const sameInstance = [...byUid.values()].filter((indices) => indices.length > 1);
  return [
    ...sameInstance.map((indices) => ({ kind: 'same-instance' as const, indices })),
    ...samePlace.map((indices) => ({ kind: 'same-place' as const, indices })),
  ];
}

/** A gantry tilt: the positions drift within the plane from slice to slice. */
function obliquity(planes: readonly ({ position: Vector } | undefined)[], normal: Vector): string[] {
  const positions = planes.flatMap((plane) => (plane === undefined ? [] : [plane.position]));
  const [first, last] = [positions[0], positions.at(-1)];
  if (first === undefined || last === undefined) return [];
  const along = subtract(last, first);
  const depth = Math.abs(dot(along, normal));
  const drift = norm(cross(along, scale(normal, 1)));
  return depth > 1 && drift / depth > 0.02 ? ['the stack is sheared (gantry tilt)'] : [];
}
