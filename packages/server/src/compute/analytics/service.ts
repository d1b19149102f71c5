import { createHmac } from 'node:crypto';
import { parseSpec } from '@fovea/analytics/onnx/run.ts';
import { builtinAnalytics } from '@fovea/analytics/registry.ts';
import { isId, neededFiles, newId, type Analytic, type AnalyticManifest, type analytics, type Parsed } from '@fovea/contract';
import sql from 'sql-template-tag';
import { recordBlobs } from '../../catalog/blobs/store.ts';
import { blobFault } from '../../catalog/items/service.ts';
import { project as projectFields } from '../../catalog/query/project.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { violatedConstraint, type Database, type WhenMade } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { onnxSpec } from '../runners/onnx.ts';
import { together } from '../../engines/together.ts';
import { analyticEntity } from './entity.ts';
import { insertAnalytic, lockAnalytic, queryAnalytics, selectAnalyticById, selectAnalytics, selectBuiltins, selectFiles, selectManifest, selectRunnables, selectWantedDigests, toAnalytic, updateAnalytic, upsertFile, type Runnable, type StoredAnalytic } from './store.ts';
import { latest } from './version.ts';

export type AnalyticsService = ReturnType<typeof analyticsService>;

/** Of the built-in ones: another one of such a name and a higher version would be run in its place. */
const ownNames: ReadonlySet<string> = new Set(builtinAnalytics.map(({ manifest }) => manifest.name));

/** Analytics: versioned processors with typed inputs, parameters and outputs. */
export function analyticsService({ db, blobs, settings }: { db: Database; blobs: BlobStore; settings: { secret: string; maxUploadBytes: number } }) {
  async function find(caller: Caller, reference: string): Promise<StoredAnalytic> {
    needScope(caller, 'read');
    if (isId(reference)) {
      const found = await selectAnalyticById(db, caller, reference);
      if (found) return found;
      throw notFound('analytic', reference);
    }
    const [name = '', version] = reference.split('@');
    const versions = await selectAnalytics(db, caller, { name });
    const ready = versions.filter((one) => !one.pending);
    // One that is still pending says so when it is run; that it is not there would mislead.
    const newest = () => latest(ready.filter((one) => !one.deprecated)) ?? latest(ready) ?? latest(versions);
    const found = version === undefined ? newest() : versions.find((one) => one.version === version);
    if (!found) throw notFound('analytic', reference);
    return found;
  }

  /** Only the organisation that registered it may change it: its maker, and administrators. */
  async function owned(caller: Caller, reference: string): Promise<StoredAnalytic> {
    needScope(caller, 'write');
    const found = await find(caller, reference);
    if (found.orgId !== caller.orgId || (found.userId !== caller.userId && !caller.admin)) throw new Fault('forbidden', `The analytic ${found.name}@${found.version} is not yours to change.`);
    return found;
  }

  async function addFile(found: StoredAnalytic, path: string, blob: { sha256: string; size: number }): Promise<void> {
    await db.tx(async (tx) => {
      await recordBlobs(tx, [blob]);
      if (!(await lockAnalytic(tx, found.id))?.pending) throw new Fault('illegal_state', `The files of ${found.name}@${found.version} are complete and cannot be changed; register a new version.`);
      await upsertFile(tx, found.id, { path, sha256: blob.sha256, sizeBytes: blob.size });
      const there = new Set((await selectFiles(tx, found.id)).map((file) => file.path));
      if (neededFiles(found.manifest).every((one) => there.has(one))) await updateAnalytic(tx, found.id, { pending: false });
    });
  }

  const runnable = together(async (ids: readonly string[]) => {
    const found = await selectRunnables(db, [...new Set(ids)]);
    return ids.map((id) => found.get(id));
  });

  /** Never stored: it follows from the platform's own secret. */
  function secretOf(id: string): string {
    return `whsec_${createHmac('sha256', settings.secret).update(`analytic:${id}`).digest('base64')}`;
  }

  return {
    find,

    /** The document that a job was made by, for the worker that runs it. */
    async manifestOf(id: string): Promise<AnalyticManifest> {
      const manifest = await selectManifest(db, id);
      if (!manifest) throw new Error(`The analytic ${id} of a job has no row.`);
      return manifest;
    },

    async list(caller: Caller, query: Parsed<typeof analytics.list>['query']): Promise<Page<Analytic>> {
      needScope(caller, 'read');
      const all = await selectAnalytics(db, caller, { name: query.name });
      const shown = query.allVersions ? all : [...Map.groupBy(all.filter((one) => !one.pending), (one) => one.name).values()].flatMap((versions) => latest(versions) ?? []);
      const rows = shown.toSorted((a, b) => (a.id < b.id ? 1 : -1));
      const mark = listMark('analytics', [query.name, query.allVersions]);
      const after = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rest = after === undefined ? rows : rows.filter((row) => row.id < after);
      return cutPage(rest.slice(0, query.limit + 1), { limit: query.limit, mark, position: (row) => [row.id], map: toAnalytic });
    },

    async query(caller: Caller, body: Parsed<typeof analytics.query>['body']): Promise<Page<Partial<Analytic>>> {
      needScope(caller, 'read');
      const { data, next } = await queryAnalytics(db, caller, body);
      return { data: data.map((one) => projectFields(toAnalytic(one), body.fields, analyticEntity)), next };
    },

    /** Everything visible, pending ones too, for doors that filter by themselves. */
    all: (caller: Caller): Promise<StoredAnalytic[]> => selectAnalytics(db, caller),

    async register(caller: Caller, manifest: AnalyticManifest, options: { pending?: boolean; origin?: string; extra?: unknown } = {}, whenMade?: WhenMade<StoredAnalytic>): Promise<StoredAnalytic> {
      needScope(caller, 'write');
      if (manifest.scope === 'public') throw new Fault('forbidden', 'Public analytics are those that come with the platform; use the scope "org" or "private".');
      if (ownNames.has(manifest.name)) throw new Fault('forbidden', `${manifest.name} is an analytic that comes with the platform; give yours another owner or name.`);
      if (manifest.runtime.kind === 'builtin') throw new Fault('forbidden', 'The runtime "builtin" is for analytics that come with the platform.');
      if ((manifest.runtime.kind === 'process' || manifest.runtime.kind === 'typescript') && !caller.admin) throw new Fault('forbidden', 'Programs on the platform\'s own machines are registered by administrators.');
      if (manifest.runtime.kind === 'container' && manifest.runtime.network && !caller.admin && options.origin === undefined) throw new Fault('forbidden', 'Containers with the network of the platform\'s own machines are registered by administrators.');
      checkNames(manifest);
      checkModel(manifest);
      const id = newId();
      return db
        .tx(async (tx) => {
          await insertAnalytic(tx, { id, orgId: caller.orgId, userId: caller.userId, manifest, builtin: false, pending: options.pending ?? neededFiles(manifest).length > 0, origin: options.origin ?? null, extra: options.extra ?? null, createdBy: caller.email });
          await emit(tx, { type: 'analytic.registered', orgId: caller.orgId, projectId: null, subject: { kind: 'analytic', id }, actor: caller.email, data: { name: manifest.name, version: manifest.version } });
          const made = await selectAnalyticById(tx, caller, id);
          if (!made) throw notFound('analytic', id);
          await whenMade?.(tx, made);
          return made;
        })
        .catch((error: unknown) => {
          if (violatedConstraint(error) === 'analytics_version') throw new Fault('conflict', `The analytic ${manifest.name} has a version ${manifest.version} already.`);
          throw error;
        });
    },

    /** Stores one of the files that the manifest names; with the last one the analytic can run. */
    async putFile(caller: Caller, reference: string, path: string, body: () => AsyncIterable<Uint8Array>): Promise<StoredAnalytic> {
      const found = await owned(caller, reference);
      const needed = neededFiles(found.manifest);
      if (!needed.includes(path)) throw new Fault('invalid_request', `query.path: the manifest names no file "${path}"; it names: ${needed.join(', ') || 'none'}.`, { errors: [{ path: 'query.path', message: 'is not a file of the manifest' }] });
      if (!found.pending) throw new Fault('illegal_state', `The files of ${found.name}@${found.version} are complete and cannot be changed; register a new version.`);
      await addFile(found, path, await blobs.put(body(), { maxBytes: settings.maxUploadBytes }).catch(blobFault));
      return find(caller, found.id);
    },

    /** The same for bytes that are in the store already. */
    async adoptFile(caller: Caller, reference: string, path: string, blob: { sha256: string; size: number }): Promise<StoredAnalytic> {
      const found = await owned(caller, reference);
      await addFile(found, path, blob);
      return find(caller, found.id);
    },

    /** The document and the files of the analytic of a job, for the worker that runs it. */
    async runnable(id: string): Promise<Runnable> {
      const found = await runnable(id);
      if (!found) throw new Error(`The analytic ${id} of a job has no row.`);
      return found;
    },

    /** The secret that the endpoint of an HTTP analytic checks tasks with. */
    async secret(caller: Caller, reference: string): Promise<{ secret: string }> {
      const found = await owned(caller, reference);
      if (found.manifest.runtime.kind !== 'http') throw new Fault('illegal_state', `${found.name}@${found.version} does not run at an endpoint; only tasks that are sent to one are signed.`);
      return { secret: secretOf(found.id) };
    },
    secretOf,

    /** Those of the beginnings of digests that a file of an analytic here has. */
    withFiles: (beginnings: readonly string[]): Promise<ReadonlySet<string>> => selectWantedDigests(db, beginnings),

    async change(caller: Caller, reference: string, change: { deprecated?: boolean; pending?: boolean; extra?: unknown; deleted?: boolean; manifest?: AnalyticManifest }): Promise<StoredAnalytic> {
      const found = await owned(caller, reference);
      await updateAnalytic(db, found.id, change);
      return { ...found, ...change } as StoredAnalytic;
    },

    async delete(caller: Caller, reference: string): Promise<void> {
      const found = await owned(caller, reference);
      await updateAnalytic(db, found.id, { deleted: true });
    },

    /** Gives the analytics that come with this program their rows; called once at start. */
    async syncBuiltins(): Promise<void> {
      await db.tx(async (tx) => {
        await tx.run(sql`select pg_advisory_xact_lock(7017, 2)`);
        const known = new Map((await selectBuiltins(tx)).map((one) => [`${one.name}@${one.version}`, one]));
        for (const { manifest } of builtinAnalytics) {
          const key = `${manifest.name}@${manifest.version}`;
          const old = known.get(key);
          known.delete(key);
          if (!old) await insertAnalytic(tx, { id: newId(), orgId: null, userId: null, manifest, builtin: true, pending: false, origin: null, extra: null, createdBy: 'system@fovea' });
          else if (JSON.stringify(old.manifest) !== JSON.stringify(manifest)) await updateAnalytic(tx, old.id, { manifest });
        }
        for (const gone of known.values()) await updateAnalytic(tx, gone.id, { deleted: true });
      });
    },
  };
}

function checkNames(manifest: AnalyticManifest): void {
  for (const [part, entries] of [['inputs', manifest.inputs], ['parameters', manifest.parameters], ['outputs', manifest.outputs]] as const) {
    const names = entries.map((entry) => entry.name);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) throw new Fault('invalid_request', `body.${part} has the name "${twice}" twice.`, { errors: [{ path: `body.${part}`, message: `has the name "${twice}" twice` }] });
  }
}

/** What describes a model must be understood before it is uploaded. */
function checkModel({ runtime }: AnalyticManifest): void {
  if (runtime.kind !== 'onnx') return;
  try {
    parseSpec(onnxSpec(runtime));
  } catch (error) {
    const { message } = error as Error;
    throw new Fault('invalid_request', `body.runtime: ${message}.`, { errors: [{ path: 'body.runtime', message }], cause: error });
  }
}
