import type {
  Annotation,
  AnnotationChange,
  AnnotationContent,
  AnnotationGeometry,
  AnnotationType,
  Attributes,
  Keyframe,
} from '@fovea/contract';
import { isSameVolume, plainVolume, volumePatch } from '../masks/stack-mask.ts';

/**
 * One annotation as the editor holds it. Records are never changed in place: an edit puts a new object in the old one's
 * stead, so that a diff is a pair of references and views may cache by identity.
 */
export interface EditorRecord {
  readonly id: string;
  readonly type: AnnotationType;
  readonly label: string;
  /** Image coordinates. Of a track: that of the first key frame. */
  readonly geometry: AnnotationGeometry;
  readonly attributes: Attributes;
  readonly frame: number | null;
  readonly endFrame: number | null;
  readonly keyframes: readonly Keyframe[] | undefined;
  readonly confidence: number | null;
  readonly source: AnnotationContent['source'];
  readonly group: string | undefined;
  /** Drawing order, greater on top; 0 where nobody said otherwise. */
  readonly zOrder: number;
  /** What a reviewer said of it. */
  readonly status: Annotation['status'];
  /** Among those of one drawing order: the place in which it came, greater on top. Not sent: the server knows it by the age. */
  readonly z: number;
  readonly hidden: boolean;
  readonly locked: boolean;
  /** A suggestion that nobody has accepted yet: drawn dashed, and not sent until it is accepted unless the server has it already. */
  readonly proposal: boolean;
}

export type RecordPatch = Partial<Omit<EditorRecord, 'id'>>;

/** The fields that are sent; the others are how this person looks at the record. */
export const contentFields = [
  'type',
  'label',
  'geometry',
  'attributes',
  'frame',
  'endFrame',
  'keyframes',
  'confidence',
  'source',
  'group',
  'zOrder',
  'status',
] as const satisfies readonly (keyof EditorRecord)[];
export type ContentField = (typeof contentFields)[number];

/** What an annotation says, with a reviewer's word on it. */
export type RecordContent = AnnotationContent & { readonly status?: Annotation['status'] | undefined };

/** A record of what the server (or a model, or the clipboard) said. */
export function fromContent(
  id: string,
  content: RecordContent,
  view: Partial<Pick<EditorRecord, 'z' | 'hidden' | 'locked' | 'proposal'>> = {},
): EditorRecord {
  return {
    id,
    type: content.type,
    label: content.label,
    geometry: content.geometry,
    attributes: content.attributes,
    frame: content.frame,
    endFrame: content.endFrame,
    keyframes: content.keyframes ?? undefined,
    confidence: content.confidence,
    source: content.source,
    group: content.group ?? undefined,
    zOrder: content.zOrder ?? 0,
    status: content.status ?? null,
    z: view.z ?? 0,
    hidden: view.hidden ?? false,
    locked: view.locked ?? false,
    // Whatever a reviewer has spoken on is no mere suggestion any more.
    proposal: (view.proposal ?? false) && (content.status ?? null) === null,
  };
}

/** Bottom first: by drawing order, then by place, then by id (ids sort by creation). */
export function compareOrder(a: EditorRecord, b: EditorRecord): number {
  return a.zOrder - b.zOrder || a.z - b.z || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** What is sent of a record: plain data, without the editor's caches. */
export function toContent(record: EditorRecord): AnnotationContent & { status: Annotation['status'] } {
  return {
    type: record.type,
    label: record.label,
    geometry: plainGeometry(record.geometry),
    attributes: record.attributes,
    frame: record.frame,
    endFrame: record.endFrame,
    ...(record.keyframes && {
      keyframes: record.keyframes.map((keyframe) => ({ ...keyframe, geometry: plainGeometry(keyframe.geometry) })),
    }),
    confidence: record.confidence,
    source: record.source,
    ...(record.group !== undefined && { group: record.group }),
    ...(record.zOrder !== 0 && { zOrder: record.zOrder }),
    status: record.status,
  };
}

/** The fields that changed, as an update says them: null takes away what is optional. */
export function contentPatch(before: EditorRecord, after: EditorRecord): AnnotationChange {
  const fields = changedContent(before, after);
  const [old, now] = [before.geometry, after.geometry];
  // Of a volume only the frames that changed are written out.
  const patch = fields.includes('geometry') && old.type === 'volume' && now.type === 'volume' ? volumePatch(old, now) : undefined;
  const content: Record<string, unknown> = { keyframes: null, group: null, zOrder: null, ...toContent(patch ? { ...after, geometry: patch } : after) };
  return Object.fromEntries(fields.map((field) => [field, content[field]]));
}

/** A mask's counts may be computed on reading (see masks/tiled-mask.ts); in plain data they are written out. */
function plainGeometry(geometry: AnnotationGeometry): AnnotationGeometry {
  if (geometry.type === 'volume') return geometry.slices ? geometry : plainVolume(geometry);
  if (geometry.type !== 'mask') return geometry;
  return { type: 'mask', rle: { size: geometry.rle.size, counts: geometry.rle.counts } };
}

/** Image pixels: a place that went through a turned picture and back is the same. */
const samePlace = 1e-6;

/** Whether two values of a field say the same, in whatever order a database gives the keys of objects; numbers may differ by a tolerance. */
export function sameValue(a: unknown, b: unknown, tolerance = 0): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= tolerance;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, index) => sameValue(value, b[index], tolerance));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => sameValue(left[key], right[key], tolerance));
}

/** The content fields in which two records differ. */
export function changedContent(before: EditorRecord, after: EditorRecord): ContentField[] {
  return contentFields.filter((field) => (field === 'geometry' ? !sameGeometry(before.geometry, after.geometry) : !sameValue(before[field], after[field])));
}

function sameGeometry(a: AnnotationGeometry, b: AnnotationGeometry): boolean {
  return a.type === 'volume' && b.type === 'volume' ? a === b || isSameVolume(a, b) : sameValue(a, b, samePlace);
}
