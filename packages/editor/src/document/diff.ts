import type { EditorRecord } from './record.ts';

/** A change of the document, complete in itself: it can be applied, undone, joined with the next and compared. */
export interface RecordsDiff {
  readonly created: ReadonlyMap<string, EditorRecord>;
  readonly updated: ReadonlyMap<string, { readonly before: EditorRecord; readonly after: EditorRecord }>;
  readonly removed: ReadonlyMap<string, EditorRecord>;
}

export const emptyDiff: RecordsDiff = { created: new Map(), updated: new Map(), removed: new Map() };

export function isEmptyDiff(diff: RecordsDiff): boolean {
  return diff.created.size === 0 && diff.updated.size === 0 && diff.removed.size === 0;
}

/** The diff that takes the change back. */
export function reverseDiff(diff: RecordsDiff): RecordsDiff {
  const updated = new Map<string, { before: EditorRecord; after: EditorRecord }>();
  for (const [id, { before, after }] of diff.updated) updated.set(id, { before: after, after: before });
  return { created: diff.removed, updated, removed: diff.created };
}

export interface DiffChange {
  readonly id: string;
  readonly before: EditorRecord | undefined;
  readonly after: EditorRecord | undefined;
}

/** Each record that the diff touches, once. */
export function* changesOf(diff: RecordsDiff): Generator<DiffChange> {
  for (const [id, before] of diff.removed) yield { id, before, after: undefined };
  for (const [id, { before, after }] of diff.updated) yield { id, before, after };
  for (const [id, after] of diff.created) yield { id, before: undefined, after };
}

/** Builds a diff of single changes; what comes back to its beginning is left out. */
export class DiffBuilder {
  private readonly states = new Map<string, { before: EditorRecord | undefined; after: EditorRecord | undefined }>();

  add({ id, before, after }: DiffChange): void {
    const first = this.states.get(id);
    const origin = first ? first.before : before;
    if (isSameRecord(origin, after)) this.states.delete(id);
    else this.states.set(id, { before: origin, after });
  }

  addAll(diff: RecordsDiff): void {
    for (const change of changesOf(diff)) this.add(change);
  }

  /** What another person changed meanwhile belongs to where the change began, not to the change. */
  rebase(id: string, move: (before: EditorRecord) => EditorRecord): void {
    const state = this.states.get(id);
    if (state?.before) this.states.set(id, { before: move(state.before), after: state.after && move(state.after) });
  }

  get isEmpty(): boolean {
    return this.states.size === 0;
  }

  touches(id: string): boolean {
    return this.states.has(id);
  }

  ids(): Iterable<string> {
    return this.states.keys();
  }

  build(): RecordsDiff {
    const created = new Map<string, EditorRecord>();
    const updated = new Map<string, { before: EditorRecord; after: EditorRecord }>();
    const removed = new Map<string, EditorRecord>();
    for (const [id, { before, after }] of this.states) {
      if (before && after) updated.set(id, { before, after });
      else if (after) created.set(id, after);
      else if (before) removed.set(id, before);
    }
    return { created, updated, removed };
  }
}

/** Field by field, by identity: values are never changed in place. */
function isSameRecord(a: EditorRecord | undefined, b: EditorRecord | undefined): boolean {
  if (!a || !b) return a === b;
  return (Object.keys(a) as (keyof EditorRecord)[]).every((key) => a[key] === b[key]);
}

/** Two changes, one after the other, as one. */
export function squashDiffs(diffs: Iterable<RecordsDiff>): RecordsDiff {
  const builder = new DiffBuilder();
  for (const diff of diffs) builder.addAll(diff);
  return builder.build();
}
