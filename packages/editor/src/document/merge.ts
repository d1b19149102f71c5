import { stackMask, volumeWith } from '../masks/stack-mask.ts';
import { changedContent } from './record.ts';
import type { ContentField, EditorRecord } from './record.ts';

/** Two people changed one annotation in ways that do not go together. Undefined stands for "deleted". */
export interface Conflict {
  readonly annotationId: string;
  readonly base: EditorRecord | undefined;
  readonly mine: EditorRecord | undefined;
  readonly theirs: EditorRecord | undefined;
  readonly revision: number;
  /** The fields that both changed; empty when one side deleted it. */
  readonly fields: readonly ContentField[];
  readonly by: string | undefined;
}

export interface Merged {
  readonly kind: 'merged';
  readonly theirFields: readonly ContentField[];
  /** Of a volume that both painted, on different frames: the frames of the other. */
  readonly theirFrames?: readonly number[];
}

export type Merge =
  | Merged
  | { readonly kind: 'conflict'; readonly fields: readonly ContentField[] };

/**
 * Three-way, field by field: what only one side changed is taken from that side. A field that both changed, but to the
 * same value, is no conflict; nor is a deletion by both.
 */
export function mergeRecords(
  base: EditorRecord | undefined,
  mine: EditorRecord | undefined,
  theirs: EditorRecord | undefined,
): Merge {
  if (!mine || !theirs) {
    return mine === theirs ? { kind: 'merged', theirFields: [] } : { kind: 'conflict', fields: [] };
  }
  const differ = changedContent(mine, theirs);
  if (!base) return differ.length > 0 ? { kind: 'conflict', fields: differ } : { kind: 'merged', theirFields: [] };
  const mineChanged = new Set(changedContent(base, mine));
  const theirFields = changedContent(base, theirs).filter((field) => differ.includes(field));
  const theirFrames = mineChanged.has('geometry') ? framesApart(base, mine, theirs) : undefined;
  const both = theirFields.filter((field) => mineChanged.has(field) && !(field === 'geometry' && theirFrames));
  return both.length > 0 ? { kind: 'conflict', fields: both } : { kind: 'merged', theirFields, ...(theirFrames && { theirFrames }) };
}

/** The frames of a volume that the other painted, when they are none of ours. */
function framesApart(base: EditorRecord, mine: EditorRecord, theirs: EditorRecord): readonly number[] | undefined {
  const [old, own, other] = [base, mine, theirs].map(({ geometry }) => (geometry.type === 'volume' ? stackMask(geometry) : undefined));
  if (!old || !own || !other) return undefined;
  const ours = new Set(own.changed(old));
  const frames = other.changed(old);
  return frames.some((frame) => ours.has(frame)) ? undefined : frames;
}

export function takeFields(
  into: EditorRecord,
  from: EditorRecord,
  { theirFields, theirFrames }: Merged,
): EditorRecord {
  if (theirFields.length === 0) return into;
  const patch: Partial<Record<ContentField, unknown>> = {};
  for (const field of theirFields) patch[field] = from[field];
  const [mine, theirs] = [into.geometry, from.geometry];
  if (theirFrames && mine.type === 'volume' && theirs.type === 'volume') {
    const [own, other] = [stackMask(mine), stackMask(theirs)];
    if (own && other) patch.geometry = volumeWith(mine, own.take(other, theirFrames));
  }
  return { ...into, ...(patch as Partial<EditorRecord>) };
}
