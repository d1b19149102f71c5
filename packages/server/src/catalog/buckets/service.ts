import type { BucketConnection, buckets as operations, Command, Parsed } from '@fovea/contract';
import { pathFault } from '@fovea/contract';
import { BlobError } from '../../engines/blobs/blobs.ts';
import { StreamDigest } from '../../engines/blobs/stream-digest.ts';
import type { Bucket, BucketObject } from '../../engines/buckets/bucket.ts';
import type { Database, WhenMade } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { recordBlobs } from '../blobs/store.ts';
import { fail, tallyOf, type Tally } from '../bring/tally.ts';
import type { CommandRun, CommandsService } from '../commands/service.ts';
import type { DatasetAccess } from '../datasets/access.ts';
import { authorizeDataset } from '../datasets/access.ts';
import { blobFault, type ItemsService } from '../items/service.ts';
import type { Buckets } from './referenced.ts';
import { selectKnown, upsertPlace } from './store.ts';

type Body = Parsed<typeof operations.import>['body'];
type Input = Omit<Body, 'source' | 'connection'> & { datasetId: string; connection: string; prefix: string };
export type BucketsService = ReturnType<typeof bucketsService>;

const kind = 'items.import-bucket';
/** Objects that are looked at before the command says how far it is, and how many at once. */
const groupObjects = 64;
const atOnce = 4;

export interface BucketsDeps {
  db: Database;
  buckets: Buckets;
  items: ItemsService;
  commands: CommandsService;
  limits: { maxUploadBytes: number };
}

/** Items whose bytes stay in buckets of others. */
export function bucketsService(deps: BucketsDeps) {
  const { db, commands } = deps;
  const allowed = (caller: Caller, projectId: string): Bucket[] =>
    [...deps.buckets.values()].filter(({ settings: { projects } }) => (projects.length === 0 ? caller.admin : projects.includes('*') || projects.includes(projectId)));

  /** The one connection that is meant; says which there are when it is none or several. */
  function choose(caller: Caller, projectId: string, bucketName: string, connection: string | undefined): Bucket {
    const known = allowed(caller, projectId);
    const found = known.filter(({ settings }) => settings.bucket === bucketName && (connection === undefined || settings.name === connection));
    const [one] = found;
    if (one && found.length === 1) return one;
    const names = known.map(({ settings }) => `"${settings.name}" (s3://${settings.bucket})`).join(', ') || 'none';
    const message = one
      ? `has several connections: ${found.map(({ settings }) => `"${settings.name}"`).join(', ')}; name one as connection`
      : `is not one that this project may import from; there are: ${names}. Whoever runs the platform names buckets in FOVEA_BUCKETS`;
    throw new Fault('invalid_request', `The bucket "${bucketName}" ${message}.`, { errors: [{ path: one ? 'body.connection' : 'body.source', message }] });
  }

  commands.handle(kind, (run) => importObjects(deps, run));

  return {
    async list(caller: Caller, projectId: string): Promise<{ data: BucketConnection[] }> {
      await authorize(db, caller, projectId, { role: 'developer', scope: 'read' });
      return { data: allowed(caller, projectId).map(({ settings: { name, bucket, endpoint } }) => ({ name, bucket, endpoint: endpoint ?? null })) };
    },

    async import(caller: Caller, datasetId: string, { source, connection, ...wishes }: Body, whenMade?: WhenMade<Command>): Promise<Command> {
      const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      const [, name = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(source) ?? [];
      const bucket = choose(caller, projectId, name, connection);
      const input: Input = { ...wishes, datasetId, connection: bucket.settings.name, prefix };
      return db.tx((tx) => commands.start(tx, caller, { kind, projectId, subjectId: datasetId, input: { ...input } }, whenMade));
    },
  };
}

interface ImportState {
  /** The last key that was looked at. */
  after?: string;
  total?: number;
}

async function importObjects(deps: BucketsDeps, { command, caller, state, signal, advance }: CommandRun): Promise<Record<string, unknown>> {
  const input = command.input as unknown as Input;
  const bucket = deps.buckets.get(input.connection);
  if (!bucket) throw new Fault('invalid_request', `The connection "${input.connection}" is no longer among the settings of the platform.`);
  const known = (state ?? {}) as ImportState;
  const { created, existing, replaced, failedCount, failed } = tallyOf(state);
  const tally: Tally = { created, existing, replaced, failedCount, failed };
  const dataset = await deps.items.authorizeUpload(caller, input.datasetId);
  const total = known.total ?? (await countObjects(bucket, input.prefix, signal));
  let { done } = command;
  let group: BucketObject[] = [];
  const take = async () => {
    const last = group.at(-1)?.key;
    if (last === undefined) return;
    if (signal.aborted) throw new Error('The worker stops.');
    await takeGroup(deps, caller, dataset, bucket, group, { input, tally, signal });
    done += group.length;
    group = [];
    await advance({ done, total: Math.max(total, done), state: { ...tally, after: last, total } });
  };
  for await (const object of objectsOf(bucket, input.prefix, known.after)) {
    group.push(object);
    if (group.length === groupObjects) await take();
  }
  await take();
  return { ...tally };
}

/** Objects that are files: not the empty ones that stand for folders. */
async function* objectsOf(bucket: Bucket, prefix: string, after?: string): AsyncGenerator<BucketObject> {
  try {
    for await (const object of bucket.list(prefix, after)) if (!object.key.endsWith('/')) yield object;
  } catch (error) {
    // A bucket that is not there or does not open will not do so by itself. A store that does not answer may.
    if (error instanceof BlobError && error.code !== 'unavailable') throw new Fault('invalid_request', error.message);
    throw error;
  }
}

async function countObjects(bucket: Bucket, prefix: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _object of objectsOf(bucket, prefix)) {
    if (signal.aborted) throw new Error('The worker stops.');
    count += 1;
  }
  return count;
}

interface Importing {
  input: Input;
  tally: Tally;
  signal: AbortSignal;
}

async function takeGroup(deps: BucketsDeps, caller: Caller, dataset: DatasetAccess, bucket: Bucket, group: readonly BucketObject[], given: Importing): Promise<void> {
  const known = await selectKnown(deps.db, bucket.settings.name, group.map(({ key }) => key));
  for (let start = 0; start < group.length; start += atOnce) {
    await Promise.all(
      group.slice(start, start + atOnce).map(async (object) => {
        try {
          const before = known.get(object.key);
          const same = before?.etag === object.etag && before.size === object.size;
          await takeObject(deps, caller, dataset, bucket, object, { ...given, sha256: same ? before.sha256 : undefined });
        } catch (error) {
          // A worker that stops gives the whole group to the next one; what was there by then is found to exist.
          if (given.signal.aborted || !isOfObject(error)) throw error;
          fail(given.tally, `s3://${bucket.settings.bucket}/${object.key}`, error.message);
        }
      }),
    );
  }
}

/** What is wrong with one object, and not with the store. */
function isOfObject(error: unknown): error is Fault | BlobError {
  return error instanceof Fault || (error instanceof BlobError && error.code !== 'unavailable');
}

async function takeObject(deps: BucketsDeps, caller: Caller, dataset: DatasetAccess, bucket: Bucket, object: BucketObject, given: Importing & { sha256: string | undefined }): Promise<void> {
  const { prefix, folder, ifExists: rule, datasetId: _d, connection, ...facets } = given.input;
  const path = `${folder ?? ''}/${placeOf(object.key, prefix)}`;
  const fault = pathFault(path);
  if (fault !== undefined) throw new Fault('invalid_request', `The path ${fault}.`);
  if (object.size > deps.limits.maxUploadBytes) throw new Fault('too_large', `A file may have at most ${deps.limits.maxUploadBytes.toLocaleString('en')} bytes.`);
  const blob = { sha256: given.sha256 ?? (await digestOf(bucket, object)), size: object.size };
  await deps.db.tx(async (tx) => {
    await recordBlobs(tx, [blob]);
    await upsertPlace(tx, { connection, key: object.key, etag: object.etag, ...blob });
  });
  const { outcome } = await deps.items.adopt(caller, dataset, { ...facets, rule, path, blob });
  given.tally[outcome] += 1;
}

/** The key from the last folder of the prefix on: `scans/2026/a.dcm` below `scans/20` is `2026/a.dcm`. */
function placeOf(key: string, prefix: string): string {
  return key.slice(prefix.lastIndexOf('/') + 1);
}

async function digestOf(bucket: Bucket, object: BucketObject): Promise<string> {
  const digest = new StreamDigest({ maxBytes: object.size });
  for await (const chunk of await bucket.read(object)) {
    const fault = digest.add(chunk as Buffer);
    if (fault) throw fault;
  }
  const { sha256, size } = digest.end();
  if (size !== object.size) blobFault(new BlobError('digest_mismatch', 'The object changed while it was read.'));
  return sha256;
}
