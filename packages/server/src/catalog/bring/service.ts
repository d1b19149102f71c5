import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Command, items as operations, Parsed } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import { OutboundError, type Outbound } from '../../engines/outbound/outbound.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { openFiles } from '../../media/archives/open.ts';
import type { OpenedFiles } from '../../media/archives/source.ts';
import { recordBlobs } from '../blobs/store.ts';
import type { CommandRun, CommandsService } from '../commands/service.ts';
import type { DatasetAccess } from '../datasets/access.ts';
import { authorizeDataset } from '../datasets/access.ts';
import { blobFault, type BundleFile, type ItemsService } from '../items/service.ts';

type UrlsBody = Parsed<typeof operations.importUrls>['body'];
type ArchiveQuery = Parsed<typeof operations.importArchive>['query'];
export type BringService = ReturnType<typeof bringService>;

const kinds = { urls: 'items.import-urls', archive: 'items.import-archive' } as const;
const urlsAtOnce = 4;
const maxListed = 1_000;
const bundle = { files: 200, bytes: 32 * 1024 * 1024, fileBytes: 4 * 1024 * 1024 };

interface Tally {
  created: number;
  existing: number;
  replaced: number;
  failedCount: number;
  /** The first thousand. */
  failed: { source: string; message: string }[];
}

/** Brings files into a dataset that are not uploaded one by one: by URL, or packed in an archive. */
export function bringService(deps: { db: Database; blobs: BlobStore; outbound: Outbound; commands: CommandsService; items: ItemsService; limits: { maxUploadBytes: number } }) {
  const { db, blobs, commands, items, limits } = deps;
  commands.handle(kinds.urls, (run) => importUrls(deps, run));
  commands.handle(kinds.archive, (run) => importArchive(deps, run));

  return {
    async urls(caller: Caller, datasetId: string, body: UrlsBody): Promise<Command> {
      const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      return db.tx((tx) => commands.start(tx, caller, { kind: kinds.urls, projectId, subjectId: datasetId, input: { datasetId, ...body } }));
    },

    /** Stores the archive, then has it unpacked. */
    async archive(caller: Caller, datasetId: string, query: ArchiveQuery, source: Readable): Promise<Command> {
      const { projectId } = await items.authorizeUpload(caller, datasetId);
      const blob = await blobs.put(source, { maxBytes: limits.maxUploadBytes }).catch(blobFault);
      return db.tx(async (tx) => {
        await recordBlobs(tx, [blob]);
        return commands.start(tx, caller, { kind: kinds.archive, projectId, subjectId: datasetId, input: { datasetId, sha256: blob.sha256, size: blob.size, ...query } });
      });
    },
  };
}

type Deps = Parameters<typeof bringService>[0];

function tallyOf(state: CommandRun['state']): Tally & { next: number } {
  return { created: 0, existing: 0, replaced: 0, failedCount: 0, failed: [], next: 0, ...(state as Partial<Tally & { next: number }> | null) };
}

function fail(tally: Tally, source: string, message: string): void {
  tally.failedCount += 1;
  if (tally.failed.length < maxListed) tally.failed.push({ source, message });
}

async function importUrls(deps: Deps, { command, caller, state, signal, advance }: CommandRun): Promise<Record<string, unknown>> {
  const { datasetId, urls, ...wishes } = command.input as unknown as UrlsBody & { datasetId: string };
  const { next: start, ...tally } = tallyOf(state);
  const dataset = await deps.items.authorizeUpload(caller, datasetId);
  for (let next = start; next < urls.length; next += urlsAtOnce) {
    await Promise.all(urls.slice(next, next + urlsAtOnce).map((one) => importUrl(deps, caller, dataset, one, wishes, tally, signal)));
    const done = Math.min(next + urlsAtOnce, urls.length);
    await advance({ done, total: urls.length, state: { ...tally, next: done } });
  }
  return { ...tally };
}

async function importUrl(
  { outbound, items }: Deps,
  caller: Caller,
  dataset: DatasetAccess,
  { url, path, metadata }: UrlsBody['urls'][number],
  wishes: Omit<UrlsBody, 'urls'>,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const { folder, ifExists: rule, mediaTypes, maxBytes, ...facets } = wishes;
  try {
    const answer = await outbound.request({ url, timeoutMs: 30_000, maxRedirects: 5, signal });
    if (answer.status < 200 || answer.status > 299) {
      answer.body.destroy();
      throw new Fault('not_available', `The address answered ${answer.status}.`);
    }
    const place = path ?? `${folder ?? ''}/${nameOf(url)}`;
    const { outcome } = await items.upload(caller, dataset, { ...facets, rule, path: place, metadata, maxBytes, ...(mediaTypes ? { mediaTypes } : {}) }, answer.body);
    tally[outcome] += 1;
  } catch (error) {
    // A worker that stops gives the whole group to the next one; what was stored by then is found to exist.
    if (signal.aborted) throw error;
    if (!(error instanceof Fault) && !(error instanceof OutboundError) && !isBroken(error)) throw error;
    fail(tally, withoutQuery(url), error instanceof Fault || error instanceof OutboundError ? error.message : 'The connection broke off.');
  }
}

const isBroken = (error: unknown): boolean => ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_SOCKET', 'UND_ERR_BODY_TIMEOUT'].includes(String((error as { code?: unknown }).code));

/** Queries of URLs carry signatures. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** The file name in a URL. */
function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').filter((part) => part !== '').at(-1) ?? 'file';
  try {
    return decodeURIComponent(last).replace(/[\u0000-\u001f\u007f/\\]/g, '_').replace(/^\.{1,2}$/, '_') || 'file';
  } catch {
    return last;
  }
}

async function importArchive(deps: Deps, { command, caller, state, signal, advance }: CommandRun): Promise<Record<string, unknown>> {
  const { datasetId, sha256, size, folder, ifExists, channel, labels, status, expiresAt } = command.input as unknown as ArchiveQuery & { datasetId: string; sha256: string; size: number };
  const { next: start, ...tally } = tallyOf(state);
  const dataset = await deps.items.authorizeUpload(caller, datasetId);
  const scratch = await mkdtemp(join(tmpdir(), 'fovea-archive-'));
  const local = await deps.blobs.localPath(sha256);
  try {
    const files = await openFiles({ path: local.path, name: 'file', bytes: size, folder: scratch }).catch((error: unknown) => {
      throw (error as Error).name === 'ArchiveError' ? new Fault('invalid_request', (error as Error).message) : error;
    });
    try {
      if (start === 0) for (const note of files.notes) fail(tally, note.path, note.how);
      const facets = { rule: ifExists, channel, labels, status, expiresAt };
      await unpackInto(deps.items, caller, dataset, files, { folder: folder ?? '', facets, start, tally, signal, advance });
    } finally {
      await files.close();
    }
    // The archive itself is no longer needed; without its digest it is swept.
    await deps.db.run(sql`update commands set input = input - 'sha256' where id = ${command.id}`);
    return { ...tally };
  } finally {
    await local.release();
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Unpacking {
  folder: string;
  facets: Omit<Parameters<ItemsService['uploadMany']>[3], 'metadata'>;
  start: number;
  tally: Tally;
  signal: AbortSignal;
  advance: CommandRun['advance'];
}

/** Uploads the files of an archive in their order: small ones in bundles, large ones as streams. */
async function unpackInto(items: ItemsService, caller: Caller, dataset: DatasetAccess, files: OpenedFiles, given: Unpacking): Promise<void> {
  const { tally } = given;
  const all: { path: string; bytes: number }[] = [];
  for await (const file of files.list()) all.push({ path: file.path, bytes: file.bytes ?? Number.POSITIVE_INFINITY });
  for (let next = given.start; next < all.length; ) {
    if (given.signal.aborted) throw new Error('The worker stops.');
    const group = nextGroup(all, next);
    next += group.length;
    const [single] = group;
    if (group.length === 1 && single && single.bytes > bundle.fileBytes) await uploadLarge(items, caller, dataset, files, single.path, given);
    else {
      const read: BundleFile[] = [];
      for (const { path } of group) read.push({ path: `${given.folder}/${path}`, bytes: await bytesOf(files, path) });
      for (const result of (await items.uploadMany(caller, dataset, read, given.facets)).results) {
        if (result.outcome === 'failed') fail(tally, result.path, result.error?.message ?? 'It could not be stored.');
        else tally[result.outcome] += 1;
      }
    }
    await given.advance({ done: next, total: all.length, state: { ...tally, next } });
  }
}

function nextGroup(all: readonly { path: string; bytes: number }[], start: number): { path: string; bytes: number }[] {
  const group: { path: string; bytes: number }[] = [];
  let total = 0;
  for (const file of all.slice(start, start + bundle.files)) {
    if (group.length > 0 && (file.bytes > bundle.fileBytes || total + file.bytes > bundle.bytes)) break;
    group.push(file);
    total += file.bytes;
    if (file.bytes > bundle.fileBytes) break;
  }
  return group;
}

async function uploadLarge(items: ItemsService, caller: Caller, dataset: DatasetAccess, files: OpenedFiles, path: string, { folder, facets, tally }: Unpacking): Promise<void> {
  try {
    const stream = files.open(path);
    if (!stream) throw new Fault('invalid_request', 'The file is not in the archive.');
    const { outcome } = await items.upload(caller, dataset, { ...facets, path: `${folder}/${path}` }, stream);
    tally[outcome] += 1;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    fail(tally, path, error.message);
  }
}

async function bytesOf(files: OpenedFiles, path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of files.open(path) ?? []) parts.push(part);
  return Buffer.concat(parts);
}
