import { rebaseVolume } from '../masks/stack-mask.ts';
import { changesOf, DiffBuilder } from './diff.ts';
import type { DiffChange, RecordsDiff } from './diff.ts';
import { compareOrder } from './record.ts';
import type { EditorRecord } from './record.ts';

/** The records themselves, and nothing more: what happens to them is decided above. */
export class RecordStore {
  private readonly records = new Map<string, EditorRecord>();
  private order: EditorRecord[] | undefined;

  get size(): number {
    return this.records.size;
  }

  get(id: string): EditorRecord | undefined {
    return this.records.get(id);
  }

  has(id: string): boolean {
    return this.records.has(id);
  }

  all(): Iterable<EditorRecord> {
    return this.records.values();
  }

  /** Bottom first. */
  ordered(): readonly EditorRecord[] {
    this.order ??= [...this.records.values()].sort(compareOrder);
    return this.order;
  }

  /** Puts one record in place (or takes it away) and says what that changed. */
  set(id: string, after: EditorRecord | undefined): DiffChange {
    const before = this.records.get(id);
    if (after) this.records.set(id, after);
    else this.records.delete(id);
    this.order = undefined;
    return { id, before, after };
  }

  /**
   * Applies a diff to what is there now. A record that has meanwhile changed elsewhere keeps those other fields: of an
   * update only the fields that it changed are written. Updates of records that are gone have no effect.
   */
  apply(diff: RecordsDiff): RecordsDiff {
    const done = new DiffBuilder();
    for (const { id, before, after } of changesOf(diff)) {
      const current = this.records.get(id);
      if (before && after) {
        if (current) done.add(this.set(id, current === before ? after : patchChanged(current, before, after)));
      } else if (current !== after) {
        done.add(this.set(id, after));
      }
    }
    return done.build();
  }
}

function patchChanged(current: EditorRecord, before: EditorRecord, after: EditorRecord): EditorRecord {
  const patch: Partial<Record<keyof EditorRecord, unknown>> = {};
  for (const key of Object.keys(after) as (keyof EditorRecord)[]) {
    if (before[key] !== after[key]) patch[key] = after[key];
  }
  const [now, old, next] = [current.geometry, before.geometry, after.geometry];
  // A step of a volume is the frames that it changed: those that others painted since are not touched by undoing it.
  if (patch.geometry && now.type === 'volume' && old.type === 'volume' && next.type === 'volume') patch.geometry = rebaseVolume(now, old, next);
  return { ...current, ...(patch as Partial<EditorRecord>) };
}
