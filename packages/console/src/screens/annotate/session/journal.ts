import type { AnnotationOperation } from '@fovea/contract';

/** Whose edits, and on what: the journal of one browser serves many people, items and tasks. */
export interface JournalScope {
  readonly userId: string;
  readonly itemId: string;
  /** Empty outside tasks. */
  readonly taskId: string;
}

export interface JournalEntry extends JournalScope {
  readonly opId: string;
  readonly operation: AnnotationOperation;
}

/** Edits that the platform has not acknowledged yet, kept where neither a reload nor a crash takes them away. */
export interface Journal {
  /** False: it ends with the page. */
  readonly lasts: boolean;
  put(entries: readonly JournalEntry[]): Promise<void>;
  remove(opIds: readonly string[]): Promise<void>;
  /** In the order in which they were made. */
  ofUser(userId: string): Promise<JournalEntry[]>;
}

const databaseName = 'fovea-journal';
const storeName = 'operations';

/** The journal of this browser (IndexedDB). @throws DOMException when the browser keeps nothing, as in some private windows */
export async function openJournal(): Promise<Journal> {
  const opening = indexedDB.open(databaseName, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(storeName, { keyPath: 'opId' }).createIndex('userId', 'userId');
  };
  const database = await answered(opening);
  // Another tab with a newer console wants to change the store: it must not wait for this one.
  database.onversionchange = () => database.close();
  const write = (change: (store: IDBObjectStore) => void) => {
    const transaction = database.transaction(storeName, 'readwrite');
    change(transaction.objectStore(storeName));
    return new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new DOMException('The journal could not be written.', 'AbortError'));
    });
  };
  return {
    lasts: true,
    put: (entries) => write((store) => entries.forEach((entry) => store.put(entry))),
    remove: (opIds) => write((store) => opIds.forEach((opId) => store.delete(opId))),
    async ofUser(userId) {
      const store = database.transaction(storeName, 'readonly').objectStore(storeName);
      const found = (await answered(store.index('userId').getAll(userId))) as JournalEntry[];
      return found.toSorted(byTime);
    },
  };
}

const rescueKey = 'fovea.rescue';

/**
 * Keeps edits where writing takes no time: a page that is being left may not live until the journal has them. What the
 * journal has already is kept twice, and harms nothing.
 */
export function rescue(entries: readonly JournalEntry[]): void {
  if (entries.length === 0) return;
  try {
    localStorage.setItem(rescueKey, JSON.stringify([...rescued(), ...entries]));
  } catch {
    // Too much for that store (masks are large): then the journal alone has them.
  }
}

/** Puts what was rescued into the journal. */
export async function takeRescued(journal: Journal): Promise<void> {
  const entries = rescued();
  if (entries.length === 0) return;
  await journal.put(entries);
  localStorage.removeItem(rescueKey);
}

function rescued(): JournalEntry[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(rescueKey) ?? '[]');
    return Array.isArray(value) ? (value as JournalEntry[]) : [];
  } catch {
    // What cannot be read is none of ours.
    return [];
  }
}

/** A journal that lasts as long as the page: for browsers that keep nothing, and for tests. */
export function memoryJournal(): Journal {
  const entries = new Map<string, JournalEntry>();
  return {
    lasts: false,
    async put(added) {
      for (const entry of added) entries.set(entry.opId, entry);
    },
    async remove(opIds) {
      for (const opId of opIds) entries.delete(opId);
    },
    ofUser: async (userId) => [...entries.values()].filter((entry) => entry.userId === userId).toSorted(byTime),
  };
}

/** Ids of operations sort by the time at which they were made. */
function byTime(a: JournalEntry, b: JournalEntry): number {
  return a.opId < b.opId ? -1 : 1;
}

export function isOf(scope: JournalScope): (entry: JournalEntry) => boolean {
  return (entry) => entry.itemId === scope.itemId && entry.taskId === scope.taskId && entry.userId === scope.userId;
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException('The journal does not answer.', 'UnknownError'));
  });
}
