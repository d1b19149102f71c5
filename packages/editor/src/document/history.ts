import { DiffBuilder, isEmptyDiff, reverseDiff, squashDiffs } from './diff.ts';
import type { DiffChange, RecordsDiff } from './diff.ts';
import type { EditorRecord } from './record.ts';
import { editorTexts as t } from '../texts.ts';

/** One step that a person can undo: what it is called, and the change. */
export interface HistoryStep {
  readonly title: string;
  readonly diff: RecordsDiff;
}

/** A place in the history to which an unfinished step can be taken back. */
export type Mark = number;

interface MarkEntry {
  readonly mark: Mark;
  readonly title: string;
  readonly diffs: RecordsDiff[];
}

/**
 * Undo and redo as diffs. A mark begins a step; what follows belongs to it until the next mark. Steps that changed
 * nothing vanish. The history never touches the records: it answers the diff that has to be applied.
 */
export class History {
  private readonly undoSteps: MarkEntry[] = [];
  private readonly redoSteps: HistoryStep[] = [];
  private pending = new DiffBuilder();
  private nextMark = 1;
  private readonly maxSteps: number;

  constructor(maxSteps: number) {
    this.maxSteps = maxSteps;
  }

  get canUndo(): boolean {
    return !this.pending.isEmpty || this.undoSteps.some((step) => step.diffs.length > 0);
  }

  get canRedo(): boolean {
    return this.redoSteps.length > 0;
  }

  /** The titles of the steps that can be undone, the latest first. */
  get undoTitles(): string[] {
    this.flush();
    return this.undoSteps.filter((step) => step.diffs.length > 0).map((step) => step.title).toReversed();
  }

  get redoTitles(): string[] {
    return this.redoSteps.map((step) => step.title).toReversed();
  }

  mark(title: string): Mark {
    this.flush();
    this.dropEmptySteps();
    const mark = this.nextMark++;
    this.undoSteps.push({ mark, title, diffs: [] });
    if (this.undoSteps.length > this.maxSteps) this.undoSteps.shift();
    return mark;
  }

  /** Takes note of a change that somebody made by hand; what was undone before cannot be redone any more. */
  record(change: DiffChange): void {
    this.pending.add(change);
    this.redoSteps.length = 0;
  }

  /** Another person changed a record in the middle of a step: undoing it must leave that be. */
  rebase(id: string, move: (before: EditorRecord) => EditorRecord): void {
    this.pending.rebase(id, move);
  }

  /** What has to be applied to undo the latest step. */
  undo(): RecordsDiff | undefined {
    this.flush();
    this.dropEmptySteps();
    const step = this.undoSteps.pop();
    if (!step) return undefined;
    const diff = squashDiffs(step.diffs);
    this.redoSteps.push({ title: step.title, diff });
    return reverseDiff(diff);
  }

  /** What has to be applied to redo the step that was undone last. */
  redo(): RecordsDiff | undefined {
    const step = this.redoSteps.pop();
    if (!step) return undefined;
    this.undoSteps.push({ mark: this.nextMark++, title: step.title, diffs: [step.diff] });
    return step.diff;
  }

  /** What has to be applied to take back all since the mark, which is then forgotten (it cannot be redone). */
  bail(mark: Mark): RecordsDiff | undefined {
    this.flush();
    const from = this.undoSteps.findIndex((step) => step.mark === mark);
    if (from < 0) return undefined;
    const diffs = this.undoSteps.splice(from).flatMap((step) => step.diffs);
    return diffs.length > 0 ? reverseDiff(squashDiffs(diffs)) : undefined;
  }

  /** Makes one step of all since the mark. */
  squash(mark: Mark): void {
    this.flush();
    const from = this.undoSteps.findIndex((step) => step.mark === mark);
    if (from < 0) return;
    const [first, ...later] = this.undoSteps.splice(from);
    const diff = squashDiffs([...first.diffs, ...later.flatMap((step) => step.diffs)]);
    this.undoSteps.push({ mark, title: first.title, diffs: isEmptyDiff(diff) ? [] : [diff] });
  }

  private flush(): void {
    if (this.pending.isEmpty) return;
    const diff = this.pending.build();
    this.pending = new DiffBuilder();
    const last = this.undoSteps.at(-1);
    if (last) last.diffs.push(diff);
    else this.undoSteps.push({ mark: this.nextMark++, title: t.edits.edit, diffs: [diff] });
  }

  private dropEmptySteps(): void {
    while (this.undoSteps.length > 0 && this.undoSteps.at(-1)?.diffs.length === 0) this.undoSteps.pop();
  }
}
