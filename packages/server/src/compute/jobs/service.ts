import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isId, newId, type AnalyticManifest, type Item, type Job, type jobs, type Parsed } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { ItemQueries } from '../../catalog/items/bulk.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import { selectVersion } from '../../catalog/versions/store.ts';
import { queryPage, rowAlias } from '../../catalog/query/page.ts';
import { project as projectFields } from '../../catalog/query/project.ts';
import type { BlobStore, ByteRange } from '../../engines/blobs/blobs.ts';
import type { Database, Tx, WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import type { AddressCheck } from '../../events/callback-address.ts';
import type { RowEvent } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { Page } from '../../paging.ts';
import type { AnalyticsService } from '../analytics/service.ts';
import type { ProfilesService } from '../profiles/service.ts';
import { bindParameters, checkInputs } from './bind.ts';
import { jobEntity } from './entity.ts';
import { answersFor, forInputs } from './equal-work.ts';
import { queues } from './background.ts';
import { inputFinder } from './inputs.ts';
import { placesInQueue, type Place } from './places-store.ts';
import { queuedEvents, queueTogether } from './queue-together.ts';
import { insertJob, lockJobs, selectEqualWork, selectJob, selectJobByNumber, selectLog, toJob, toStoredJob, updateJob, type JobChange, type JobRow, type NewJob, type StoredJob } from './store.ts';
import { workerMoves } from './worker-moves.ts';

type Body<K extends keyof typeof jobs> = Parsed<(typeof jobs)[K]>['body'];
/** Which of the jobs that were to be queued are, and why the others are not. */
type Started = { started: string[]; refused: { job: string; message: string }[] };
export type JobsService = ReturnType<typeof jobsService>;

/** What a door may add to a job. */
export interface JobExtras {
  origin?: string;
  externalId?: string;
  extra?: unknown;
  /** For protocols without kinds of media: an input of another kind is no wrong request; the run tells. */
  anyMedia?: boolean;
  /** For protocols that name a job's inputs after it: what is required is not asked for yet. */
  inputsLater?: boolean;
}

/** Told in the transaction in which a job moved, with the job as it was before. */
export type JobMoved = (tx: Tx, job: StoredJob, before: StoredJob) => Promise<void>;

const outputDays = 14;
const previewMs = 3_600_000;
const maxPreviewFiles = 20;
const maxSharedInputs = 1_000;
const nextMoves: Record<Job['status'], string> = {
  ready: 'start or delete',
  queued: 'cancel',
  scheduled: 'cancel',
  running: 'cancel',
  complete: 'archive or delete',
  failed: 'archive or delete',
  cancelled: 'archive or delete',
};

/** Jobs: runs of analytics. */
export function jobsService(deps: {
  db: Database;
  blobs: BlobStore;
  queue: Queue;
  projects: ProjectsService;
  items: ItemsService;
  itemQueries: ItemQueries;
  analytics: AnalyticsService;
  profiles: ProfilesService;
  mayCall: AddressCheck;
}) {
  const { db, blobs, queue, projects, items, analytics, profiles, mayCall } = deps;
  const listeners: JobMoved[] = [];

  async function need(caller: Caller, id: string, role: 'annotator' | 'developer', scope: 'read' | 'write'): Promise<StoredJob> {
    const found = await selectJob(db, id);
    if (!found) throw notFound('job', id);
    await authorize(db, caller, found.projectId, { role, scope, as: { kind: 'job', id } });
    return found;
  }

  /** Those that wait with how many are in front and when they will probably begin; the others as they are. */
  async function placedAll(found: readonly StoredJob[]): Promise<StoredJob[]> {
    const inQueue = found.filter(({ status, ticket }) => status === 'queued' && ticket !== null);
    const places = inQueue.length === 0 ? new Map<string, Place>() : await placesInQueue(db, inQueue);
    return found.map((job) => {
      const place = places.get(job.id);
      if (!place) return job;
      const { position, perSecond } = place;
      return { ...job, position, estimatedStartAt: perSecond === null ? null : new Date(Date.now() + ((position + 1) / perSecond) * 1_000).toISOString() };
    });
  }
  const placed = async (job: StoredJob): Promise<StoredJob> => (await placedAll([job]))[0] ?? job;

  function illegal(job: StoredJob): Fault {
    return new Fault('illegal_state', `The job is ${job.status}; possible now: ${nextMoves[job.status]}.`, { current: toJob(job) });
  }

  async function tell(tx: Tx, after: StoredJob, before: StoredJob): Promise<void> {
    for (const listener of listeners) await listener(tx, after, before);
  }

  /** A move of the state machine with its events, in one transaction. */
  async function move(tx: Tx, job: StoredJob, actor: string, change: JobChange, type: string, earlier: readonly RowEvent[] = []): Promise<StoredJob> {
    const after = await updateJob(tx, job.id, change, { actor, events: [...earlier, { type }] });
    if (!after) throw notFound('job', job.id);
    await tell(tx, after, job);
    return after;
  }

  async function enqueue(tx: Tx, job: StoredJob, actor: string): Promise<StoredJob> {
    const queued = await move(tx, job, actor, { status: 'queued', cause: null, message: null, progress: 0 }, 'job.queued');
    await send(tx, queued);
    return queued;
  }

  const send = (tx: Tx, job: StoredJob) => queue.send(tx, queues[job.queue === 'gpu' ? 'gpu' : 'cpu'], { jobId: job.id, ticket: job.ticket ?? 0 });

  const queueAtOnce = queueTogether({ db, queue });

  const inputItems = inputFinder({ items, queries: deps.itemQueries });

  /** The items that parameters name, which the caller must see as those of inputs. */
  async function parameterItems(caller: Caller, { parameters: declared }: AnalyticManifest, given: Record<string, unknown>): Promise<Item[]> {
    const ids = declared.flatMap(({ name, type }) => (type === 'file' && typeof given[name] === 'string' ? [given[name]] : []));
    const none = ids.find((id) => !isId(id));
    if (none !== undefined) throw notFound('item', none);
    return items.getMany(caller, ids);
  }

  /** The newest version of each dataset that the items are of. */
  async function versionsOf(found: Record<string, Item[]>): Promise<Record<string, string>> {
    const versions: Record<string, string> = {};
    for (const datasetId of new Set(Object.values(found).flat().map((item) => item.datasetId))) {
      const newest = await selectVersion(db, datasetId);
      if (newest) versions[datasetId] = newest.id;
    }
    return versions;
  }

  async function make(caller: Caller, projectId: string, body: Body<'create'> & JobExtras, whenMade?: WhenMade<StoredJob>): Promise<StoredJob> {
    await mayCall(body.callbackUrl);
    const analytic = await analytics.find(caller, body.analytic);
    if (analytic.pending) throw new Fault('invalid_request', `The analytic ${analytic.name}@${analytic.version} is pending: what it runs on has not been uploaded yet.`);
    const { manifest } = analytic;
    if (body.compute !== 'best' && !manifest.compute[body.compute]) {
      throw new Fault('invalid_request', `body.compute: the analytic does not run on ${body.compute}.`, { errors: [{ path: 'body.compute', message: `the analytic runs on ${Object.entries(manifest.compute).filter(([, can]) => can).map(([mode]) => mode).join(' and ')}` }] });
    }
    const found = await inputItems(caller, body.inputs);
    if (!body.inputsLater) checkInputs(manifest, found, { anyMedia: body.anyMedia ?? false, frame: body.frame });
    const profile = body.profile === undefined ? undefined : await profiles.get(caller, body.profile);
    const parameters = bindParameters(manifest, { ...profile?.parameters, ...body.parameters });
    const files = await parameterItems(caller, manifest, parameters);
    const workKey = createHash('sha256')
      .update(JSON.stringify([analytic.id, parameters, files.map((item) => item.sha256), Object.entries(found).map(([name, list]) => [name, list.map((item) => [item.name, item.sha256])]), ...(body.frame === undefined ? [] : [body.frame])]))
      .digest('hex');
    const dataVersions = await versionsOf(found);
    const inputs = Object.fromEntries(Object.entries(found).map(([name, list]) => [name, list.map((item) => item.id)]));
    const equal = body.cache ? await selectEqualWork(db, caller.orgId, workKey) : undefined;
    const earlier = equal && answersFor(equal, { inputs, attachLabels: body.attachLabels }) ? equal : undefined;
    const queued = body.start && !earlier;
    const job: NewJob = {
      id: newId(),
      orgId: caller.orgId,
      projectId,
      analyticId: analytic.id,
      analytic: analytic.name,
      version: analytic.version,
      name: body.name ?? analytic.name.split('/')[1] ?? analytic.name,
      compute: body.compute,
      queue: body.compute === 'gpu' ? 'gpu' : 'cpu',
      inputs,
      dataVersions,
      parameters,
      frame: body.frame ?? null,
      profileId: profile?.id ?? null,
      attachLabels: body.attachLabels,
      workKey,
      callbackUrl: body.callbackUrl ?? null,
      origin: body.origin ?? null,
      externalId: body.externalId ?? null,
      extra: body.extra ?? null,
      createdBy: caller.email,
      expiresAt: body.expiresAt ?? null,
      queued,
    };
    // Those of very many items would make a statement too large to share.
    if (queued && job.callbackUrl === null && Object.values(inputs).flat().length <= maxSharedInputs) return queueAtOnce({ job, whenMade });
    return db.tx(async (tx) => {
      const made = await insertJob(tx, job, { actor: caller.email, events: queued ? queuedEvents : queuedEvents.slice(0, 1) });
      const ready: StoredJob = queued ? { ...made, status: 'ready', ticket: null, queuedAt: null } : made;
      await tell(tx, ready, ready);
      if (earlier) {
        const from = { ...forInputs(earlier, inputs), summary: { ...earlier.summary, cachedFrom: earlier.id } };
        const complete = await move(tx, made, caller.email, { ...from, status: 'complete', progress: 1, expiresAt: body.expiresAt ?? defaultExpiry() }, 'job.completed');
        await whenMade?.(tx, complete);
        return complete;
      }
      if (queued) {
        await tell(tx, made, ready);
        await send(tx, made);
      }
      await whenMade?.(tx, made);
      return made;
    });
  }

  return {
    onMoved: (listener: JobMoved): void => void listeners.push(listener),

    async create(caller: Caller, body: Body<'create'> & JobExtras, whenMade?: WhenMade<StoredJob>): Promise<StoredJob> {
      const projectId = isId(body.project) ? body.project : (await projects.get(caller, body.project)).id;
      await authorize(db, caller, projectId, { role: 'developer', scope: 'write' });
      return make(caller, projectId, body, whenMade);
    },

    /** A job for somebody who labels: whoever calls this has looked whether the analytic is allowed there. */
    async suggest(caller: Caller, projectId: string, body: Pick<Body<'create'>, 'analytic' | 'inputs' | 'parameters' | 'attachLabels' | 'frame'>, whenMade?: WhenMade<StoredJob>): Promise<StoredJob> {
      await authorize(db, caller, projectId, { role: 'annotator', scope: 'label' });
      return make(caller, projectId, { ...body, project: projectId, compute: 'best', start: true, cache: false }, whenMade);
    },

    /** What a profile does with one item: a job of its own, gone after an hour. */
    async preview(caller: Caller, profileId: string, { item, parameters }: { item: string; parameters: Record<string, unknown> }, whenMade?: WhenMade<StoredJob>): Promise<StoredJob> {
      const profile = await profiles.get(caller, profileId);
      await authorize(db, caller, profile.projectId, { role: 'developer', scope: 'write', as: { kind: 'profile', id: profileId } });
      const { manifest } = await analytics.find(caller, profile.analytic);
      const input = manifest.inputs.find((one) => one.required) ?? manifest.inputs[0];
      if (!input) throw new Fault('invalid_request', `The analytic ${profile.analytic} takes no items, so there is nothing to preview.`);
      // Files of the profile, such as backgrounds, are what the other inputs take.
      const { files = [] } = await inputItems(caller, { files: profile.files });
      const others = manifest.inputs.filter((other) => other !== input && !other.required);
      const own = others.map((other) => [other.name, files.filter((file) => other.media.includes(file.kind)).slice(0, other.many ? maxPreviewFiles : 1).map((file) => file.id)] as const);
      return this.create(caller, {
        project: profile.projectId,
        analytic: profile.analytic,
        inputs: { ...Object.fromEntries(own.filter(([, ids]) => ids.length > 0)), [input.name]: item },
        parameters,
        profile: profile.id,
        name: `Preview of ${profile.name}`.slice(0, 200),
        compute: 'best',
        start: true,
        attachLabels: false,
        cache: true,
        expiresAt: new Date(Date.now() + previewMs).toISOString(),
      }, whenMade);
    },

    async query(caller: Caller, projectId: string, body: Body<'query'>): Promise<Page<Partial<Job>>> {
      const { data, next } = await this.find(caller, projectId, body);
      return { data: (await placedAll(data)).map((job) => projectFields(toJob(job), body.fields, jobEntity)), next };
    },

    async find(caller: Caller, projectId: string, body: Omit<Body<'query'>, 'fields'> & { offset?: number | undefined }): Promise<Page<StoredJob>> {
      await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      return queryPage<JobRow, StoredJob>(db, jobEntity, body, {
        columns: sql`${rowAlias}.*`,
        scope: sql`${rowAlias}.project_id = ${projectId}`,
        scopeMark: projectId,
        defaultSort: [{ field: 'id', direction: 'desc' }],
        map: toStoredJob,
      });
    },

    async get(caller: Caller, id: string, waitSeconds = 0): Promise<StoredJob> {
      const deadline = Date.now() + waitSeconds * 1_000;
      for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
        const found = await need(caller, id, 'annotator', 'read');
        if (found.endedAt !== null || Date.now() >= deadline) return placed(found);
        await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, deadline - Date.now())));
      }
    },

    async getByNumber(caller: Caller, number: number): Promise<StoredJob> {
      const found = Number.isSafeInteger(number) ? await selectJobByNumber(db, caller.orgId, number) : undefined;
      if (!found) throw notFound('job', String(number));
      await authorize(db, caller, found.projectId, { role: 'annotator', scope: 'read', as: { kind: 'job', id: String(number) } });
      return placed(found);
    },

    /** What is kept of the answer says nothing of the place in the queue, which is another one by the time it is asked for again. */
    async start(caller: Caller, id: string, whenMade?: WhenMade<StoredJob>): Promise<StoredJob> {
      await need(caller, id, 'developer', 'write');
      const queued = await db.tx(keeping(whenMade, async (tx) => {
        const job = await lockedJob(tx, id);
        if (job.status !== 'ready') throw illegal(job);
        return enqueue(tx, job, caller.email);
      }));
      return placed(queued);
    },

    /** Queues those of a project that are ready, in this order; the others are told with the reason. */
    async startMany(caller: Caller, projectId: string, ids: readonly string[], whenMade?: WhenMade<Started>): Promise<Started> {
      await authorize(db, caller, projectId, { role: 'developer', scope: 'write' });
      return db.tx(keeping(whenMade, async (tx) => {
        const found = await lockJobs(tx, projectId, ids);
        const started: string[] = [];
        const refused: { job: string; message: string }[] = [];
        for (const id of new Set(ids)) {
          const job = found.get(id);
          if (!job) refused.push({ job: id, message: `There is no job ${id} in the project.` });
          else if (job.status !== 'ready') refused.push({ job: id, message: illegal(job).message });
          else {
            await enqueue(tx, job, caller.email);
            started.push(id);
          }
        }
        return { started, refused };
      }));
    },

    /** Ends a job that waits or runs; a worker that has it in hand stops within a second. */
    async cancel(caller: Caller, id: string, to: 'cancelled' | 'ready' | 'failed' = 'cancelled', whenMade?: WhenMade<StoredJob>): Promise<StoredJob> {
      await need(caller, id, 'developer', 'write');
      return db.tx(keeping(whenMade, async (tx) => {
        const job = await lockedJob(tx, id);
        if (!['queued', 'scheduled', 'running'].includes(job.status) && !(to === 'ready' && ['ready', 'failed', 'complete'].includes(job.status))) throw illegal(job);
        const why: JobChange = to === 'failed' ? { cause: 'user', message: 'Killed.' } : {};
        return move(tx, job, caller.email, { ...why, status: to, ...(to === 'ready' ? { message: null, cause: null, outputs: [], failures: [], progress: 0 } : {}) }, 'job.cancelled');
      }));
    },

    async update(caller: Caller, id: string, body: Body<'update'> & Pick<JobChange, 'extra' | 'callbackUrl' | 'inputs' | 'parameters' | 'profileId' | 'cause' | 'message'> & { status?: 'failed' | 'ready' }): Promise<StoredJob> {
      const before = await need(caller, id, 'developer', 'write');
      if (before.expired && (body.expiresAt !== undefined || body.archived === false)) throw new Fault('illegal_state', 'The job has expired; it cannot be extended or brought back.');
      await mayCall(body.callbackUrl);
      return db.tx(async (tx) => {
        const job = await lockedJob(tx, id);
        const { parameters, inputs, ...rest } = body;
        return move(tx, job, caller.email, { ...rest, ...(parameters === undefined ? {} : { parameters }), ...(inputs === undefined ? {} : { inputs }) } as JobChange, 'job.updated');
      });
    },

    async delete(caller: Caller, id: string): Promise<void> {
      await need(caller, id, 'developer', 'write');
      await db.tx(async (tx) => {
        const job = await lockedJob(tx, id);
        if (['queued', 'scheduled', 'running'].includes(job.status)) throw illegal(job);
        await move(tx, job, caller.email, { deleted: true }, 'job.deleted');
      });
    },

    async log(caller: Caller, id: string, after = 0): Promise<{ lines: { at: string; text: string }[]; next: number }> {
      await need(caller, id, 'annotator', 'read');
      const rows = await selectLog(db, id, after, 10_000);
      return { lines: rows.map(({ at, text }) => ({ at, text })), next: rows.at(-1)?.line ?? after };
    },

    /** An output of a complete job with a way to read it. */
    async openOutput(caller: Caller, id: string, index: number) {
      return openOutputOf(await need(caller, id, 'annotator', 'read'), index);
    },

    /** The same for a job that was found and checked already, e.g. by a signed address. */
    openOutputOf,

    /** Moves of a job that its worker makes. */
    move,
    ...workerMoves({ db, move }),
    locked: lockedJob,
  };

  async function lockedJob(tx: Tx, id: string): Promise<StoredJob> {
    const job = await selectJob(tx, id, { lock: true });
    if (!job) throw notFound('job', id);
    return job;
  }

  function openOutputOf(job: StoredJob, index: number): { output: Job['outputs'][number]; read(range?: ByteRange): Promise<Readable> } {
    if (job.expired) throw new Fault('gone', 'The outputs of this job have expired.');
    if (job.status !== 'complete') throw new Fault('illegal_state', `The job is ${job.status}; outputs exist once it is complete.`);
    const output = job.outputs.find((one) => one.index === index);
    if (!output) throw notFound('output', String(index));
    return { output, read: (range) => blobs.get(output.sha256, range) };
  }
}

export function defaultExpiry(): string {
  return new Date(Date.now() + outputDays * 86_400_000).toISOString();
}

