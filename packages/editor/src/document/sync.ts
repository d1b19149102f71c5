import type { AnnotationOperation, GeometryOf } from '@fovea/contract';
import type { RecordsDiff } from './diff.ts';
import { mergeRecords, takeFields } from './merge.ts';
import type { Conflict, Merged } from './merge.ts';
import { Outbox } from './outbox.ts';
import { patchVolume, stackMask, volumeWith } from '../masks/stack-mask.ts';
import { changedContent, fromContent } from './record.ts';
import type { EditorRecord, RecordContent } from './record.ts';

type Volume = GeometryOf<'volume'>;

/** An edit that another person (or our own, coming back) made; `content` undefined for a deletion. */
export interface RemoteChange {
  readonly annotationId: string;
  readonly revision: number;
  readonly content: RecordContent | undefined;
  readonly by?: string | undefined;
  /** Of the operation that caused it: lets us know our own. */
  readonly opId?: string | undefined;
  /** A suggestion of a model, to be accepted or rejected; of annotations that are new here. */
  readonly proposal?: boolean | undefined;
}

/** What the synchroniser needs of the document. */
export interface SyncHost {
  get(id: string): EditorRecord | undefined;
  topZ(): number;
  isUncommitted(id: string): boolean;
  /** Writes past the history: what others do is not ours to undo. `rebase` does the same to where the open step began. */
  put(id: string, record: EditorRecord | undefined, rebase?: (before: EditorRecord) => EditorRecord): void;
  onOperations(operations: readonly AnnotationOperation[]): void;
  onConflict(conflict: Conflict): void;
  onResolved(annotationId: string): void;
}

/** Keeps the document and the server's state together: edits out, answers and edits of others in, conflicts per object. */
export class Synchronizer {
  readonly outbox: Outbox;
  private readonly host: SyncHost;
  private readonly open = new Map<string, Conflict>();

  constructor(host: SyncHost, newId: () => string) {
    this.host = host;
    this.outbox = new Outbox(newId);
  }

  enqueue(diff: RecordsDiff): AnnotationOperation[] {
    return this.outbox.enqueue(diff);
  }

  /** The record that an operation of a journal makes, upon what is there. */
  replayed(operation: AnnotationOperation, before: EditorRecord | undefined): EditorRecord | undefined {
    const id = operation.annotationId;
    if (operation.kind === 'delete') return undefined;
    if (operation.kind === 'create') {
      const defaults = { attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' as const };
      return fromContent(id, { ...defaults, ...operation.content } as RecordContent, { z: this.host.topZ() });
    }
    if (!before) return undefined;
    const { keyframes = before.keyframes ?? null, group = before.group ?? null, zOrder = before.zOrder, ...rest } = operation.content;
    const isPainted = before.geometry.type === 'volume' && rest.geometry?.type === 'volume';
    const geometry = isPainted ? patchVolume(before.geometry as Volume, rest.geometry as Volume) : (rest.geometry ?? before.geometry);
    const content = { ...before, ...rest, geometry, keyframes: keyframes ?? undefined, group: group ?? undefined, zOrder: zOrder ?? undefined };
    return fromContent(id, content as RecordContent, before);
  }

  acknowledge(opId: string, revision?: number, content?: RecordContent): void {
    const operation = this.outbox.get(opId);
    if (!operation) return;
    const id = operation.annotationId;
    const known = this.outbox.knownState(id);
    const said = content && withVoxels(content, () => this.replayed(operation, known?.record));
    const record = said ? fromContent(id, said, known?.record ?? this.host.get(id)) : this.replayed(operation, known?.record);
    this.outbox.acknowledge([opId], revision ?? (known?.revision ?? 0) + 1, record);
  }

  refuse(opId: string): void {
    const operation = this.outbox.get(opId);
    if (!operation) return;
    const id = operation.annotationId;
    this.outbox.drop(id);
    this.host.put(id, this.outbox.knownState(id)?.record);
  }

  applyRemote(change: RemoteChange): 'applied' | 'merged' | 'ignored' | 'conflict' {
    const { annotationId: id, revision } = change;
    if (change.opId !== undefined && this.outbox.get(change.opId)) {
      this.acknowledge(change.opId, revision, change.content);
      return 'ignored';
    }
    const known = this.outbox.knownState(id);
    if (known && revision <= known.revision) return 'ignored';
    const mine = this.host.get(id);
    const theirs = change.content && fromContent(id, change.content, mine ?? { z: this.host.topZ(), proposal: change.proposal ?? false });
    const own = this.ownEcho(id, revision, theirs);
    if (own) {
      this.outbox.acknowledge(own, revision, theirs);
      return 'ignored';
    }
    this.outbox.setKnown(id, { revision, record: theirs });
    if (!this.outbox.isDirty(id) && !this.host.isUncommitted(id)) {
      this.host.put(id, theirs);
      return 'applied';
    }
    const base = this.open.get(id)?.base ?? known?.record;
    const merge = mergeRecords(base, mine, theirs);
    if (merge.kind === 'conflict') {
      this.clash({ annotationId: id, base, mine, theirs, revision, fields: merge.fields, by: change.by });
      return 'conflict';
    }
    if (theirs) this.take(theirs, revision, merge);
    else this.outbox.drop(id);
    return 'merged';
  }

  meetConflict(opId: string, present: Pick<RemoteChange, 'revision' | 'content' | 'by'>): void {
    const operation = this.outbox.get(opId);
    if (!operation) return;
    const id = operation.annotationId;
    if (present.revision > (this.outbox.knownState(id)?.revision ?? 0)) {
      this.applyRemote({ annotationId: id, ...present });
      return;
    }
    // News of that state was faster than this answer: the edit stands upon it already, and is sent again.
    if (operation.kind !== 'create' && operation.baseRevision >= present.revision) return;
    const mine = this.host.get(id);
    const theirs = present.content && fromContent(id, present.content, mine);
    const merge = mergeRecords(undefined, mine, theirs);
    if (merge.kind === 'merged') this.outbox.drop(id);
    else this.clash({ annotationId: id, base: undefined, mine, theirs, revision: present.revision, fields: merge.fields, by: present.by });
  }

  conflicts(): readonly Conflict[] {
    return [...this.open.values()];
  }

  resolve(annotationId: string, winner: 'mine' | 'theirs'): void {
    const conflict = this.open.get(annotationId);
    if (!conflict) return;
    this.open.delete(annotationId);
    this.outbox.drop(annotationId);
    this.outbox.release(annotationId);
    const mine = this.host.get(annotationId);
    if (winner === 'theirs') this.host.put(annotationId, conflict.theirs);
    else if (mine ?? conflict.theirs) this.host.onOperations([this.outbox.add(annotationId, conflict.theirs, mine)]);
    this.host.onResolved(annotationId);
  }

  /**
   * The operations of ours that lead from the known state to just the one that is reported: news of our own edits that
   * is faster than the answer to them, and is no conflict with the edits after them.
   */
  private ownEcho(id: string, revision: number, theirs: EditorRecord | undefined): string[] | undefined {
    const known = this.outbox.knownState(id);
    let reached = known?.revision ?? 0;
    let record = known?.record;
    const passed: string[] = [];
    for (const operation of this.outbox.of(id)) {
      record = this.replayed(operation, record);
      passed.push(operation.opId);
      reached += 1;
      if (reached < revision) continue;
      const isSame = record && theirs ? changedContent(record, theirs).length === 0 : record === theirs;
      return reached === revision && isSame ? passed : undefined;
    }
    return undefined;
  }

  private clash(conflict: Conflict): void {
    this.open.set(conflict.annotationId, conflict);
    this.outbox.hold(conflict.annotationId);
    this.host.onConflict(conflict);
  }

  private take(theirs: EditorRecord, revision: number, merge: Merged): void {
    this.outbox.rebase(theirs.id, revision);
    const mine = this.host.get(theirs.id);
    const merged = (record: EditorRecord) => takeFields(record, theirs, merge);
    if (mine && merge.theirFields.length > 0) this.host.put(theirs.id, merged(mine), merged);
  }
}

/** An answer names a volume's file and not its pixels: those are what the edit made of them. */
function withVoxels(content: RecordContent, made: () => EditorRecord | undefined): RecordContent {
  const { geometry } = content;
  if (geometry.type !== 'volume' || stackMask(geometry)) return content;
  const own = made()?.geometry;
  const stack = own?.type === 'volume' ? stackMask(own) : undefined;
  return stack ? { ...content, geometry: volumeWith(geometry, stack) } : content;
}
