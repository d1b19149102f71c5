import { useSyncExternalStore } from 'react';
import { onForget } from '../api/session.ts';
import { forget, interruptedUploads, remember, type Interrupted } from './interrupted.ts';
import { UploadRun, type UploadRequest } from './upload-run.ts';

let runs: readonly UploadRun[] = [];
/** Of an earlier page: their files must be chosen again, and what has arrived is not sent again. */
let interrupted: readonly Interrupted[] = [];
let version = 0;
const listeners = new Set<() => void>();

function changed(): void {
  version += 1;
  for (const listener of listeners) listener();
}

/** Asks before the page is left while something is on its way. */
function guard(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Starts an upload that goes on while one moves about the console. */
export function startUpload(request: UploadRequest): UploadRun {
  const run = new UploadRun(request, changed);
  runs = [...runs, run];
  for (const one of interrupted) if (one.datasetId === run.datasetId) dismissInterrupted(one);
  window.addEventListener('beforeunload', guard);
  changed();
  void runToEnd(run);
  return run;
}

async function runToEnd(run: UploadRun): Promise<void> {
  const done = remember({ id: run.id, datasetId: run.datasetId, datasetName: run.datasetName });
  await run.start();
  done();
  if (!runs.some((other) => other.active)) window.removeEventListener('beforeunload', guard);
}

/** Starts again what failed of an upload, in its place in the list. */
export function retryUpload(run: UploadRun, ifExists: 'error' | 'replace'): void {
  const files = run.failedFiles();
  dismissUpload(run);
  startUpload({ datasetId: run.datasetId, datasetName: run.datasetName, files: () => files, ifExists });
}

export function dismissUpload(run: UploadRun): void {
  runs = runs.filter((other) => other !== run);
  changed();
}

export function dismissInterrupted({ id }: Interrupted): void {
  forget(id);
  interrupted = interrupted.filter((one) => one.id !== id);
  changed();
}

void interruptedUploads().then((found) => {
  interrupted = found;
  if (found.length > 0) changed();
});

// A session that ends takes what is on its way along.
onForget(() => {
  for (const run of runs) run.stop();
  runs = [];
  changed();
});

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The uploads of this window, oldest first; renders again as they go on. */
export function useUploads(): readonly UploadRun[] {
  useSyncExternalStore(subscribe, () => version);
  return runs;
}

/** Uploads that an earlier page did not end. */
export function useInterrupted(): readonly Interrupted[] {
  useSyncExternalStore(subscribe, () => version);
  return interrupted;
}

/** Whether something is on its way into a dataset. */
export function useUploading(datasetId: string): boolean {
  return useSyncExternalStore(subscribe, () => runs.some((run) => run.datasetId === datasetId && run.active));
}
