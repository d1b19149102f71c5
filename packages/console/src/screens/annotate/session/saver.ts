import type { AnnotationOperation, OperationResult } from '@fovea/contract';
import type { EditorDocument } from '@fovea/editor';
import { ApiError, ConnectionError, TimeoutError } from '@fovea/sdk';
import type { Journal, JournalEntry, JournalScope } from './journal.ts';

export type SaveState =
  | { readonly kind: 'saved' }
  | { readonly kind: 'saving' }
  /** `why` in words when it is more than a lost connection; `isKept` false: what waits is lost with the page. */
  | { readonly kind: 'waiting'; readonly unsent: number; readonly why: string | undefined; readonly isKept: boolean };

export type Send = (operations: readonly AnnotationOperation[]) => Promise<readonly OperationResult[]>;

export interface SaverOptions {
  readonly document: EditorDocument;
  readonly journal: Journal;
  readonly scope: JournalScope;
  /** Where an operation belongs, when not all belong to the item of the scope: what the journal is to keep of it. */
  readonly outward?: (operation: AnnotationOperation) => { readonly itemId: string; readonly operation: AnnotationOperation };
  readonly send: Send;
  readonly onState: (state: SaveState) => void;
  /** The platform will never take this edit. */
  readonly onRefused: (message: string) => void;
  /** Every error of sending, e.g. for a session that ended. */
  readonly onError?: (error: unknown) => void;
  readonly firstWaitMs?: number;
}

const mostAtOnce = 200;
const longestWaitMs = 15_000;

/**
 * Brings a document's edits to the platform: each is written to the journal first, sent, and taken out when it is
 * acknowledged. What cannot be sent now is sent later, for as long as it takes.
 */
export class Saver {
  private readonly options: SaverOptions;
  private readonly stopListening: () => void;
  private readonly journaled = new Map<string, AnnotationOperation>();
  private run: Promise<void> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private isEnded = false;

  constructor(options: SaverOptions) {
    this.options = options;
    const stops = [
      options.document.events.on('operations', (made) => {
        // Written down at once, however long the answer to those before takes.
        void this.writeDown(made);
        void this.flush();
      }),
      options.document.events.on('conflictResolved', () => void this.flush()),
    ];
    this.stopListening = () => stops.forEach((stop) => stop());
  }

  /** Operations that the journal holds already, so that they are not written again. */
  knows(operations: readonly AnnotationOperation[]): void {
    for (const operation of operations) this.journaled.set(operation.opId, operation);
  }

  /** Sends what there is. Answers when all is acknowledged, or when it has to wait; true when nothing is left. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    this.run ??= this.sendAll().finally(() => (this.run = undefined));
    await this.run;
    const { document } = this.options;
    // Edits that came while the last answer was on its way.
    if (this.failures === 0 && document.toOperations().length > 0 && !this.isEnded) return this.flush();
    return !document.hasUnsentEdits;
  }

  /** Whether all that the platform has not acknowledged outlives the page. */
  get isKept(): boolean {
    const { journal, document } = this.options;
    return journal.lasts && document.unsentOperations().every((operation) => this.journaled.get(operation.opId) === operation);
  }

  /** Everything that the platform has not acknowledged, as the journal has it. */
  unsent(): JournalEntry[] {
    return this.options.document.unsentOperations().map((operation) => this.entryOf(operation));
  }

  /** No more sending; the journal keeps what is left. */
  end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
    this.stopListening();
  }

  private async sendAll(): Promise<void> {
    const { document, onState } = this.options;
    try {
      for (;;) {
        const pending = document.toOperations();
        if (pending.length === 0 || this.isEnded) break;
        onState({ kind: 'saving' });
        await this.writeDown(pending);
        await this.sendSome(document.toOperations().slice(0, mostAtOnce));
      }
      await this.forget([]);
      this.failures = 0;
      onState({ kind: 'saved' });
    } catch (error) {
      this.failures += 1;
      this.options.onError?.(error);
      const isLost = error instanceof ConnectionError || error instanceof TimeoutError;
      onState({ kind: 'waiting', unsent: document.toOperations().length, why: isLost ? undefined : (error as Error).message, isKept: this.isKept });
      if (!this.isEnded) this.timer = setTimeout(() => void this.flush(), this.waitMs());
    }
  }

  private waitMs(): number {
    return Math.min(longestWaitMs, (this.options.firstWaitMs ?? 500) * 2 ** Math.min(10, this.failures - 1));
  }

  /** Only what is new, or has been put upon another revision, is written. */
  private async writeDown(operations: readonly AnnotationOperation[]): Promise<void> {
    const { journal } = this.options;
    const changed = operations.filter((operation) => this.journaled.get(operation.opId) !== operation);
    if (changed.length === 0) return;
    try {
      await journal.put(changed.map((operation) => this.entryOf(operation)));
      this.knows(changed);
    } catch (error) {
      // A journal that is full or locked must not keep an edit from the platform, where it is safe too.
      this.options.onError?.(error);
    }
  }

  private entryOf(operation: AnnotationOperation): JournalEntry {
    const { scope, outward } = this.options;
    return { ...scope, opId: operation.opId, operation, ...outward?.(operation) };
  }

  private async sendSome(operations: readonly AnnotationOperation[]): Promise<void> {
    try {
      const results = await this.options.send(operations);
      for (const result of results) this.take(result);
      await this.forget(results.map(({ opId }) => opId));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 400) throw error;
      // One of them is not even an operation: found by sending them one by one.
      const [first] = operations;
      if (operations.length > 1) for (const operation of operations) await this.sendSome([operation]);
      else if (first) await this.refuse(first.opId, error.errors?.[0] ? `${error.errors[0].path} ${error.errors[0].message}` : error.message);
    }
  }

  private take({ opId, outcome, annotation, message }: OperationResult): void {
    const { document, onRefused } = this.options;
    if (outcome === 'applied' || outcome === 'duplicate') document.acknowledge(opId, annotation?.revision, annotation ?? undefined);
    else if (outcome === 'invalid') {
      document.refuse(opId);
      onRefused(message ?? 'not valid');
    } else {
      const deletedAt = (document.revisionOf(idOf(document, opId)) ?? 0) + 1;
      document.meetConflict(opId, { revision: annotation?.revision ?? deletedAt, content: annotation ?? undefined, by: annotation?.updatedBy });
    }
  }

  private async refuse(opId: string, message: string): Promise<void> {
    this.options.document.refuse(opId);
    this.options.onRefused(message);
    await this.forget([opId]);
  }

  /** Those of an object in conflict stay in the journal until the person has chosen. */
  private async forget(opIds: readonly string[]): Promise<void> {
    const waiting = new Set(this.options.document.unsentOperations().map(({ opId }) => opId));
    const done = [...new Set([...opIds, ...this.journaled.keys()])].filter((opId) => !waiting.has(opId));
    for (const opId of done) this.journaled.delete(opId);
    if (done.length > 0) await this.options.journal.remove(done);
  }
}

function idOf(document: EditorDocument, opId: string): string {
  return document.unsentOperations().find((operation) => operation.opId === opId)?.annotationId ?? '';
}
