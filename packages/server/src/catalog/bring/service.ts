import type { Command, items as operations, Parsed } from '@fovea/contract';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database, WhenMade } from '../../engines/database/database.ts';
import { OutboundError, type Outbound } from '../../engines/outbound/outbound.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { recordBlobs } from '../blobs/store.ts';
import type { CommandRun, CommandsService } from '../commands/service.ts';
import type { DatasetAccess } from '../datasets/access.ts';
import { authorizeDataset } from '../datasets/access.ts';
import type { DeidentificationService } from '../deidentification/service.ts';
import { blobFault, type ItemsService } from '../items/service.ts';
import type { TransfersService } from '../transfers/service.ts';
import { importArchive, releaseArchive } from './archive.ts';
import { archiveParts } from './parts.ts';
import { fail, tallyOf, type Tally } from './tally.ts';

type UrlsBody = Parsed<typeof operations.importUrls>['body'];
export type ArchiveQuery = Parsed<typeof operations.importArchive>['query'];
export type BringService = ReturnType<typeof bringService>;

const kinds = { urls: 'items.import-urls', archive: 'items.import-archive' } as const;
const urlsAtOnce = 4;

export interface BringDeps {
  db: Database;
  blobs: BlobStore;
  outbound: Outbound;
  commands: CommandsService;
  items: ItemsService;
  deidentification: DeidentificationService;
  transfers: TransfersService;
  limits: { maxUploadBytes: number };
}

/** Brings files into a dataset that are not uploaded one by one: by URL, or packed in an archive. */
export function bringService(deps: BringDeps) {
  const { db, blobs, commands, items, limits } = deps;
  commands.handle(kinds.urls, (run) => importUrls(deps, run));
  commands.handle(kinds.archive, (run) => importArchive(deps, run), (command) => releaseArchive(deps, command));

  const parts = archiveParts(deps, kinds.archive);

  return {
    beginArchive: parts.begin,
    finishArchive: parts.finish,

    async urls(caller: Caller, datasetId: string, body: UrlsBody, whenMade?: WhenMade<Command>): Promise<Command> {
      const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      return db.tx((tx) => commands.start(tx, caller, { kind: kinds.urls, projectId, subjectId: datasetId, input: { datasetId, ...body } }, whenMade));
    },

    /** Stores the archive, then has it unpacked. */
    async archive(caller: Caller, datasetId: string, query: ArchiveQuery, source: AsyncIterable<Uint8Array>): Promise<Command> {
      const { projectId } = await items.authorizeUpload(caller, datasetId);
      const blob = await blobs.put(source, { maxBytes: limits.maxUploadBytes }).catch(blobFault);
      return db.tx(async (tx) => {
        await recordBlobs(tx, [blob]);
        return commands.start(tx, caller, { kind: kinds.archive, projectId, subjectId: datasetId, input: { datasetId, sha256: blob.sha256, size: blob.size, ...query } });
      });
    },
  };
}

async function importUrls(deps: BringDeps, { command, caller, state, signal, advance }: CommandRun): Promise<Record<string, unknown>> {
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
  { outbound, items }: BringDeps,
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
