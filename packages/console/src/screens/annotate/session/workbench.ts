import { newId, type Annotation, type AnnotationOperation, type Event, type Item, type OperationResult, type Task } from '@fovea/contract';
import { Editor, type Clip, type Conflict } from '@fovea/editor';
import { fovea } from '../../../api/client.ts';
import { explain } from '../../../api/errors.ts';
import { noticeSession } from '../../../api/query-client.ts';
import { notify } from '../../../ui/notices.ts';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import type { Backdrop } from './picture.ts';
import { isOf, memoryJournal, openJournal, rescue, takeRescued, type Journal, type JournalEntry, type JournalScope } from './journal.ts';
import { catchUp, followItem } from './live.ts';
import { pictureOf, type Places } from './places.ts';
import { isProposal } from './proposals.ts';
import { toLabelClasses, type Labeling } from './recipe-labels.ts';
import { Saver, type SaveState } from './saver.ts';
import { createStore, type Store } from './store.ts';
import { loadSettings, saveSettings } from './stored.ts';
import { withVoxels } from './voxels.ts';
import type { Stack } from '../../item/scan/frame-store.ts';

export interface WorkbenchOptions {
  readonly item: Item;
  readonly task: Task | undefined;
  readonly labeling: Labeling;
  readonly places: Places;
  /** Of a scan: the pictures that belong together with it. */
  readonly stack: Stack | undefined;
  readonly annotations: readonly Annotation[];
  readonly userId: string;
  /** Nothing may be changed. */
  readonly isReadOnly: boolean;
  readonly journal: Journal;
  /** Edits of an earlier visit that the platform has not taken yet. */
  readonly left: readonly JournalEntry[];
}

/** What was copied last, for the next item too. */
let lastClip: Clip | undefined;

/** All that belongs to one item while somebody works on it, but what is seen of it: the editor, its saving, news of others. */
export class Workbench {
  /** Another one for each workbench. */
  readonly key = newId();
  readonly item: Item;
  readonly task: Task | undefined;
  readonly labeling: Labeling;
  readonly stack: Stack | undefined;
  readonly places: Places;
  /** In a task on a slice of a series: the frames of the stack that it is about; others are looked at only. */
  readonly ownFrames: readonly number[] | undefined;
  readonly editor: Editor;
  readonly saver: Saver;
  readonly save: Store<SaveState> = createStore<SaveState>({ kind: 'saved' });
  readonly conflicts: Store<readonly Conflict[]> = createStore<readonly Conflict[]>([]);
  /** The last event about the item or its task that others caused. */
  readonly news: Store<Event | undefined> = createStore<Event | undefined>(undefined);
  /** The picture beneath the shapes, of what is not drawn frame by frame. A store: when it is there, the canvas alone is rendered again. */
  readonly backdrop: Store<Backdrop | undefined> = createStore<Backdrop | undefined>(undefined);
  readonly isReadOnly: boolean;
  private readonly stop = new AbortController();

  constructor(options: WorkbenchOptions) {
    const { item, task, labeling, journal, userId, places } = options;
    this.item = item;
    this.task = task;
    this.labeling = labeling;
    this.places = places;
    this.stack = options.stack;
    this.isReadOnly = options.isReadOnly;
    this.editor = new Editor({ newId: () => newId(), labels: toLabelClasses(labeling.labels), settings: loadSettings() });
    const { document, events } = this.editor;
    document.isReadOnly = this.isReadOnly;
    const taskId = draftTaskOf(task);
    const { mayChange } = places;
    if (mayChange) document.mayChange = (record) => mayChange(record);
    this.ownFrames = mayChange && taskId !== undefined ? options.stack?.places.flatMap(({ itemId }, frame) => (itemId === item.id ? [frame] : [])) : undefined;
    this.saver = new Saver({
      document,
      journal,
      scope: { userId, itemId: item.id, taskId: taskId ?? '' },
      outward: (operation) => places.outward(operation),
      send: (operations) => sendTo(places, taskId, operations),
      onState: (state) => this.save.set(state),
      onRefused: (message) => void notify({ tone: 'bad', text: t.save.refused(message) }),
      onError: noticeSession,
    });
    events.on('notice', (text) => void notify({ tone: 'plain', text }));
    const showConflicts = () => this.conflicts.set([...document.conflicts()]);
    document.events.on('conflict', showConflicts);
    document.events.on('conflictResolved', showConflicts);
    this.open(options);
  }

  /** Edits that have not reached the platform, or a gesture under way. */
  get hasUnsent(): boolean {
    return this.editor.document.hasUnsentEdits;
  }

  /** It is shown from now on, with the settings of the one before; others' edits are followed. */
  begin(): void {
    const { editor, item, places } = this;
    window.addEventListener('pagehide', () => rescue(this.saver.unsent()), { signal: this.stop.signal });
    editor.set(loadSettings());
    editor.events.on('settings', saveSettings);
    editor.clip = lastClip;
    if (editor.document.toOperations().length > 0) void this.saver.flush();
    void followItem({
      document: editor.document,
      projectId: item.projectId,
      places,
      taskId: draftTaskOf(this.task),
      signal: this.stop.signal,
      onEvent: (event) => this.news.set(event),
      onError: (error) => {
        noticeSession(error);
        notify({ tone: 'bad', text: t.save.noNews(explain(error)) });
      },
    });
  }

  /** Takes in whatever the platform has that is not here yet. */
  catchUp(): Promise<void> {
    return catchUp({ document: this.editor.document, places: this.places, signal: this.stop.signal });
  }

  end(): void {
    lastClip = this.editor.clip ?? lastClip;
    this.editor.tools.interrupt();
    this.stop.abort();
    this.saver.end();
  }

  private open({ item, annotations, left, places, stack }: WorkbenchOptions): void {
    const { editor } = this;
    const loaded = annotations.map((content) => ({ id: content.id, revision: content.revision, content, proposal: isProposal(content) }));
    editor.open({ picture: pictureOf(item, stack), annotations: loaded, frame: stack?.start ?? 0 });
    const operations = left.map(({ itemId, operation }) => places.back(itemId, operation));
    this.saver.knows(operations);
    editor.document.restore(operations);
  }
}

/** The task whose drafts edits become; after its completion they are annotations of the item like all others. */
export function draftTaskOf(task: Task | undefined): string | undefined {
  return task && ['pending', 'claimed', 'submitted'].includes(task.status) ? task.id : undefined;
}

/** Sends operations to the items that they belong to, each item's together; the answers as the page has them. */
async function sendTo(places: Places, taskId: string | undefined, operations: readonly AnnotationOperation[]): Promise<OperationResult[]> {
  const results: OperationResult[] = [];
  for (const [itemId, group] of Map.groupBy(operations.map((operation) => places.outward(operation)), (one) => one.itemId)) {
    for (const result of await sendOperations(itemId, taskId, group.map(({ operation }) => operation))) {
      const { annotation, outcome } = result;
      // What an edit met is to be compared: of a volume its pixels are needed.
      const met = annotation && (outcome === 'conflict' ? await withVoxels(annotation) : annotation);
      results.push({ ...result, annotation: met && places.inward(met) });
    }
  }
  return results;
}

async function sendOperations(itemId: string, taskId: string | undefined, operations: readonly AnnotationOperation[]) {
  const { data } = await fovea.annotations.apply(itemId, [...operations], { ...(taskId !== undefined && { task: taskId }), maxRetries: 0, timeoutMs: 30_000 });
  return data;
}

let journal: Promise<Journal> | undefined;

/** The journal of this browser; where it keeps nothing, one for as long as the page lasts, and the person is told. */
export function theJournal(): Promise<Journal> {
  journal ??= openJournal().catch(() => {
    notify({ tone: 'bad', text: t.save.noJournal });
    return memoryJournal();
  });
  return journal;
}

/**
 * Sends what earlier visits of this person left in the journal, of whatever item. Answers what could not be sent now, of
 * the item and task given: it is to be played again.
 */
export async function sendLeft(from: Journal, scope: JournalScope, itemIds: ReadonlySet<string> = new Set([scope.itemId])): Promise<JournalEntry[]> {
  await takeRescued(from);
  const waiting = await from.ofUser(scope.userId);
  // As a rule: the next task is not kept waiting for a second look.
  if (waiting.length === 0) return [];
  const groups = Map.groupBy(waiting, ({ itemId, taskId }) => `${itemId} ${taskId}`);
  for (const [, entries] of groups) {
    const [{ itemId, taskId } = scope] = entries;
    try {
      const results = await sendOperations(itemId, taskId === '' ? undefined : taskId, entries.map(({ operation }) => operation));
      const done = results.filter(({ outcome }) => outcome === 'applied' || outcome === 'duplicate' || outcome === 'invalid');
      await from.remove(done.map(({ opId }) => opId));
    } catch (error) {
      // Kept, and tried again: with this item when it is opened, with others at the next visit.
      noticeSession(error);
    }
  }
  return (await from.ofUser(scope.userId)).filter((entry) => itemIds.has(entry.itemId) && isOf({ ...scope, itemId: entry.itemId })(entry));
}
