import type { AnnotationOperation } from '@fovea/contract';
import { Emitter } from '../emitter.ts';
import { DiffBuilder, isEmptyDiff } from './diff.ts';
import type { RecordsDiff } from './diff.ts';
import { History } from './history.ts';
import type { Mark } from './history.ts';
import type { Conflict } from './merge.ts';
import { fromContent } from './record.ts';
import type { EditorRecord, RecordContent, RecordPatch } from './record.ts';
import { RecordStore } from './store.ts';
import { Synchronizer } from './sync.ts';
import type { RemoteChange, SyncHost } from './sync.ts';

/** Who caused a change: this person (or undo of theirs), another person, or the loading of an item. */
export type ChangeOrigin = 'user' | 'undo' | 'redo' | 'remote' | 'load';

/** An annotation as the server holds it. */
export interface LoadedAnnotation {
  readonly id: string;
  readonly revision: number;
  readonly content: RecordContent;
  /** A suggestion of a model that nobody has accepted yet. */
  readonly proposal?: boolean | undefined;
}

interface DocumentEvents extends Record<string, unknown> {
  change: { diff: RecordsDiff; origin: ChangeOrigin };
  operations: readonly AnnotationOperation[];
  conflict: Conflict;
  conflictResolved: string;
  history: undefined;
}

export interface DocumentOptions {
  /** Makes ids of annotations and operations (`newId` of @fovea/contract). */
  readonly newId: () => string;
  readonly maxUndoSteps?: number;
}

/**
 * The annotations of one item while somebody edits them. Changes between two commits are a person's unfinished work:
 * visible, revocable, not sent. A commit makes them a step of the history and yields operations for the sync layer.
 */
export class EditorDocument {
  readonly events = new Emitter<DocumentEvents>();
  readonly newId: () => string;
  /** True: it can be looked at, and takes in what others do; what this person does changes nothing. */
  isReadOnly = false;
  /** Says of each record whether this person may make, change or remove it; the others stay as they are. */
  mayChange: (record: EditorRecord) => boolean = () => true;
  private store = new RecordStore();
  private history: History;
  private sync: Synchronizer;
  private uncommitted = new DiffBuilder();
  private readonly maxUndoSteps: number;

  constructor(options: DocumentOptions) {
    this.newId = options.newId;
    this.maxUndoSteps = options.maxUndoSteps ?? 500;
    this.history = new History(this.maxUndoSteps);
    this.sync = this.makeSync();
  }

  // --- reading ---

  get size(): number {
    return this.store.size;
  }

  get(id: string): EditorRecord | undefined {
    return this.store.get(id);
  }

  has(id: string): boolean {
    return this.store.has(id);
  }

  /** Bottom first. */
  ordered(): readonly EditorRecord[] {
    return this.store.ordered();
  }

  get canUndo(): boolean {
    return this.history.canUndo;
  }

  get canRedo(): boolean {
    return this.history.canRedo;
  }

  get undoTitles(): string[] {
    return this.history.undoTitles;
  }

  get redoTitles(): string[] {
    return this.history.redoTitles;
  }

  /** Ids of records with changes since the last commit: those that a gesture is moving. */
  uncommittedIds(): Iterable<string> {
    return this.uncommitted.ids();
  }

  isUncommitted(id: string): boolean {
    return this.uncommitted.touches(id);
  }

  /** The place after that of all others. */
  topZ(): number {
    let top = -1;
    for (const { z } of this.store.all()) if (z > top) top = z;
    return top + 1;
  }

  /** The drawing order in which what is new lies on top of all. */
  topOrder(): number {
    return Math.max(0, this.store.ordered().at(-1)?.zOrder ?? 0);
  }

  // --- loading ---

  /** Replaces everything, history included, by an item's annotations in their order, bottom first. */
  load(annotations: Iterable<LoadedAnnotation>): void {
    const done = new DiffBuilder();
    for (const record of this.store.ordered()) done.add({ id: record.id, before: record, after: undefined });
    this.store = new RecordStore();
    this.history = new History(this.maxUndoSteps);
    this.sync = this.makeSync();
    this.uncommitted = new DiffBuilder();
    let z = 0;
    for (const { id, revision, content, proposal = false } of annotations) {
      const record = fromContent(id, content, { z: z++, proposal });
      this.sync.outbox.setKnown(id, { revision, record });
      done.add(this.store.set(id, record));
    }
    this.events.emit('change', { diff: done.build(), origin: 'load' });
    this.events.emit('history', undefined);
  }

  /** Plays operations of a journal again (after a crash or a reload); they keep their ids and wait to be sent. */
  restore(operations: Iterable<AnnotationOperation>): void {
    const done = new DiffBuilder();
    for (const operation of operations) {
      const before = this.store.get(operation.annotationId);
      const record = this.sync.replayed(operation, before);
      this.sync.outbox.restore(operation);
      if (before || record) done.add(this.store.set(operation.annotationId, record));
    }
    this.emitChange(done.build(), 'load');
  }

  // --- editing ---

  create(records: readonly EditorRecord[]): void {
    for (const record of records) {
      if (this.store.has(record.id)) throw new Error(`There is already an annotation ${record.id}`);
    }
    this.write(records.map((record) => [record.id, record]));
  }

  /** Unknown ids are passed over: another person may have deleted the record meanwhile. */
  update(ids: Iterable<string>, patch: RecordPatch | ((record: EditorRecord) => RecordPatch | undefined)): void {
    const changes: [string, EditorRecord][] = [];
    for (const id of ids) {
      const current = this.store.get(id);
      const change = current && (typeof patch === 'function' ? patch(current) : patch);
      if (current && change) changes.push([id, { ...current, ...change }]);
    }
    this.write(changes);
  }

  remove(ids: Iterable<string>): void {
    this.write([...ids].filter((id) => this.store.has(id)).map((id) => [id, undefined]));
  }

  /** Begins a step of the history (after committing what may be open). */
  mark(title: string): Mark {
    this.commit();
    return this.history.mark(title);
  }

  /** Takes back all since the mark, as if it had not happened. */
  bail(mark: Mark): void {
    const diff = this.history.bail(mark);
    if (!diff) return;
    const done = this.store.apply(diff);
    this.uncommitted.addAll(done);
    this.emitChange(done, 'user');
    // What was committed meanwhile (a key pressed in mid-stroke) is known elsewhere: it has to be taken back there as well.
    this.commit();
  }

  /** Makes one step of all since the mark. */
  squash(mark: Mark): void {
    this.history.squash(mark);
    this.events.emit('history', undefined);
  }

  /** Ends the step: yields the operations of all that changed since the last commit. */
  commit(): readonly AnnotationOperation[] {
    if (this.uncommitted.isEmpty) return [];
    const diff = this.uncommitted.build();
    this.uncommitted = new DiffBuilder();
    const operations = this.sync.enqueue(diff);
    this.events.emit('history', undefined);
    if (operations.length > 0) this.events.emit('operations', operations);
    return operations;
  }

  /** One step: mark, change, commit; an error inside takes everything back. */
  edit(title: string, change: () => void): readonly AnnotationOperation[] {
    const mark = this.mark(title);
    try {
      change();
    } catch (error) {
      this.bail(mark);
      throw error;
    }
    return this.commit();
  }

  undo(): boolean {
    return this.replay(this.history.undo(), 'undo');
  }

  redo(): boolean {
    return this.replay(this.history.redo(), 'redo');
  }

  // --- synchronising ---

  /** All operations that the server has not acknowledged, in order, but those of objects in conflict. */
  toOperations(): AnnotationOperation[] {
    return this.sync.outbox.pending();
  }

  /** All operations that the server has not acknowledged, those of objects in conflict too: what a journal has to keep. */
  unsentOperations(): AnnotationOperation[] {
    return this.sync.outbox.all();
  }

  /** True while something could be lost by leaving: unsent operations, or a gesture under way. */
  get hasUnsentEdits(): boolean {
    return this.sync.outbox.size > 0 || !this.uncommitted.isEmpty;
  }

  revisionOf(id: string): number | undefined {
    return this.sync.outbox.knownState(id)?.revision;
  }

  /**
   * The server has taken an operation in. `content`, where it answered one, is the state there; without a revision (the
   * answer to a deletion has none) it is the one after the operation's base.
   */
  acknowledge(opId: string, revision?: number, content?: RecordContent): void {
    this.sync.acknowledge(opId, revision, content);
  }

  /** The server refused an operation for good: the annotation goes back to what the server is known to hold. */
  refuse(opId: string): void {
    this.sync.refuse(opId);
  }

  /**
   * Takes in an edit from elsewhere. Where this person has unsent edits of the same annotation, fields that only one
   * side changed are joined; otherwise the object is in conflict: it keeps this person's state, its operations are held
   * back, and a `conflict` event asks for {@link resolve}.
   */
  applyRemote(change: RemoteChange): 'applied' | 'merged' | 'ignored' | 'conflict' {
    return this.sync.applyRemote(change);
  }

  /**
   * The server answered an operation with a conflict and its present state (`content` undefined: it is deleted there).
   * After a reload nobody knows any more which state the operation was made upon: then both states are laid before the
   * person.
   */
  meetConflict(opId: string, present: Pick<RemoteChange, 'revision' | 'content' | 'by'>): void {
    this.sync.meetConflict(opId, present);
  }

  conflicts(): readonly Conflict[] {
    return this.sync.conflicts();
  }

  /** Ends a conflict: `mine` sends this person's state upon theirs, `theirs` takes over the other's. */
  resolve(annotationId: string, winner: 'mine' | 'theirs'): void {
    this.sync.resolve(annotationId, winner);
  }

  private makeSync(): Synchronizer {
    const host: SyncHost = {
      get: (id) => this.store.get(id),
      topZ: () => this.topZ(),
      isUncommitted: (id) => this.uncommitted.touches(id),
      put: (id, record, rebase) => {
        if (rebase) {
          this.uncommitted.rebase(id, rebase);
          this.history.rebase(id, rebase);
        }
        const done = new DiffBuilder();
        done.add(this.store.set(id, record));
        this.emitChange(done.build(), 'remote');
      },
      onOperations: (operations) => this.events.emit('operations', operations),
      onConflict: (conflict) => this.events.emit('conflict', conflict),
      onResolved: (id) => this.events.emit('conflictResolved', id),
    };
    return new Synchronizer(host, this.newId);
  }

  private write(changes: readonly (readonly [string, EditorRecord | undefined])[]): void {
    if (changes.length === 0 || this.isReadOnly) return;
    const done = new DiffBuilder();
    for (const [id, record] of changes) {
      if ([this.store.get(id), record].some((state) => state && !this.mayChange(state))) continue;
      const change = this.store.set(id, record);
      done.add(change);
      this.history.record(change);
      this.uncommitted.add(change);
    }
    this.emitChange(done.build(), 'user');
  }

  private replay(diff: RecordsDiff | undefined, origin: 'undo' | 'redo'): boolean {
    this.commit();
    if (!diff || this.isReadOnly) return false;
    const done = this.store.apply(diff);
    this.uncommitted.addAll(done);
    this.emitChange(done, origin);
    this.commit();
    return true;
  }

  private emitChange(diff: RecordsDiff, origin: ChangeOrigin): void {
    if (!isEmptyDiff(diff)) this.events.emit('change', { diff, origin });
  }
}
