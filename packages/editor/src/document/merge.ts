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

export type Merge =
  | { readonly kind: 'merged'; readonly theirFields: readonly ContentField[] }
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
  const both = theirFields.filter((field) => mineChanged.has(field));
  return both.length > 0 ? { kind: 'conflict', fields: both } : { kind: 'merged', theirFields };
}

export function takeFields(
  into: EditorRecord,
  from: EditorRecord,
  fields: readonly ContentField[],
): EditorRecord {
  if (fields.length === 0) return into;
  const patch: Partial<Record<ContentField, unknown>> = {};
  for (const field of fields) patch[field] = from[field];
  return { ...into, ...(patch as Partial<EditorRecord>) };
}
