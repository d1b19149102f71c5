/** An upload that was on its way when its page was closed. */
export interface Interrupted {
  id: string;
  datasetId: string;
  datasetName: string;
}

const key = 'fovea.uploads';

/** What this browser remembers; another tab may be at work on some of it. */
function read(): Interrupted[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(value) ? (value as Interrupted[]).filter((one) => typeof one?.id === 'string' && typeof one.datasetName === 'string') : [];
  } catch {
    // Storage that is switched off or holds something else remembers nothing.
    return [];
  }
}

function write(all: readonly Interrupted[]): void {
  try {
    if (all.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(all.slice(-20)));
  } catch {
    // Without storage an upload goes on all the same; only the reminder is missing.
  }
}

const lockName = (id: string) => `fovea-upload-${id}`;

/** Remembers an upload while it runs; gives what ends that. A lock of the browser tells that its page still lives. */
export function remember(upload: Interrupted): () => void {
  write([...read().filter(({ id }) => id !== upload.id), upload]);
  let release: () => void = () => undefined;
  void navigator.locks?.request(lockName(upload.id), () => new Promise<void>((resolve) => (release = resolve)));
  return () => {
    release();
    forget(upload.id);
  };
}

export function forget(id: string): void {
  write(read().filter((one) => one.id !== id));
}

/** Uploads whose page is gone. */
export async function interruptedUploads(): Promise<Interrupted[]> {
  // Where there are no locks (a page that came over plain HTTP) nobody knows whether another tab is still at work.
  if (!('locks' in navigator)) return [];
  const held = new Set((await navigator.locks.query()).held?.map(({ name }) => name));
  return read().filter(({ id }) => !held.has(lockName(id)));
}
