import { decodeRle, encodeRle } from '@fovea/geometry';
import type { AnnotationGeometry } from '@fovea/contract';
import type { CapabilityTable } from '../src/table.ts';
import type { LabelledAnnotation, LabelledItem } from '../src/dataset.ts';

/** An item as it can be compared: only what a table says is carried, masks in one encoding, groups by their members. */
export function comparable(item: LabelledItem, table: CapabilityTable): LabelledItem {
  const { file: _, ...rest } = item;
  const result: LabelledItem = {
    ...rest,
    annotations: namedGroups(item.annotations).map((annotation) => plain(annotation, table)),
  };
  for (const feature of ['frames', 'fps', 'mediaType', 'sha256', 'split', 'metadata'] as const) {
    if (table.item[feature].fit === 'dropped') delete result[feature];
  }
  if (table.item.size.fit === 'dropped') Object.assign(result, { width: 0, height: 0 });
  if (result.metadata && Object.keys(result.metadata).length === 0) delete result.metadata;
  return result;
}

function plain(annotation: LabelledAnnotation, table: CapabilityTable): LabelledAnnotation {
  const result: LabelledAnnotation = { ...annotation, geometry: normal(annotation.geometry) };
  if (table.annotation.id.fit !== 'exact') delete result.id;
  if (table.annotation.source.fit !== 'exact') result.source = 'import';
  if (result.keyframes)
    result.keyframes = result.keyframes.map((keyframe) => ({ ...keyframe, geometry: normal(keyframe.geometry) }));
  return JSON.parse(JSON.stringify(result)) as LabelledAnnotation;
}

function normal(geometry: AnnotationGeometry): AnnotationGeometry {
  if (geometry.type === 'mask') return { type: 'mask', rle: encodeRle(decodeRle(geometry.rle)) };
  if (geometry.type === 'rotated_box' || geometry.type === 'ellipse') {
    const turned = geometry.angle - Math.PI * Math.round(geometry.angle / Math.PI);
    return { ...geometry, angle: turned };
  }
  return geometry;
}

/** Groups have no names of their own: each is called by the place of its first member; a group of one is none. */
function namedGroups(annotations: readonly LabelledAnnotation[]): LabelledAnnotation[] {
  return annotations.map((annotation) => {
    const { group, ...rest } = annotation;
    const members = annotations.filter((other) => group !== undefined && other.group === group);
    return members.length < 2 ? rest : { ...rest, group: `of ${members.length}` };
  });
}

/** What two values differ in, as a sentence; undefined when they are equal but for numbers within a tolerance. */
export function difference(expected: unknown, actual: unknown, tolerance: number, path = ''): string | undefined {
  if (typeof expected === 'number' && typeof actual === 'number') {
    return Math.abs(expected - actual) <= tolerance + 1e-9 * Math.abs(expected)
      ? undefined
      : `${path}: ${expected} became ${actual}`;
  }
  if (typeof expected !== 'object' || typeof actual !== 'object' || expected === null || actual === null) {
    return Object.is(expected, actual)
      ? undefined
      : `${path}: ${JSON.stringify(expected)} became ${JSON.stringify(actual)}`;
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const key of keys) {
    const found = difference(
      (expected as Record<string, unknown>)[key],
      (actual as Record<string, unknown>)[key],
      tolerance,
      `${path}.${key}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What an item lost or gained, in whichever order its annotations are; undefined for nothing. */
export function itemDifference(
  expected: LabelledItem,
  actual: LabelledItem,
  table: CapabilityTable,
): string | undefined {
  const [wanted, found] = [comparable(expected, table), comparable(actual, table)];
  const left = [...found.annotations];
  for (const annotation of wanted.annotations) {
    const differences = left.map((candidate) => difference(annotation, candidate, table.precisionPx));
    const match = differences.indexOf(undefined);
    if (match < 0) {
      const nearest = left.findIndex(
        (candidate) => candidate.type === annotation.type && candidate.label === annotation.label,
      );
      return `${expected.path}: ${JSON.stringify(annotation)} is missing; nearest differs in ${differences[Math.max(0, nearest)] ?? 'all'}`;
    }
    left.splice(match, 1);
  }
  if (left.length > 0) return `${expected.path}: ${JSON.stringify(left[0])} came from nowhere`;
  return difference({ ...wanted, annotations: [] }, { ...found, annotations: [] }, table.precisionPx, expected.path);
}
