import type { UploadFailure } from '@fovea/sdk';
import { fovea } from '../api/client.ts';
import { refreshDatasets } from '../api/datasets.ts';
import { explain } from '../api/errors.ts';
import { noticeSession } from '../api/query-client.ts';
import type { Picked } from './collect.ts';

export type UploadPhase = 'collecting' | 'running' | 'done' | 'stopped' | 'failed';

/** How an upload stands, to be shown. */
export interface UploadState {
  phase: UploadPhase;
  totalFiles: number;
  totalBytes: number;
  doneFiles: number;
  sentBytes: number;
  created: number;
  existing: number;
  failures: readonly UploadFailure[];
  /** Why the whole upload ended, when it did. */
  fault: string | undefined;
  /** Mean of the last seconds; undefined until there is one. */
  bytesPerSecond: number | undefined;
}

export interface UploadRequest {
  datasetId: string;
  datasetName: string;
  files: (fault: (path: string, error: unknown) => void) => AsyncIterable<Picked> | Iterable<Picked>;
  ifExists?: 'error' | 'replace';
}

const rateWindowMs = 6_000;
const publishMs = 120;
const refreshMs = 2_500;
const concurrency = 4;
/** A line that is gone for some minutes is waited for. */
const maxRetries = 40;

/** One drop of files on its way: collects them, sends them, tells how it goes. */
export class UploadRun {
  readonly id: string = crypto.randomUUID();
  readonly datasetId: string;
  readonly datasetName: string;
  state: UploadState = { phase: 'collecting', totalFiles: 0, totalBytes: 0, doneFiles: 0, sentBytes: 0, created: 0, existing: 0, failures: [], fault: undefined, bytesPerSecond: undefined };
  readonly #request: UploadRequest;
  readonly #changed: () => void;
  readonly #controller = new AbortController();
  readonly #samples: { atMs: number; bytes: number }[] = [];
  readonly #picked = new Map<string, File>();
  #publishing: ReturnType<typeof setTimeout> | undefined;
  #refreshedMs = 0;

  constructor(request: UploadRequest, changed: () => void) {
    this.#request = request;
    this.#changed = changed;
    this.datasetId = request.datasetId;
    this.datasetName = request.datasetName;
  }

  get active(): boolean {
    return this.state.phase === 'collecting' || this.state.phase === 'running';
  }

  /** Runs to the end; never rejects. */
  async start(): Promise<void> {
    try {
      const files = await this.#collect();
      this.#set({ phase: 'running' });
      await this.#send(files);
      this.#finish('done');
    } catch (error) {
      noticeSession(error);
      if (this.#controller.signal.aborted) this.#finish('stopped');
      else this.#finish('failed', explain(error));
    }
  }

  stop(): void {
    this.#controller.abort();
  }

  /** The files that failed, to be tried again. */
  failedFiles(): Picked[] {
    return this.state.failures.flatMap(({ path }) => {
      const file = this.#picked.get(path);
      return file ? [{ path, file }] : [];
    });
  }

  async #collect(): Promise<Picked[]> {
    const files: Picked[] = [];
    let totalBytes = 0;
    const fault = (path: string, error: unknown) => this.#set({ failures: [...this.state.failures, { path, message: explain(error), error }] });
    for await (const picked of this.#request.files(fault)) {
      this.#controller.signal.throwIfAborted();
      files.push(picked);
      this.#picked.set(picked.path, picked.file);
      totalBytes += picked.file.size;
      this.#set({ totalFiles: files.length, totalBytes });
    }
    return files;
  }

  async #send(files: readonly Picked[]): Promise<void> {
    if (files.length === 0) return;
    const unreadable = this.state.failures;
    const result = await fovea.items.uploadMany(
      this.datasetId,
      files.map(({ path, file }) => ({ path, file, sizeBytes: file.size })),
      {
        concurrency,
        maxRetries,
        onError: 'collect',
        signal: this.#controller.signal,
        ifExists: this.#request.ifExists ?? 'error',
        onProgress: ({ files: doneFiles, bytes }) => {
          this.#measure(bytes);
          this.#set({ doneFiles, sentBytes: bytes });
        },
        onItem: () => this.#refresh(),
      },
    );
    this.#set({ created: result.created + result.replaced, existing: result.existing, failures: [...unreadable, ...result.failures] });
  }

  #finish(phase: UploadPhase, fault?: string): void {
    this.#set({ phase, fault, bytesPerSecond: undefined });
    // What went well needs its files no more.
    const failed = new Set(this.state.failures.map(({ path }) => path));
    for (const path of this.#picked.keys()) if (!failed.has(path)) this.#picked.delete(path);
    void refreshDatasets();
  }

  #measure(bytes: number): void {
    const nowMs = performance.now();
    this.#samples.push({ atMs: nowMs, bytes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[0]?.atMs ?? nowMs) > rateWindowMs) this.#samples.shift();
    const [first] = this.#samples;
    if (first && nowMs - first.atMs > 500) this.state = { ...this.state, bytesPerSecond: Math.max(0, ((bytes - first.bytes) * 1000) / (nowMs - first.atMs)) };
  }

  /** The counts of the dataset, now and then. */
  #refresh(): void {
    const nowMs = performance.now();
    if (nowMs - this.#refreshedMs < refreshMs) return;
    this.#refreshedMs = nowMs;
    void refreshDatasets();
  }

  #set(change: Partial<UploadState>): void {
    const turned = change.phase !== undefined && change.phase !== this.state.phase;
    this.state = { ...this.state, ...change };
    // Thousands of files a second change it: the page hears of it a few times a second, and at once when it ends.
    if (turned) {
      clearTimeout(this.#publishing);
      this.#publishing = undefined;
      this.#changed();
    } else {
      this.#publishing ??= setTimeout(() => {
        this.#publishing = undefined;
        this.#changed();
      }, publishMs);
    }
  }
}
