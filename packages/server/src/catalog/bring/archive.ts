import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { DeidentifyOptions } from '@fovea/contract';
import sql from 'sql-template-tag';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { openArchive } from '../../media/archives/open.ts';
import type { OpenedFiles } from '../../media/archives/source.ts';
import { collectBlob } from '../care/collect.ts';
import type { CommandRun } from '../commands/service.ts';
import type { StoredCommand } from '../commands/store.ts';
import type { DatasetAccess } from '../datasets/access.ts';
import { cleanBundle } from '../deidentification/bundle.ts';
import type { BundleFile, ItemsService } from '../items/service.ts';
import type { ArchiveQuery, BringDeps } from './service.ts';
import { fail, tallyOf, type Tally } from './tally.ts';

const bundle = { files: 200, bytes: 32 * 1024 * 1024, fileBytes: 4 * 1024 * 1024 };

export type ArchiveInput = ArchiveQuery & { datasetId: string; sha256?: string; size: number };

/** A file of an archive, with its place among them. */
interface ArchiveFile {
  path: string;
  bytes: number;
  number: number;
}

/** Unpacks a stored archive into its dataset. An archive that is to be de-identified is gone when its files are in, or when it is given up. */
export async function importArchive(deps: BringDeps, run: CommandRun): Promise<Record<string, unknown>> {
  const input = run.command.input as unknown as ArchiveInput;
  // All was done, and the process ended before it could say so.
  if (input.sha256 === undefined) return withoutPlace(tallyOf(run.state));
  const tally = await unpack(deps, run, input);
  await releaseArchive(deps, run.command);
  return { ...tally };
}

function withoutPlace({ next: _next, ...tally }: ReturnType<typeof tallyOf>): Record<string, unknown> {
  return tally;
}

/** The archive itself is no longer needed; without its digest it is swept, and at once when it says who patients are. */
export async function releaseArchive({ db, blobs, transfers }: BringDeps, command: StoredCommand): Promise<void> {
  const { sha256, deidentify } = command.input as unknown as ArchiveInput;
  await db.tx(async (tx) => {
    await tx.run(sql`update commands set input = input - 'sha256' where id = ${command.id}`);
    await transfers.ended(tx, command.id);
  });
  // Whoever stored the same bytes after this command was made keeps them.
  if (deidentify && sha256 !== undefined) await collectBlob({ db, blobs }, sha256, Date.parse(command.createdAt) + 1);
}

async function unpack(deps: BringDeps, { caller, state, signal, advance }: CommandRun, input: ArchiveInput): Promise<Tally> {
  const { datasetId, sha256 = '', size, folder, ifExists, channel, labels, status, expiresAt, deidentify } = input;
  const { next: start, ...tally } = tallyOf(state);
  const dataset = await deps.items.authorizeUpload(caller, datasetId);
  const scratch = await mkdtemp(join(tmpdir(), 'fovea-archive-'));
  const local = await deps.blobs.localPath(sha256);
  try {
    const files = await openArchive({ path: local.path, bytes: size, folder: scratch }).catch((error: unknown) => {
      throw (error as Error).name === 'ArchiveError' ? new Fault('invalid_request', isSecret(deidentify) ? 'The archive cannot be read, or a name in it would leave its folder.' : (error as Error).message) : error;
    });
    try {
      if (start === 0) for (const note of files.notes) fail(tally, isSecret(deidentify) ? 'an entry of the archive' : note.path, note.how);
      const facets = { rule: ifExists, channel, labels, status, expiresAt };
      await unpackInto(deps, caller, dataset, files, { folder: folder ?? '', facets, deidentify, start, tally, signal, advance });
    } finally {
      await files.close();
    }
    return tally;
  } finally {
    await local.release();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Whether names of files are not to be told: they tend to name the patient. */
function isSecret(deidentify: DeidentifyOptions | undefined): boolean {
  return deidentify !== undefined && deidentify.keepPath !== true;
}

interface Unpacking {
  folder: string;
  facets: Omit<Parameters<ItemsService['uploadMany']>[3], 'metadata'>;
  deidentify: DeidentifyOptions | undefined;
  start: number;
  tally: Tally;
  signal: AbortSignal;
  advance: CommandRun['advance'];
}

/** Uploads the files of an archive in their order: small ones in bundles, large ones as streams. */
async function unpackInto(deps: BringDeps, caller: Caller, dataset: DatasetAccess, files: OpenedFiles, given: Unpacking): Promise<void> {
  const { tally } = given;
  const all: ArchiveFile[] = [];
  for await (const file of files.list()) all.push({ path: file.path, bytes: file.bytes ?? Number.POSITIVE_INFINITY, number: all.length + 1 });
  for (let next = given.start; next < all.length; ) {
    if (given.signal.aborted) throw new Error('The worker stops.');
    const group = nextGroup(all, next);
    next += group.length;
    const [single] = group;
    if (group.length === 1 && single && single.bytes > bundle.fileBytes) await uploadLarge(deps, caller, dataset, files, single, given);
    else await uploadSmall(deps, caller, dataset, files, group, given);
    await given.advance({ done: next, total: all.length, state: { ...tally, next } });
  }
}

async function uploadSmall(deps: BringDeps, caller: Caller, dataset: DatasetAccess, files: OpenedFiles, group: readonly ArchiveFile[], given: Unpacking): Promise<void> {
  const { folder, tally, deidentify } = given;
  const read: BundleFile[] = [];
  for (const { path } of group) read.push({ path: `/${path}`, bytes: await bytesOf(files, path) });
  const taken = deidentify ? await cleanBundle(deps.deidentification, caller, dataset, read, deidentify) : read;
  const { results } = await deps.items.uploadMany(caller, dataset, taken.map((file) => ({ ...file, path: `${folder}${file.path}` })), given.facets);
  for (const [index, result] of results.entries()) {
    const file = group[index];
    if (result.outcome !== 'failed') tally[result.outcome] += 1;
    else fail(tally, file ? shownName(file, given) : result.path, result.error?.message ?? 'It could not be stored.');
  }
}

/** How a failure names a file. */
function shownName({ path, number }: ArchiveFile, { folder, deidentify }: Unpacking): string {
  return isSecret(deidentify) ? `file ${number} of the archive` : `${folder}/${path}`;
}

function nextGroup(all: readonly ArchiveFile[], start: number): ArchiveFile[] {
  const group: ArchiveFile[] = [];
  let total = 0;
  for (const file of all.slice(start, start + bundle.files)) {
    if (group.length > 0 && (file.bytes > bundle.fileBytes || total + file.bytes > bundle.bytes)) break;
    group.push(file);
    total += file.bytes;
    if (file.bytes > bundle.fileBytes) break;
  }
  return group;
}

async function uploadLarge({ items, deidentification }: BringDeps, caller: Caller, dataset: DatasetAccess, files: OpenedFiles, file: ArchiveFile, given: Unpacking): Promise<void> {
  const { folder, facets, tally, deidentify } = given;
  try {
    const source = files.open(file.path);
    if (!source) throw new Fault('invalid_request', 'The file is not in the archive.');
    const clean = deidentify && (await deidentification.cleanStream(caller, dataset, { path: `/${file.path}`, source }, deidentify));
    const { outcome } = clean
      ? await items.upload(caller, dataset, { ...facets, path: `${folder}${clean.path}`, deidentification: clean.report }, Readable.from([clean.bytes]))
      : await items.upload(caller, dataset, { ...facets, path: `${folder}/${file.path}` }, source);
    tally[outcome] += 1;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    fail(tally, shownName(file, given), error.message);
  }
}

async function bytesOf(files: OpenedFiles, path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of files.open(path) ?? []) parts.push(part);
  return Buffer.concat(parts);
}
