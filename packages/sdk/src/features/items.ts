import { datasets, deidentification, items, transfers, type BodyOf, type conflictRules, type Command, type Item, type itemStatuses, type UploadResult } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, Upload } from '../client.ts';
import { AbortedError } from '../errors.ts';
import { Feature } from '../feature.ts';
import { linesOf } from '../lines.ts';
import type { Saved } from '../platform/platform.ts';
import { sendArchive, type ArchiveOptions, type ArchiveWishes } from '../transfer/archive.ts';
import { cleaner, cleanFiles, type CleanedFile, type DeidentifySettings } from '../transfer/deidentify.ts';
import { completionTimeoutMs, isSliced, largeBytes, largeCall, sendLarge, type SlicedSource } from '../transfer/large.ts';
import { openSource, type FolderOptions, type UploadFile, type UploadSource } from '../transfer/source.ts';
import { uploadMany, type UploadManyProgress, type UploadManyResult } from '../transfer/upload-many.ts';

/** What an upload may say about its items. */
export interface UploadFacets {
  /** What happens when the path is taken by other bytes: `error` (default), `skip` keeps the old, `replace` takes the new. */
  ifExists?: (typeof conflictRules)[number] | undefined;
  channel?: string | undefined;
  labels?: readonly string[] | undefined;
  /** Default `inbox`. */
  status?: (typeof itemStatuses)[number] | undefined;
  /** When the items end: a time, or so many days from now as `30d`. */
  expiresAt?: string | Date | undefined;
  /**
   * Take out of DICOM and NIfTI files what tells who they are of (PS3.15 annex E): `true`, or the options of the profile. Done here,
   * before anything leaves this machine, unless `where` is `server`. Paths are made of pseudonyms then. Other files are not sent.
   */
  deidentify?: boolean | DeidentifySettings | undefined;
  /** Told of each file that was de-identified here, and what was done to it, before it is sent. */
  onCleaned?: ((file: CleanedFile) => void) | undefined;
}

type TransferOptions = Pick<CallOptions, 'signal' | 'timeoutMs' | 'maxRetries'>;

/** Options of `items.upload`. */
export interface UploadOptions extends UploadFacets, TransferOptions {
  /** Where it goes in the dataset. Default: the name of the file. */
  path?: string | undefined;
  /** The digest that the bytes must have, in hexadecimal digits. */
  sha256?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  onProgress?: ((progress: { sentBytes: number; totalBytes: number | undefined }) => void) | undefined;
}

/** Options of `items.uploadMany`. */
export interface UploadManyOptions extends UploadFacets, TransferOptions, FolderOptions {
  /** A folder of the dataset to put everything into. Default: its root. */
  into?: string | undefined;
  /** How many requests run at once. Default 4. */
  concurrency?: number | undefined;
  /** `stop` (default): the first failure ends the upload with UploadManyError. `collect`: the failures are in the result. */
  onError?: 'stop' | 'collect' | undefined;
  onProgress?: ((progress: UploadManyProgress) => void) | undefined;
  /** Told of each item that is stored. */
  onItem?: ((item: Item, outcome: UploadResult['outcome']) => void) | undefined;
}

/** Options of `items.download`. */
export interface DownloadOptions extends TransferOptions {
  /** A part of the file, e.g. `bytes=0-1023`. */
  range?: string | undefined;
}

/** Options of `items.download` to a file. */
export interface SaveOptions extends TransferOptions {
  /** The path of the file to write, in Node. */
  to: string;
  onProgress?: ((progress: { receivedBytes: number; totalBytes: number }) => void) | undefined;
}

/** Items: one file each, with what is known and said about it. */
export class Items extends Feature {
  /** Fetches files by URL, in the background; answers the command to watch. */
  readonly importUrls = this.method(items.importUrls, 'dataset');
  /**
   * Unpacks a ZIP or TAR archive, in the background: `importArchive(dataset, 'photos.zip', { folder: '/2026' })`; answers the command to
   * watch. From 32 MiB on it is sent in parts: what has arrived is not sent again, by a later call or another program either, as long as
   * the file is not changed.
   */
  importArchive(dataset: string, source: UploadSource, query: ArchiveWishes = {}, options: ArchiveOptions = {}): Promise<Command> {
    return sendArchive(this.client, dataset, source, query, options);
  }
  /** Lists the items of a dataset by path; the query takes the filters. */
  readonly list = this.listOf(items.list, 'dataset');
  /** Finds items by the query language: `{ filter, sort, fields }`. */
  readonly query = this.listOf(items.query, 'dataset');
  /** All items that a filter finds, one after another in constant memory: `{ filter, sort, fields }`. In no order without `sort`, which is the fastest. */
  async *stream(dataset: string, query: BodyOf<typeof items.stream> = {}, options: CallOptions = {}): AsyncGenerator<Partial<Item>> {
    const answer = await this.client.run(items.stream, { ...options, params: { dataset }, body: query });
    yield* linesOf<Partial<Item>>(answer.body);
  }
  /** Counts the items that a filter finds. */
  readonly count = this.method(items.count, 'dataset');
  /** Changes every item that a filter finds, in the background; answers the command to watch. */
  readonly updateMany = this.method(items.updateMany, 'dataset');
  /** Deletes every item that a filter finds, in the background; they can be restored for 30 days. */
  readonly deleteMany = this.method(items.deleteMany, 'dataset');
  /** Cursors of `query` at every so many items, to begin anywhere in a long list. */
  readonly landmarks = this.method(items.landmarks, 'dataset');
  /** Lists what items can be filtered by, with the keys of metadata that are in use. */
  readonly fields = this.method(items.fields, 'dataset');
  /** Lists values that a field has, the most frequent first. */
  readonly values = this.method(items.values, 'dataset');
  /** Lists the folders directly in a folder, by name. */
  readonly folders = this.listOf(items.folders, 'dataset');
  /** Renames or moves a folder with everything in it. */
  readonly moveFolder = this.method(items.moveFolder, 'dataset');
  /** Gets an item. */
  readonly get = this.method(items.get, 'item');
  /** Changes an item: where it lies, and what is said about it. */
  readonly update = this.method(items.update, 'item');
  /** Deletes an item; it can be restored for 30 days. */
  readonly delete = this.method(items.delete, 'item');
  /** Brings a deleted item back. */
  readonly restore = this.method(items.restore, 'item');
  /** Lists the frames of a video in the order in which they are shown: times, places in the stream, key frames. */
  readonly frameIndex = this.method(items.frameIndex, 'item');
  /** A small picture of the item (WebP) as a Response. */
  readonly thumbnail = this.method(items.thumbnail, 'item');

  /**
   * Uploads one file. The same bytes at the same path change nothing and answer `existing`, so an upload can be repeated safely. A path or
   * Blob is read again when the connection fails; a stream cannot be. From 32 MiB on it goes in parts, straight to the platform's store
   * where that can be reached: what has arrived is not sent again, by a later call or another program either, as long as the file is not
   * changed. Throws SourceError when the source cannot be read.
   */
  async upload(dataset: string, source: UploadSource, options: UploadOptions = {}): Promise<UploadResult> {
    const { path, onProgress, signal, timeoutMs, maxRetries, deidentify, onCleaned, ...query } = options;
    const settings = await this.settingsOf(dataset, deidentify);
    if (settings && settings.where !== 'server') {
      const { bytes, cleaned } = await (await cleaner(settings))(path ?? (await openSource(source)).name ?? 'file', source);
      const { sha256: _original, ...rest } = options;
      onCleaned?.(cleaned);
      return this.upload(dataset, bytes, { ...rest, path: cleaned.path, deidentify: false });
    }
    const opened = await openSource(source);
    const place = path ?? opened.name;
    if (place === undefined) throw new TypeError('A source without a name needs a path: upload(dataset, source, { path }).');
    const totalBytes = opened.sizeBytes;
    if (!settings && isSliced(opened) && opened.sizeBytes >= largeBytes) return this.uploadLarge(dataset, opened, place, options);
    const onSent = (sentBytes: number) => onProgress?.({ sentBytes, totalBytes });
    const body: Upload = { open: (sent) => platform.body(opened, sent), replayable: opened.replayable, onSent };
    const result = await this.client.run(items.upload, { params: { dataset }, query: { ...query, path: place, ...serverSide(settings) }, body, signal, timeoutMs, maxRetries });
    onProgress?.({ sentBytes: result.item.sizeBytes, totalBytes: result.item.sizeBytes });
    return result;
  }

  private async uploadLarge(dataset: string, source: SlicedSource, path: string, options: UploadOptions): Promise<UploadResult> {
    const { onProgress, signal, timeoutMs, maxRetries, deidentify: _no, onCleaned: _none, path: _path, expiresAt, labels, ...facets } = options;
    const { sizeBytes, fingerprint } = source;
    const call = largeCall(this.client, { signal, timeoutMs, maxRetries });
    const ends = expiresAt instanceof Date ? expiresAt.toISOString() : expiresAt;
    const body = { ...facets, path, sizeBytes, fingerprint, labels: labels && [...labels], expiresAt: ends };
    const result = await sendLarge(this.client, dataset, source, {
      begin: (via) => this.client.run(transfers.begin, { params: { dataset }, body: { ...body, via }, ...call }),
      complete: (upload, sha256) => this.client.run(transfers.complete, { params: { dataset, upload }, body: { sha256: options.sha256 ?? sha256 }, ...call, timeoutMs: completionTimeoutMs(call, sizeBytes) }),
      call,
      onSent: ({ sentBytes }) => onProgress?.({ sentBytes, totalBytes: sizeBytes }),
    });
    onProgress?.({ sentBytes: sizeBytes, totalBytes: sizeBytes });
    return result;
  }

  /**
   * Uploads many files: a sequence of `{ path, file }`, or in Node the path of a folder, whose tree is kept. Files below 1 MiB travel in
   * bundles. With `onError: 'stop'` (the default) the first failure ends it with UploadManyError, with `collect` failures are in the
   * result; what concerns all files (a refused key, an unknown dataset, a full disk) ends it either way. It is over when it settles:
   * nothing runs on in the background.
   */
  async uploadMany(dataset: string, source: string | Iterable<UploadFile> | AsyncIterable<UploadFile>, options: UploadManyOptions = {}): Promise<UploadManyResult> {
    const { concurrency = 4, onError = 'stop', onProgress, onItem, onCleaned, hidden, into = '', signal, timeoutMs, maxRetries, deidentify, ...facets } = options;
    const call = { signal, timeoutMs, maxRetries };
    const given = typeof source === 'string' ? await filesOf(source, { hidden }) : source;
    const settings = await this.settingsOf(dataset, deidentify);
    const isHere = settings !== undefined && settings.where !== 'server';
    const clean = isHere ? cleanFiles(given, await cleaner(settings), { onCleaned }) : given;
    const files = into === '' ? clean : placed(clean, into);
    const query = { ...facets, ...serverSide(settings) };
    return uploadMany(
      files,
      {
        bundle: async ({ content, type }) => {
          const body: Upload = { open: () => ({ content: content as BodyInit, headers: { 'content-type': type } }) };
          const { results } = await this.client.run(items.uploadMany, { params: { dataset }, query, body, ...call });
          return results;
        },
        single: (path, file, onSent) => this.upload(dataset, file, { ...facets, ...call, deidentify: isHere ? false : settings, path, onProgress: ({ sentBytes }) => onSent(sentBytes) }),
      },
      { concurrency, onError, onProgress, onItem, signal },
    );
  }

  /** The settings with the project's key, where the files are to be de-identified here; undefined when they are not at all. */
  private async settingsOf(dataset: string, deidentify: UploadFacets['deidentify']): Promise<DeidentifySettings | undefined> {
    if (deidentify === undefined || deidentify === false) return undefined;
    const settings = deidentify === true ? {} : deidentify;
    if (settings.where === 'server' || settings.key !== undefined) return settings;
    const { projectId } = await this.client.run(datasets.get, { params: { dataset } });
    const { key } = await this.client.run(deidentification.key, { params: { project: projectId } });
    return { ...settings, key };
  }

  /** Downloads to a file: resumes what an earlier download left, verifies the digest (IntegrityError), then renames into place. */
  download(item: string | Pick<Item, 'id' | 'sha256' | 'sizeBytes'>, options: SaveOptions): Promise<Saved>;
  /** Downloads an item as a Response, to be read as a stream or whole. */
  download(item: string | Pick<Item, 'id' | 'sha256' | 'sizeBytes'>, options?: DownloadOptions): Promise<Response>;
  async download(item: string | Pick<Item, 'id' | 'sha256' | 'sizeBytes'>, options: SaveOptions | DownloadOptions = {}): Promise<Saved | Response> {
    const { signal, timeoutMs, maxRetries } = options;
    const call = { signal, timeoutMs, maxRetries };
    if (!('to' in options)) {
      const id = typeof item === 'string' ? item : item.id;
      return this.client.call(items.download, { params: { item: id }, ...call, ...(options.range === undefined ? {} : { headers: { range: options.range } }) });
    }
    const { id, sha256, sizeBytes } = typeof item === 'string' ? await this.get(item, call) : item;
    const fromStore = sizeBytes >= largeBytes ? await this.fromStore(id, call) : undefined;
    return platform.save({
      to: options.to,
      sha256,
      sizeBytes,
      url: this.client.url,
      onProgress: options.onProgress,
      signal,
      ...this.client.patience(call),
      fetchFrom: async (offset, attemptSignal) => {
        const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-`, 'if-range': `"${sha256}"` } : {};
        const direct = await fromStore?.(offset, attemptSignal);
        return direct ?? this.client.call(items.download, { params: { item: id }, ...call, signal: attemptSignal, headers });
      },
    });
  }

  /** Reads an item from the platform's store itself, where clients can reach that; the first failure sends the rest through the platform. */
  private async fromStore(item: string, call: TransferOptions): Promise<((offset: number, signal: AbortSignal) => Promise<Response | undefined>) | undefined> {
    const link = await this.client.run(transfers.link, { params: { item }, ...call });
    let open = link.direct;
    return async (offset, signal) => {
      if (!open) return undefined;
      try {
        return await this.client.open(link.url, { ...call, signal, maxRetries: 0, headers: offset > 0 ? { range: `bytes=${offset}-` } : {} });
      } catch (error) {
        if (error instanceof AbortedError) throw error;
        open = false;
        return undefined;
      }
    };
  }
}

/** What the platform is asked to do, as it stands in a query. */
function serverSide(settings: DeidentifySettings | undefined): { deidentify?: string } {
  if (settings?.where !== 'server') return {};
  const { where: _where, key: _key, ...options } = settings;
  return { deidentify: JSON.stringify(options) };
}

async function filesOf(path: string, options: FolderOptions): Promise<Iterable<UploadFile> | AsyncIterable<UploadFile>> {
  if (await platform.isFolder(path)) return platform.filesIn(path, options);
  const { name = path, sizeBytes } = await openSource(path);
  return [{ path: name, file: path, sizeBytes }];
}

function placed(files: Iterable<UploadFile> | AsyncIterable<UploadFile>, folder: string): Iterable<UploadFile> | AsyncIterable<UploadFile> {
  const start = `/${folder}`.replace(/\/+/g, '/').replace(/\/$/, '');
  const move = (file: UploadFile): UploadFile => ({ ...file, path: `${start}/${file.path.replace(/^\//, '')}` });
  if (Array.isArray(files)) return files.map(move);
  return (async function* () {
    for await (const file of files) yield move(file);
  })();
}
