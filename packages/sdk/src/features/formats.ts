import { exports, formats, imports, type BodyOf, type DatasetExport, type DatasetImport, type ImportQuery } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, Upload } from '../client.ts';
import { FoveaError, TimeoutError } from '../errors.ts';
import { Feature } from '../feature.ts';
import type { Saved } from '../platform/platform.ts';
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

/** Options of `imports.create`. */
export interface ImportOptions extends ImportQuery, CallOptions {
  /** Told how much of the archive has been sent. */
  onSent?: ((progress: { sentBytes: number; totalBytes: number | undefined }) => void) | undefined;
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

  /** Imports an archive or a file of labels, in the background: a path, Blob, bytes or stream. Imported twice, nothing comes twice. */
  async create(dataset: string, source: UploadSource, options: ImportOptions = {}): Promise<DatasetImport> {
    const { onSent, signal, timeoutMs, maxRetries, ...query } = options;
    const opened = await openSource(source);
    const totalBytes = opened.sizeBytes;
    const body: Upload = { open: (sent) => platform.body(opened, sent), replayable: opened.replayable, onSent: (sentBytes) => onSent?.({ sentBytes, totalBytes }) };
    const name = query.name ?? opened.name?.replace(/^.*\//, '');
    return this.client.run(imports.create, { params: { dataset }, query: { ...query, ...(name === undefined ? {} : { name }) } as never, body, signal, timeoutMs, maxRetries });
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
