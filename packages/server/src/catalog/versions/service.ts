import { Readable } from 'node:stream';
import type { Command, Parsed, ResultOf, Version, VersionItem, versions } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { BlobStore, ByteRange } from '../../engines/blobs/blobs.ts';
import { violatedConstraint, type Database, type WhenMade } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { hasKnownItems, workerOf } from '../../labeling/quality/hidden.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import type { CommandRun, CommandsService } from '../commands/service.ts';
import { authorizeDataset } from '../datasets/access.ts';
import { project as projectFields } from '../query/project.ts';
import { commitVersion } from './commit.ts';
import { differences, summarize, toChange, type Difference } from './diff.ts';
import { versionEntity } from './entity.ts';
import { findEntry, toItems, walkEntries, type Entry } from './read.ts';
import { restoreStep } from './restore.ts';
import { splitOf } from './splits.ts';
import { deleteTag, queryVersions, selectByPrefix, selectVersion, selectVersions, upsertTag, type StoredVersion } from './store.ts';
import { verifyVersion } from './verify.ts';

type Body<K extends keyof typeof versions> = Parsed<(typeof versions)[K]>['body'];
type Query<K extends keyof typeof versions> = Parsed<(typeof versions)[K]>['query'];
export type VersionsService = ReturnType<typeof versionsService>;

/** Bytes that a version names. */
export interface VersionFile {
  sha256: string;
  size: number;
  mediaType: string;
  filename: string;
  read(range?: ByteRange): Promise<Readable>;
}

const kinds = { commit: 'version.commit', restore: 'version.restore', verify: 'version.verify' } as const;
const restoreItems = 200;
const streamItems = 256;

/** Versions of datasets: kept, read, compared, restored, verified. */
export function versionsService({ db, blobs, queue, commands }: { db: Database; blobs: BlobStore; queue: Queue; commands: CommandsService }) {
  async function need(caller: Caller, datasetId: string, reference: string): Promise<StoredVersion> {
    await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
    return find(db, datasetId, reference);
  }

  /** A version whose contents the caller reads: all annotations as they stood, which must not tell who labels by which items they are measured. */
  async function needContents(caller: Caller, datasetId: string, reference: string): Promise<StoredVersion> {
    const { role } = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
    if (workerOf(caller, role) !== undefined && (await hasKnownItems(db, datasetId))) {
      throw new Fault('forbidden', 'What is in the versions of this dataset is for reviewers and others above annotators: people are measured by some of its items.');
    }
    return find(db, datasetId, reference);
  }

  async function start(caller: Caller, work: { kind: keyof typeof kinds; projectId: string; datasetId: string; input: Record<string, unknown> }, whenMade: WhenMade<Command> | undefined): Promise<Command> {
    return db
      .tx((tx) => commands.start(tx, caller, { kind: kinds[work.kind], projectId: work.projectId, subjectId: work.datasetId, input: { datasetId: work.datasetId, ...work.input } }, whenMade))
      .catch((error: unknown) => {
        if (violatedConstraint(error) === 'commands_one_commit') throw new Fault('conflict', 'A commit or restore of this dataset is under way; wait for it to end.');
        throw error;
      });
  }

  async function commit(run: CommandRun, request: { message: string; splits?: Version['splits'] | undefined }) {
    const { command, caller, advance } = run;
    const datasetId = String(command.input['datasetId']);
    const of = { datasetId, projectId: command.projectId, orgId: command.orgId, by: caller.email };
    const committed = await commitVersion(db, { ...of, message: request.message, splits: request.splits, progress: (done, total) => advance({ done, total }) });
    return { ...committed, of };
  }

  commands.handle(kinds.commit, async (run) => {
    const { message, tags, splits } = run.command.input as unknown as Body<'commit'>;
    const { version, created, of } = await commit(run, { message, splits });
    await db.tx(async (tx) => {
      for (const name of tags) await upsertTag(tx, { ...of, name, number: version.number });
      if (created) await emit(tx, event('version.created', run, { versionId: version.id, number: version.number, items: version.itemCount }));
    });
    return { versionId: version.id, number: version.number, created };
  });

  commands.handle(kinds.restore, async (run) => {
    const { caller, command, state, advance } = run;
    const number = Number(command.input['number']);
    const target = await find(db, String(command.input['datasetId']), `v${number}`);
    const access = await authorizeDataset(db, caller, target.datasetId, { role: 'manager', scope: 'write' });
    // After a restart the dataset is compared anew; what was restored already no longer differs.
    const { version: before, created } = await commit(run, { message: `Before the restore of version ${number}` });
    let restored = Number(state?.['restored'] ?? 0);
    for await (const step of inGroups(differences(db, before, target), restoreItems)) {
      await db.tx(async (tx) => {
        await restoreStep(tx, queue, caller, access, step);
        await advance({ done: restored + step.length, total: null, state: { restored: restored + step.length } }, tx);
      });
      restored += step.length;
    }
    await db.tx((tx) => emit(tx, event('version.restored', run, { versionId: target.id, number, items: restored })));
    return { versionId: target.id, number, items: restored, before: created || state === null ? before.id : null };
  });

  commands.handle(kinds.verify, async ({ command, advance, signal }) => {
    const version = await find(db, String(command.input['datasetId']), `v${Number(command.input['number'])}`);
    return verifyVersion({ db, blobs }, version, (done) => advance({ done, total: version.itemCount }), signal);
  });

  return {
    async commit(caller: Caller, datasetId: string, body: Body<'commit'>, whenMade?: WhenMade<Command>): Promise<Command> {
      const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      return start(caller, { kind: 'commit', projectId, datasetId, input: body }, whenMade);
    },

    async list(caller: Caller, datasetId: string, query: Query<'list'>): Promise<Page<Version>> {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const mark = listMark('versions', datasetId);
      const before = readCursor(query.cursor, mark, 1)?.[0];
      const rows = await selectVersions(db, datasetId, { limit: query.limit, before: before === undefined ? undefined : Number(before) });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.number], map: toVersion });
    },

    async query(caller: Caller, datasetId: string, body: Parsed<typeof versions.query>['body']): Promise<Page<Partial<Version>>> {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const { data, next } = await queryVersions(db, datasetId, body);
      return { data: data.map((one) => projectFields(toVersion(one), body.fields, versionEntity)), next };
    },

    /** Throws where the contents of a version cannot be read by the caller. */
    async needContents(caller: Caller, datasetId: string, reference: string): Promise<void> {
      await needContents(caller, datasetId, reference);
    },

    async get(caller: Caller, datasetId: string, reference: string): Promise<Version> {
      return toVersion(await need(caller, datasetId, reference));
    },

    async items(caller: Caller, datasetId: string, reference: string, query: Query<'items'>): Promise<Page<VersionItem>> {
      const version = await needContents(caller, datasetId, reference);
      const mark = listMark('version items', [version.id, query.split]);
      const after = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const entries: Entry[] = [];
      for await (const entry of walkEntries(db, version, after)) {
        if (query.split !== undefined && splitOf(version.splits, entry) !== query.split) continue;
        entries.push(entry);
        if (entries.length > query.limit) break;
      }
      const page = await toItems(db, version, entries.slice(0, query.limit + 1));
      return cutPage(page, { limit: query.limit, mark, position: (item) => [item.path], map: (item) => item });
    },

    /** Every item of a version (or of one part of it), by path. */
    async *walk(caller: Caller, datasetId: string, reference: string, split?: string): AsyncGenerator<VersionItem> {
      const version = await needContents(caller, datasetId, reference);
      for await (const group of inGroups(walkEntries(db, version), streamItems)) {
        const items = await toItems(db, version, group);
        yield* split === undefined ? items : items.filter((item) => item.split === split);
      }
    },

    /** {@link walk} as lines of JSON. */
    lines(caller: Caller, datasetId: string, reference: string, split?: string): Readable {
      const items = this.walk(caller, datasetId, reference, split);
      async function* texts() {
        for await (const item of items) yield `${JSON.stringify(item)}\n`;
      }
      return Readable.from(texts());
    },

    async open(caller: Caller, datasetId: string, reference: string, { path, volume }: Query<'file'>): Promise<VersionFile> {
      const version = await needContents(caller, datasetId, reference);
      const entry = await findEntry(db, version, path);
      const [item] = entry ? await toItems(db, version, [entry]) : [];
      if (!entry || !item) throw new Fault('not_found', `The version ${version.number} has no item at "${path}".`);
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (volume === undefined) return { sha256: item.sha256, size: item.sizeBytes, mediaType: item.mediaType, filename: name, read: (range) => blobs.get(item.sha256, range) };
      const stat = entry.annotations?.some(({ blob }) => blob === volume) ? await blobs.stat(volume) : undefined;
      if (!stat) throw new Fault('not_found', `No annotation of the item at "${path}" in version ${version.number} has the file ${volume}.`);
      return { sha256: volume, size: stat.size, mediaType: 'application/gzip', filename: `${name}.labels.nii.gz`, read: (range) => blobs.get(volume, range) };
    },

    async diff(caller: Caller, datasetId: string, reference: string, query: Query<'diff'>): Promise<ResultOf<typeof versions.diff>> {
      const to = await needContents(caller, datasetId, reference);
      const from = query.from === undefined ? await selectVersion(db, datasetId, sql`v.number < ${to.number}`) : await find(db, datasetId, query.from);
      const mark = listMark('version diff', [from?.id, to.id]);
      const after = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const found: Difference[] = [];
      for await (const difference of differences(db, from, to, after)) {
        found.push(difference);
        if (found.length > query.limit) break;
      }
      const page = cutPage(found, { limit: query.limit, mark, position: (one) => [one.path], map: toChange });
      return { ...page, from: from?.id ?? null, to: to.id, summary: query.cursor === undefined ? await summarize(db, from, to) : null };
    },

    async restore(caller: Caller, datasetId: string, reference: string, whenMade?: WhenMade<Command>): Promise<Command> {
      const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'manager', scope: 'write' });
      const { number } = await find(db, datasetId, reference);
      return start(caller, { kind: 'restore', projectId, datasetId, input: { number } }, whenMade);
    },

    async verify(caller: Caller, datasetId: string, reference: string, whenMade?: WhenMade<Command>): Promise<Command> {
      const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      const { number } = await find(db, datasetId, reference);
      return start(caller, { kind: 'verify', projectId, datasetId, input: { number } }, whenMade);
    },

    async tag(caller: Caller, datasetId: string, reference: string, name: string): Promise<Version> {
      const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      const { number } = await find(db, datasetId, reference);
      await db.tx((tx) => upsertTag(tx, { datasetId, projectId, name, number, by: caller.email }));
      return toVersion(await find(db, datasetId, `v${number}`));
    },

    async untag(caller: Caller, datasetId: string, name: string): Promise<void> {
      await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      if (!(await db.tx((tx) => deleteTag(tx, datasetId, name)))) throw new Fault('not_found', `No version has the tag "${name}".`);
    },
  };
}

/** A version by id, by the first digits of one, by tag, or by `v` and its number. */
async function find(db: Database, datasetId: string, reference: string): Promise<StoredVersion> {
  const text = reference.toLowerCase();
  const number = /^v(\d{1,9})$/.exec(text)?.[1];
  if (number !== undefined) return known(await selectVersion(db, datasetId, sql`v.number = ${Number(number)}`), reference);
  if (text === 'latest') return known(await selectVersion(db, datasetId), reference);
  if (/^[0-9a-f]{8,64}$/.test(text)) {
    const [first, second] = await selectByPrefix(db, datasetId, text);
    if (second) throw new Fault('conflict', `Several versions begin with ${text}; give more digits.`);
    return known(first, reference);
  }
  const tagged = sql`v.number = (select t.number from version_tags t where t.dataset_id = ${datasetId} and t.name = ${reference})`;
  return known(await selectVersion(db, datasetId, tagged), reference);
}

function known(version: StoredVersion | undefined, reference: string): StoredVersion {
  if (!version) throw notFound('version', reference);
  return version;
}

function toVersion({ seenAt: _seenAt, ...version }: StoredVersion): Version {
  return version;
}

async function* inGroups<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const one of source) {
    group.push(one);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function event(type: string, { command, caller }: CommandRun, data: Record<string, unknown>) {
  return { type, orgId: command.orgId, projectId: command.projectId, subject: { kind: 'dataset', id: String(command.input['datasetId']) }, actor: caller.email, data };
}
