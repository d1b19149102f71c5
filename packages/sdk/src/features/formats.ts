import { exports, formats, imports, type BodyOf, type DatasetExport, type DatasetImport } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, QueryInput, Upload } from '../client.ts';
import { FoveaError, TimeoutError } from '../errors.ts';
import { Feature } from '../feature.ts';
import type { Saved } from '../platform/platform.ts';
import { completionTimeoutMs, isSliced, largeBytes, largeCall, sendLarge, type SendProgress, type SlicedSource } from '../transfer/large.ts';
import { openSource, type UploadSource } from '../transfer/source.ts';
import { pause } from '../transport.ts';

/** The export or import that was waited for did not complete. */
export class TransferFailedError<T extends DatasetExport | DatasetImport = DatasetExport | DatasetImport> extends FoveaError {
  override name = 'TransferFailedError';
  readonly work: T;
  constructor(kind: string, work: T) {
    super(`The ${kind} ${work.id} is ${work.status}${work.message === null ? '' : `: ${work.message}`}`);
    this.work = work;
  }
}

/** Options of waiting for an export or import. */
export interface TransferWaitOptions<T> extends CallOptions {
  /** Throws TimeoutError after so long; the work goes on. Default a day. */
  deadlineMs?: number | undefined;
  /** Told whenever something was heard of it. */
  onProgress?: ((work: T) => void) | undefined;
}

/** How to import. */
export interface ImportWishes extends Omit<QueryInput<typeof imports.create>, 'createLabels' | 'dryRun'> {
  /** Adds labels that are not in the dataset's recipe to it; a dataset without one gets one. */
  createLabels?: boolean | 'true' | 'false' | undefined;
  /** Reports what would happen, and changes nothing. */
  dryRun?: boolean | 'true' | 'false' | undefined;
}

/** Options of `imports.create`. */
export interface ImportOptions extends ImportWishes, CallOptions {
  /** Told how much of the archive has been sent. */
  onSent?: ((progress: SendProgress) => void) | undefined;
  /** What a large archive is known again by after a break, e.g. its digest. Default: size and time of the file. */
  fingerprint?: string | undefined;
}

/** Truth values as JSON has them; a query has texts. */
function flags({ createLabels, dryRun }: Pick<ImportWishes, 'createLabels' | 'dryRun'>) {
  const isTrue = (value: unknown) => String(value) === 'true';
  return { ...(createLabels !== undefined && { createLabels: isTrue(createLabels) }), ...(dryRun !== undefined && { dryRun: isTrue(dryRun) }) };
}

/** It is asked for at most once in so long. */
const minAskMs = 300;

async function ended<T extends DatasetExport | DatasetImport>(kind: string, id: string, ask: (waitSeconds: number) => Promise<T>, options: TransferWaitOptions<T>): Promise<T> {
  const { deadlineMs = 86_400_000, onProgress, signal } = options;
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) throw new TimeoutError(`The ${kind} ${id} has not ended within ${deadlineMs / 1_000} seconds.`);
    const askedMs = Date.now();
    const work = await ask(Math.min(Math.ceil(leftMs / 1_000), onProgress ? 1 : 20));
    onProgress?.(work);
    if (work.status === 'complete') return work;
    if (work.status === 'failed' || work.status === 'cancelled') throw new TransferFailedError(kind, work);
    await pause(Math.max(0, minAskMs - (Date.now() - askedMs)), signal);
  }
}

/** Label formats and what each can carry. */
export class Formats extends Feature {
  /** Lists the label formats with what each can carry. */
  readonly list = this.method(formats.list);
}

/** Exports: archives of datasets in label formats, with a report of what was lost. */
export class Exports extends Feature {
  /** Exports a dataset to an archive, in the background; `commands.cancel` with its id stops it. */
  readonly create = this.method(exports.create, 'dataset');
  /** Lists the exports of a dataset, newest first. */
  readonly list = this.listOf(exports.list, 'dataset');
  /** Gets an export; with `{ waitSeconds }` answers when it ends, or after so long. */
  readonly get = this.method(exports.get, 'export');
  /** The archive by its signed link, which needs no key, as a Response. */
  readonly open = this.method(exports.open, 'export');
  /** Everything that the loss report speaks of, a line of JSON each, as a Response. */
  readonly losses = this.method(exports.losses, 'export');

  /** Waits until an export is complete. Throws TransferFailedError, or TimeoutError at the deadline. */
  wait(id: string, options: TransferWaitOptions<DatasetExport> = {}): Promise<DatasetExport> {
    const { deadlineMs: _deadlineMs, onProgress: _onProgress, ...call } = options;
    return ended('export', id, (waitSeconds) => this.get(id, { waitSeconds }, call), options);
  }

  /** Exports a dataset and waits until the archive is there. */
  async createAndWait(dataset: string, request: BodyOf<typeof exports.create>, options: TransferWaitOptions<DatasetExport> = {}): Promise<DatasetExport> {
    const { deadlineMs: _deadlineMs, onProgress: _onProgress, ...call } = options;
    return this.wait((await this.create(dataset, request, call)).id, options);
  }

  /** Downloads the archive to a file: resumes what an earlier download left, verifies the digest, then renames into place. */
  download(made: DatasetExport, options: CallOptions & { to: string; onProgress?: (progress: { receivedBytes: number; totalBytes: number }) => void }): Promise<Saved>;
  /** Downloads the archive of a complete export as a Response. */
  download(id: string, options?: CallOptions): Promise<Response>;
  async download(made: DatasetExport | string, options: CallOptions & { to?: string; onProgress?: (progress: { receivedBytes: number; totalBytes: number }) => void } = {}): Promise<Saved | Response> {
    const { to, onProgress, ...call } = options;
    if (typeof made === 'string' || to === undefined) return this.client.call(exports.download, { params: { export: typeof made === 'string' ? made : made.id }, ...call });
    const { id, sha256, sizeBytes } = made;
    if (sha256 === null || sizeBytes === null) throw new TransferFailedError('export', made);
    return platform.save({
      to,
      sha256,
      sizeBytes,
      url: this.client.url,
      onProgress,
      signal: call.signal,
      ...this.client.patience(call),
      fetchFrom: (offset, signal) => {
        const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-`, 'if-range': `"${sha256}"` } : {};
        return this.client.call(exports.download, { params: { export: id }, ...call, signal, headers });
      },
    });
  }
}

/** Imports: labels, and the media that come with them, out of archives in label formats. */
export class Imports extends Feature {
  /** Lists the imports into a dataset, newest first. */
  readonly list = this.listOf(imports.list, 'dataset');
  /** Gets an import; with `{ waitSeconds }` answers when it ends, or after so long. */
  readonly get = this.method(imports.get, 'import');
  /** Everything that its report speaks of, a line of JSON each, as a Response. */
  readonly losses = this.method(imports.losses, 'import');

  /** Begins the upload of a large archive in parts, or finds one that broke off; `create` uses it by itself. */
  readonly begin = this.method(imports.begin, 'dataset');
  /** Imports an upload whose parts are all there. */
  readonly finish = this.method(imports.finish, 'dataset', 'upload');

  /**
   * Imports an archive or a file of labels, in the background: a path, Blob, bytes or stream. Imported twice, nothing comes twice. From
   * 32 MiB on it is sent in parts: what has arrived is not sent again, by a later call or another program either, as long as the file is
   * not changed.
   */
  async create(dataset: string, source: UploadSource, options: ImportOptions = {}): Promise<DatasetImport> {
    const { onSent, fingerprint, signal, timeoutMs, maxRetries, createLabels, dryRun, idempotencyKey: _once, ifMatch: _none, headers: _no, ...given } = options;
    const opened = await openSource(source);
    const totalBytes = opened.sizeBytes;
    const name = given.name ?? opened.name?.replace(/^.*\//, '');
    const query = { ...given, ...(name !== undefined && { name }), ...flags({ createLabels, dryRun }) };
    const call = { signal, timeoutMs, maxRetries };
    if (isSliced(opened) && opened.sizeBytes >= largeBytes) return this.createLarge(dataset, opened, { ...call, query, onSent, fingerprint: fingerprint ?? opened.fingerprint });
    const body: Upload = { open: (sent) => platform.body(opened, sent), replayable: opened.replayable, onSent: (sentBytes) => onSent?.({ sentBytes, totalBytes, resumedBytes: 0 }) };
    return this.client.run(imports.create, { params: { dataset }, query, body, ...call });
  }

  private async createLarge(dataset: string, source: SlicedSource, given: Pick<ImportOptions, 'onSent' | 'fingerprint' | 'signal' | 'timeoutMs' | 'maxRetries'> & { query: QueryInput<typeof imports.create> }): Promise<DatasetImport> {
    const { onSent, fingerprint, query } = given;
    const { sizeBytes } = source;
    const call = largeCall(this.client, given);
    return sendLarge<DatasetImport>(this.client, dataset, source, {
      begin: (via) => this.client.run(imports.begin, { params: { dataset }, body: { ...query, sizeBytes, fingerprint, via }, ...call }),
      complete: (upload, sha256) => this.client.run(imports.finish, { params: { dataset, upload }, body: { sha256 }, ...call, timeoutMs: completionTimeoutMs(call, sizeBytes) }),
      call,
      onSent,
    });
  }

  /** Waits until an import is complete. Throws TransferFailedError, or TimeoutError at the deadline. */
  wait(id: string, options: TransferWaitOptions<DatasetImport> = {}): Promise<DatasetImport> {
    const { deadlineMs: _deadlineMs, onProgress: _onProgress, ...call } = options;
    return ended('import', id, (waitSeconds) => this.get(id, { waitSeconds }, call), options);
  }

  /** Imports and waits until it is done. */
  async createAndWait(dataset: string, source: UploadSource, options: ImportOptions & TransferWaitOptions<DatasetImport> = {}): Promise<DatasetImport> {
    const { deadlineMs, onProgress, ...rest } = options;
    const made = await this.create(dataset, source, rest);
    return this.wait(made.id, { deadlineMs, onProgress, signal: rest.signal });
  }
}
