import { isId } from '@fovea/contract';
import type { StoredJob } from '../../compute/jobs/store.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { documentOf, wireName } from './analytics.ts';
import { origin, projectOf, type Voxel51Deps } from './context.ts';
import { findData } from './data.ts';
import { downloadOf } from './documents.ts';
import { bad, missing } from './errors.ts';
import { bindRequest } from './job-request.ts';
import { bringPostedData } from './posted-url.ts';
import { readFlag, type Row, type Table } from './query.ts';
import { changedExpiration, defaultExpiration, uploadExpiration } from './times.ts';

/** What the door keeps on a job. */
export interface JobExtra {
  /** The request, as it was sent. */
  request: string;
  analytic: string;
  computeMode: 'CPU' | 'GPU' | 'BEST';
  autoStart: boolean;
  /** Of a public analytic: its log is not shown. */
  public: boolean;
  /** Which output is downloaded; null for an archive of all. */
  download: { output: string | null; filename: string } | null;
}

export const jobsTable: Table = {
  fields: ['id', 'name', 'state', 'archived', 'upload_date', 'expiration_date', 'expired', 'analytic_id', 'compute_mode', 'auto_start', 'start_date', 'completion_date', 'fail_date', 'failure_type'],
  searchable: ['id', 'name', 'state', 'archived', 'expired', 'analytic_id', 'compute_mode', 'auto_start', 'failure_type'],
  whole: ['state', 'archived', 'expired', 'compute_mode', 'auto_start', 'failure_type'],
};

const states: Record<StoredJob['status'], string> = { ready: 'READY', queued: 'QUEUED', scheduled: 'SCHEDULED', running: 'RUNNING', complete: 'COMPLETE', failed: 'FAILED', cancelled: 'FAILED' };

export function stateOf(job: StoredJob): string {
  return states[job.status];
}

export function extraOf(job: StoredJob): JobExtra {
  return job.extra as JobExtra;
}

export function failureType(job: StoredJob): string {
  if (stateOf(job) !== 'FAILED') return 'NONE';
  return job.cause === null ? 'USER' : job.cause.toUpperCase();
}

export function toJob(job: StoredJob): Row {
  const extra = extraOf(job);
  const state = stateOf(job);
  return {
    id: job.id,
    name: job.name,
    state,
    archived: job.archived,
    upload_date: job.createdAt,
    expiration_date: job.expiresAt ?? defaultExpiration(),
    expired: job.expired,
    analytic_id: job.analyticId,
    compute_mode: extra.computeMode,
    auto_start: extra.autoStart,
    start_date: job.startedAt,
    completion_date: state === 'COMPLETE' ? job.endedAt : null,
    fail_date: state === 'FAILED' ? job.endedAt : null,
    failure_type: failureType(job),
    output_filename: extra.download?.filename ?? 'output',
  };
}

/** Jobs of the callers, archived and expired ones too, in the order of upload. */
export async function allJobs(deps: Voxel51Deps, caller: Caller, mine: (createdBy: string) => boolean): Promise<StoredJob[]> {
  const project = await projectOf(deps, caller);
  const sort = [{ field: 'createdAt', direction: 'asc' as const }, { field: 'id', direction: 'asc' as const }];
  const { data } = await deps.rooms.jobs.find(caller, project, { filter: { origin }, sort, limit: 1_000_000 });
  return data.filter((job) => mine(job.createdBy));
}

export async function findJob(deps: Voxel51Deps, caller: Caller, id: string): Promise<StoredJob> {
  const found = isId(id) ? await deps.rooms.jobs.get(caller, id).catch(hidden(id)) : undefined;
  if (found?.origin !== origin || found.createdBy !== caller.email) throw missing('Job', id);
  return found;
}

function hidden(id: string) {
  return (error: unknown): never => {
    throw error instanceof Fault && error.code === 'not_found' ? missing('Job', id) : error;
  };
}

/** Makes a job of an uploaded request; nothing is left behind when a check fails. */
export async function createJob(deps: Voxel51Deps, caller: Caller, bytes: Buffer, fields: Record<string, string>): Promise<Row> {
  const start = readFlag(fields['auto_start'], 'auto_start');
  const expiresAt = uploadExpiration(fields['job_ttl'], 'job_ttl');
  const { analytic, computeMode, inputs, parameters } = await bindRequest(deps, caller, bytes);
  if (start) await bringPostedData(deps, caller, Object.values(inputs));
  const extra: JobExtra = {
    request: bytes.toString('utf8'),
    analytic: wireName(analytic),
    computeMode,
    autoStart: start,
    public: analytic.builtin,
    download: downloadOf(documentOf(analytic)) ?? null,
  };
  const job = await deps.rooms.jobs.create(caller, {
    project: await projectOf(deps, caller),
    analytic: analytic.id,
    ...(fields['job_name'] ? { name: fields['job_name'] } : {}),
    inputs,
    parameters,
    compute: computeMode.toLowerCase() as 'cpu' | 'gpu' | 'best',
    start,
    cache: false,
    attachLabels: false,
    expiresAt,
    origin,
    extra,
    anyMedia: true,
  });
  return toJob(job);
}

function illegal(job: StoredJob, move: string): Fault {
  return new Fault('illegal_state', `Job '${job.id}' is ${stateOf(job)}${job.archived ? ', archived' : ''}${job.expired ? ', expired' : ''}: cannot ${move}`);
}

/** The moves that a user makes, each by the id of the job. */
export function jobMoves(deps: Voxel51Deps, caller: Caller) {
  const { jobs } = deps.rooms;
  const find = (id: string) => findJob(deps, caller, id);
  return {
    async start(id: string): Promise<void> {
      const job = await find(id);
      if (job.status !== 'ready') throw illegal(job, 'start');
      for (const input of Object.values(job.inputs).flat()) {
        await findData(deps, caller, input).catch((error: unknown) => {
          throw error instanceof Fault && error.code === 'not_found' ? new Fault('conflict', `The input data '${input}' no longer exist`) : error;
        });
      }
      await bringPostedData(deps, caller, Object.values(job.inputs).flat());
      await jobs.start(caller, id);
    },
    async kill(id: string): Promise<void> {
      const job = await find(id);
      if (job.status !== 'queued' && job.status !== 'scheduled') throw illegal(job, 'kill');
      await jobs.cancel(caller, id, 'failed');
    },
    async archive(id: string): Promise<void> {
      await find(id);
      await jobs.update(caller, id, { archived: true });
    },
    async unarchive(id: string): Promise<void> {
      const job = await find(id);
      if (!job.archived || job.expired) throw illegal(job, 'unarchive');
      await jobs.update(caller, id, { archived: false });
    },
    async ttl(id: string, change: Row): Promise<void> {
      const job = await find(id);
      const expiresAt = changedExpiration(job.expiresAt ?? defaultExpiration(), change);
      if (job.expired) throw illegal(job, 'change its expiration');
      await jobs.update(caller, id, { expiresAt });
    },
    async delete(id: string): Promise<void> {
      const job = await find(id);
      if (job.status !== 'ready') throw illegal(job, 'delete');
      await jobs.delete(caller, id);
    },
  };
}

/** What a job gives to download; faults `gone`, `illegal_state` and `not_found`. */
export function outputOf(deps: Voxel51Deps, job: StoredJob) {
  const { download } = extraOf(job);
  const first = job.outputs[0];
  const wanted = download?.output == null ? first : job.outputs.find((output) => output.output === download.output);
  const { output, read } = deps.rooms.jobs.openOutputOf(job, wanted?.index ?? 0);
  if (!download) throw bad('the job has no downloadable output');
  return { filename: download.filename, output, read };
}

/** The log of a job of a private analytic, as text: what the worker has sent, else what it has printed. */
export async function logOf(deps: Voxel51Deps, caller: Caller, job: StoredJob): Promise<string> {
  if (extraOf(job).public) throw new Fault('forbidden', 'Logs exist for jobs of private analytics only');
  if (job.expired) throw new Fault('gone', 'The log of this job has expired');
  const sent = await deps.rooms.runs.kept(runOf(job), keptAs.logfile);
  if (sent) return sent.toString('utf8');
  const { lines } = await deps.rooms.jobs.log(caller, job.id);
  if (lines.length === 0) throw new Fault('not_found', 'The job has written no log yet');
  return lines.map(({ text }) => `${text}\n`).join('');
}

/** What a worker sends beside outputs, as the room keeps it. */
export const keptAs = { logfile: '$log', status: '$status' } as const;

export function runOf(job: Pick<StoredJob, 'id' | 'ticket'>): { id: string; ticket: number } {
  return { id: job.id, ticket: job.ticket ?? 0 };
}

/** The status document (section 8.3): what the worker has sent last, in the state of the record. */
export async function statusOf(deps: Voxel51Deps, job: StoredJob): Promise<Row> {
  const ours = recordStatus(job);
  const sent = await deps.rooms.runs.kept(runOf(job), keptAs.status);
  if (!sent) return ours;
  const theirs = readStatus(sent);
  if (theirs['state'] === ours['state']) return { ...ours, ...theirs };
  // It lags behind: the record knows the state and its times, the worker the rest.
  const { state, start_time, complete_time, fail_time, failure_type } = ours;
  return { ...ours, ...theirs, state, start_time, complete_time, fail_time, failure_type };
}

function readStatus(bytes: Buffer): Row {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {};
  } catch (error) {
    // A worker's own document; half of one says nothing.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** The same shape, from the record. */
function recordStatus(job: StoredJob): Row {
  const record = toJob(job);
  return {
    analytic: extraOf(job).analytic,
    version: job.version,
    state: record['state'],
    start_time: record['start_date'],
    complete_time: record['completion_date'],
    fail_time: record['fail_date'],
    failure_type: record['failure_type'],
    messages: job.message === null ? [] : [{ message: job.message, time: job.endedAt ?? job.startedAt ?? job.createdAt }],
    inputs: {},
    posted_data: {},
  };
}
