import type { AnnotationOperation } from '@fovea/contract';
import { changesOf } from './diff.ts';
import type { RecordsDiff } from './diff.ts';
import { changedContent, contentPatch, toContent } from './record.ts';
import type { EditorRecord } from './record.ts';

/** What the server is known to hold of one annotation; `record` undefined: it was deleted there. */
export interface KnownState {
  readonly revision: number;
  readonly record: EditorRecord | undefined;
}

/**
 * The edits that the server has not acknowledged, and what is known of its state: the base of every conflict check.
 * A revision rises by one with each change of an annotation, so a chain of edits can be sent without waiting between.
 */
export class Outbox {
  private readonly entries = new Map<string, AnnotationOperation>();
  /** Ids of the operations of each annotation that has some. */
  private readonly chains = new Map<string, Set<string>>();
  private readonly known = new Map<string, KnownState>();
  private readonly held = new Set<string>();
  private readonly newId: () => string;

  constructor(newId: () => string) {
    this.newId = newId;
  }

  knownState(annotationId: string): KnownState | undefined {
    return this.known.get(annotationId);
  }

  setKnown(annotationId: string, state: KnownState): void {
    this.known.set(annotationId, state);
  }

  /** In the order in which they were made; those of objects in conflict are held back until that is resolved. */
  pending(): AnnotationOperation[] {
    return [...this.entries.values()].filter((operation) => !this.held.has(operation.annotationId));
  }

  /** All of them, those of objects in conflict too. */
  all(): AnnotationOperation[] {
    return [...this.entries.values()];
  }

  get size(): number {
    return this.entries.size;
  }

  get(opId: string): AnnotationOperation | undefined {
    return this.entries.get(opId);
  }

  isDirty(annotationId: string): boolean {
    return this.chains.has(annotationId);
  }

  /** Turns a committed change into operations, one for each annotation whose sent content differs. */
  enqueue(diff: RecordsDiff): AnnotationOperation[] {
    const made: AnnotationOperation[] = [];
    for (const { id, before, after } of changesOf(diff)) {
      // A proposal that the server holds already (a model wrote it there) is an annotation as far as sending goes.
      const isThere = this.known.get(id)?.record !== undefined;
      const was = before && (!before.proposal || isThere) ? before : undefined;
      const is = after && (!after.proposal || isThere) ? after : undefined;
      if (!was && !is) continue;
      if (was && is && changedContent(was, is).length === 0) continue;
      made.push(this.add(id, was, is));
    }
    return made;
  }

  /** The operation that leads from one state of an annotation to another; undefined stands for "not there". */
  add(annotationId: string, was: EditorRecord | undefined, is: EditorRecord | undefined): AnnotationOperation {
    const opId = this.newId();
    const baseRevision = this.expectedRevision(annotationId);
    let operation: AnnotationOperation;
    if (!is) operation = { opId, kind: 'delete', annotationId, baseRevision };
    else if (!was) operation = { opId, kind: 'create', annotationId, content: toContent(is) };
    else operation = { opId, kind: 'update', annotationId, baseRevision, content: contentPatch(was, is) };
    this.put(operation);
    return operation;
  }

  /** Puts back an operation of an earlier life, from a journal, under its own id. */
  restore(operation: AnnotationOperation): void {
    this.put(operation);
  }

  /** The server has them, of one annotation: the revision that the last one led to becomes the base of those that still wait. */
  acknowledge(opIds: readonly string[], revision: number, record: EditorRecord | undefined): void {
    const annotationId = opIds.flatMap((opId) => this.entries.get(opId)?.annotationId ?? [])[0];
    if (annotationId === undefined) return;
    for (const opId of opIds) this.remove(annotationId, opId);
    const known = this.known.get(annotationId);
    if (known && revision <= known.revision) return;
    this.known.set(annotationId, { revision, record });
    this.rebase(annotationId, revision);
  }

  /** Puts the annotation's waiting operations upon a new revision. */
  rebase(annotationId: string, revision: number): void {
    let base = revision;
    for (const operation of this.of(annotationId)) {
      if (operation.kind !== 'create') this.entries.set(operation.opId, { ...operation, baseRevision: base });
      base += 1;
    }
  }

  hold(annotationId: string): void {
    this.held.add(annotationId);
  }

  release(annotationId: string): void {
    this.held.delete(annotationId);
  }

  drop(annotationId: string): void {
    for (const { opId } of this.of(annotationId)) this.remove(annotationId, opId);
  }

  private expectedRevision(annotationId: string): number {
    return (this.known.get(annotationId)?.revision ?? 0) + (this.chains.get(annotationId)?.size ?? 0);
  }

  private put(operation: AnnotationOperation): void {
    const { annotationId, opId } = operation;
    this.entries.set(opId, operation);
    const chain = this.chains.get(annotationId);
    if (chain) chain.add(opId);
    else this.chains.set(annotationId, new Set([opId]));
  }

  private remove(annotationId: string, opId: string): void {
    this.entries.delete(opId);
    const chain = this.chains.get(annotationId);
    chain?.delete(opId);
    if (chain?.size === 0) this.chains.delete(annotationId);
  }

  /** Those of one annotation, in order. */
  of(annotationId: string): AnnotationOperation[] {
    return [...(this.chains.get(annotationId) ?? [])].flatMap((opId) => this.entries.get(opId) ?? []);
  }
}
