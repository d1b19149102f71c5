import { pathFault, type FieldError, type Item, type items, type ResultOf, type UploadResult } from '@fovea/contract';
import { platform } from '#platform';
import { AbortedError, ApiError, FoveaError } from '../errors.ts';
import { bundleBody, type BundledFile } from './bundle.ts';
import { readWhole, type UploadFile, type UploadSource } from './source.ts';
import { Units, type OpenFile, type Unit } from './units.ts';

/** How far an upload of many files is. */
export interface UploadManyProgress {
  /** Files that are done, whether they went well or not. */
  files: number;
  failed: number;
  /** Bytes of the files that are done, and of those on their way what has been sent. */
  bytes: number;
  /** How many files there are in all, when the source was a list. */
  totalFiles: number | undefined;
}

/** A file that was not stored, and why. */
export interface UploadFailure {
  path: string;
  message: string;
  error: unknown;
}

/** What became of an upload of many files. */
export interface UploadManyResult {
  created: number;
  /** The same bytes were there, or others and `ifExists` was `skip`. */
  existing: number;
  replaced: number;
  failed: number;
  /** Bytes of the files that are stored. */
  bytes: number;
  failures: UploadFailure[];
}

/** At least one file of many was not stored; `result` tells what became of all that were tried. */
export class UploadManyError extends FoveaError {
  override name = 'UploadManyError';
  readonly result: UploadManyResult;

  constructor(result: UploadManyResult, cause: unknown) {
    const [first] = result.failures;
    const more = result.failed > 1 ? ` and ${result.failed - 1} more` : '';
    super(`${first ? `"${first.path}"${more} could not be uploaded: ${first.message}` : 'The upload failed.'}`, { cause });
    this.result = result;
  }
}

type BundleResults = ResultOf<typeof items.uploadMany>['results'];

/** The two requests that an upload of many is made of. */
export interface UploadRequests {
  bundle(body: { content: Uint8Array; type: string }): Promise<BundleResults>;
  single(path: string, source: UploadSource, onSent: (bytes: number) => void): Promise<UploadResult>;
}

/** How an upload of many goes on when a file fails, and who is told. */
export interface UploadManySettings {
  concurrency: number;
  onError: 'stop' | 'collect';
  onProgress: ((progress: UploadManyProgress) => void) | undefined;
  onItem: ((item: Item, outcome: UploadResult['outcome']) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** Uploads everything that the source gives; resolves or rejects when every worker is done. */
export async function uploadMany(source: Iterable<UploadFile> | AsyncIterable<UploadFile>, requests: UploadRequests, settings: UploadManySettings): Promise<UploadManyResult> {
  const run = new UploadRun(source, requests, settings);
  await Promise.all(Array.from({ length: Math.max(1, settings.concurrency) }, () => run.work()));
  return run.finish();
}

class UploadRun {
  private readonly result: UploadManyResult = { created: 0, existing: 0, replaced: 0, failed: 0, bytes: 0, failures: [] };
  private readonly units: Units;
  private readonly requests: UploadRequests;
  private readonly settings: UploadManySettings;
  private readonly totalFiles: number | undefined;
  /** Bytes sent of files that are on their way. */
  private readonly underway = new Map<OpenFile, number>();
  private stopped = false;
  /** What ends the whole upload: the source broke, the key is refused, the caller aborted. */
  private fatal: { error: unknown } | undefined;

  constructor(source: Iterable<UploadFile> | AsyncIterable<UploadFile>, requests: UploadRequests, settings: UploadManySettings) {
    this.units = new Units(source, { maxWaiting: settings.concurrency, refuse: (path, error) => this.fail(path, error) });
    this.requests = requests;
    this.settings = settings;
    this.totalFiles = Array.isArray(source) ? source.length : undefined;
  }

  /** Sends one unit after the other; never rejects. */
  async work(): Promise<void> {
    try {
      while (!this.stopped && this.settings.signal?.aborted !== true) {
        const unit = await this.units.next();
        if (!unit) return;
        await this.send(unit);
      }
    } catch (error) {
      this.fatal ??= { error };
      this.stopped = true;
    }
  }

  async finish(): Promise<UploadManyResult> {
    await this.units.end();
    const { signal } = this.settings;
    if (signal?.aborted) throw new AbortedError('The upload was aborted.', { cause: signal.reason });
    if (this.fatal) throw this.fatal.error;
    if (this.result.failed > 0 && this.settings.onError === 'stop') throw new UploadManyError(this.result, this.result.failures[0]?.error);
    return this.result;
  }

  private async send(unit: Unit): Promise<void> {
    const files = unit.kind === 'bundle' ? unit.files : [unit.file];
    const good = files.filter((file) => this.passes(file));
    if (good.length === 0) return;
    try {
      await (unit.kind === 'bundle' ? this.sendBundle(good) : this.sendSingle(unit.file));
    } catch (error) {
      if (concernsAll(error)) throw error;
      for (const file of good) this.fail(file.path, error, file);
    }
  }

  private async sendBundle(files: readonly OpenFile[]): Promise<void> {
    const read = await this.readAll(files);
    if (read.length === 0 || this.stopped) return;
    const results = await this.requests.bundle(bundleBody(read));
    for (const [index, { path, bytes }] of read.entries()) {
      const result = results[index];
      if (result?.item && result.outcome !== 'failed') this.store(result.item, result.outcome, bytes.byteLength);
      else this.fail(path, failureOf(result?.error));
    }
  }

  /** Those of the files that can be read. */
  private async readAll(files: readonly OpenFile[]): Promise<BundledFile[]> {
    const paths = files.flatMap(({ given, sizeBytes }) => (typeof given === 'string' ? { path: given, sizeBytes: sizeBytes ?? 0 } : []));
    const fromDisk = paths.length === 0 ? [] : await platform.readSmall(paths);
    const read: BundledFile[] = [];
    let next = 0;
    for (const { path, given, open } of files) {
      const bytes = typeof given === 'string' ? fromDisk[next++] : await open().then(readWhole).catch((error: unknown) => asError(error));
      if (bytes instanceof Uint8Array) read.push({ path, bytes });
      else this.fail(path, bytes);
    }
    return read;
  }

  private async sendSingle(file: OpenFile): Promise<void> {
    const sent = (bytes: number) => {
      this.underway.set(file, bytes);
      this.tell();
    };
    const { item, outcome } = await this.requests.single(file.path, file.given, sent);
    this.underway.delete(file);
    this.store(item, outcome, item.sizeBytes);
  }

  /** A path that the platform would refuse fails here, without a request. */
  private passes(file: OpenFile): boolean {
    const fault = pathFault(file.path);
    if (fault !== undefined) this.fail(file.path, new FoveaError(`The path ${fault}.`));
    return fault === undefined;
  }

  private store(item: Item, outcome: UploadResult['outcome'], bytes: number): void {
    this.result[outcome] += 1;
    this.result.bytes += bytes;
    this.settings.onItem?.(item, outcome);
    this.tell();
  }

  private fail(path: string, error: unknown, file?: OpenFile): void {
    if (file) this.underway.delete(file);
    this.result.failed += 1;
    this.result.failures.push({ path, message: error instanceof Error ? error.message : String(error), error });
    if (this.settings.onError === 'stop') this.stopped = true;
    this.tell();
  }

  private tell(): void {
    const { created, existing, replaced, failed, bytes } = this.result;
    const underway = [...this.underway.values()].reduce((sum, sent) => sum + sent, 0);
    this.settings.onProgress?.({ files: created + existing + replaced + failed, failed, bytes: bytes + underway, totalFiles: this.totalFiles });
  }
}

/** Errors that every further request would meet too: they end the upload whatever `onError` says. */
function concernsAll(error: unknown): boolean {
  if (error instanceof AbortedError) return true;
  return error instanceof ApiError && ['unauthenticated', 'forbidden', 'csrf', 'not_found', 'disk_full', 'quota_exceeded'].includes(error.code);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function failureOf(error: FieldError | undefined): FoveaError {
  return new FoveaError(error?.message ?? 'The server did not say what became of it.');
}
