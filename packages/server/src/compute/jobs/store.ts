import type { Job, JobOutput } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import { withEvents, type RowEvent } from '../../events/outbox.ts';

export interface JobRow {
  id: string;
  number: number;
  org_id: string;
  project_id: string;
  analytic_id: string;
  analytic: string;
  version: string;
  name: string;
  status: Job['status'];
  compute: Job['compute'];
  queue: string;
  ticket: number | null;
  inputs: Record<string, string[]>;
  data_versions: Record<string, string> | null;
  parameters: Record<string, unknown>;
  frame: number | null;
  profile_id: string | null;
  attach_labels: boolean;
  work_key: string | null;
  progress: number;
  message: string | null;
  cause: Job['cause'];
  outputs: JobOutput[];
  summary: Record<string, unknown> | null;
  failures: Job['failures'];
  archived: boolean;
  attempt: number;
  callback_url: string | null;
  origin: string | null;
  external_id: string | null;
  extra: unknown;
  revision: number;
  created_by: string;
  created_at: Date;
  queued_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  expires_at: Date | null;
}

/** A job with what only the server and the doors know. */
export interface StoredJob extends Job {
  orgId: string;
  queue: string;
  ticket: number | null;
  attachLabels: boolean;
  workKey: string | null;
  callbackUrl: string | null;
  origin: string | null;
  externalId: string | null;
  extra: unknown;
}

export function toStoredJob(row: JobRow): StoredJob {
  const iso = (date: Date | null) => date?.toISOString() ?? null;
  return {
    id: row.id,
    number: row.number,
    orgId: row.org_id,
    projectId: row.project_id,
    analyticId: row.analytic_id,
    analytic: row.analytic,
    version: row.version,
    name: row.name,
    status: row.status,
    compute: row.compute,
    inputs: row.inputs,
    dataVersions: row.data_versions ?? {},
    parameters: row.parameters,
    frame: row.frame,
    profileId: row.profile_id,
    progress: row.progress,
    message: row.message,
    cause: row.cause,
    outputs: row.outputs,
    summary: row.summary,
    failures: row.failures,
    position: null,
    estimatedStartAt: null,
    archived: row.archived,
    expired: row.expires_at !== null && row.expires_at.getTime() <= Date.now(),
    attempt: row.attempt,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    queuedAt: iso(row.queued_at),
    startedAt: iso(row.started_at),
    endedAt: iso(row.ended_at),
    expiresAt: iso(row.expires_at),
    queue: row.queue,
    ticket: row.ticket,
    attachLabels: row.attach_labels,
    workKey: row.work_key,
    callbackUrl: row.callback_url,
    origin: row.origin,
    externalId: row.external_id,
    extra: row.extra,
  };
}

export function toJob(stored: StoredJob): Job {
  const { orgId: _o, queue: _q, ticket: _t, attachLabels: _a, workKey: _w, callbackUrl: _c, origin: _or, externalId: _e, extra: _x, ...job } = stored;
  // What has expired is no longer to be had.
  return job.expired ? { ...job, outputs: [] } : job;
}

export interface NewJob {
  id: string;
  orgId: string;
  projectId: string;
  analyticId: string;
  analytic: string;
  version: string;
  name: string;
  compute: string;
  queue: string;
  inputs: unknown;
  dataVersions: Record<string, string>;
  parameters: unknown;
  frame: number | null;
  profileId: string | null;
  attachLabels: boolean;
  workKey: string | null;
  callbackUrl: string | null;
  origin: string | null;
  externalId: string | null;
  extra: unknown;
  createdBy: string;
  expiresAt: string | null;
  /** Whether it waits in its queue at once. */
  queued: boolean;
}

/** Events of a change, and who made it. */
export interface Told {
  /** Undefined: each row's own maker. */
  actor: string | undefined;
  events: readonly RowEvent[];
}

const telling = <Row = JobRow>(db: Queryable, change: Sql, { actor, events }: Told, give?: Sql): Promise<Row[]> =>
  withEvents<Row>(db, change, { kind: 'job', actor: actor ?? sql`m.created_by`, data: sql`jsonb_build_object('analytic', m.analytic, 'status', coalesce(e.status, m.status), 'name', m.name)` }, events, give);

export async function insertJob(db: Queryable, job: NewJob, told: Told): Promise<StoredJob> {
  const [made] = await insertJobs(db, [job], told);
  if (!made) throw new Error(`The job ${job.id} was not written.`);
  return made;
}

/** Writes jobs, all of which have the same events; gives them in their order. */
export async function insertJobs(db: Queryable, list: readonly NewJob[], told: Told): Promise<StoredJob[]> {
  const insert = sql`insert into jobs (id, org_id, project_id, analytic_id, analytic, version, name, compute, queue, inputs, parameters, profile_id,
        attach_labels, work_key, callback_url, origin, external_id, extra, created_by, expires_at, data_versions, frame, status, ticket, queued_at)
      values ${join(list.map(valuesOf), ', ')} returning *`;
  const rows = new Map((await telling(db, insert, told)).map((row) => [row.id, toStoredJob(row)]));
  return list.flatMap(({ id }) => rows.get(id) ?? []);
}

const valuesOf = (job: NewJob): Sql => sql`(${job.id}, ${job.orgId}, ${job.projectId}, ${job.analyticId}, ${job.analytic}, ${job.version}, ${job.name}, ${job.compute}, ${job.queue},
        ${JSON.stringify(job.inputs)}, ${JSON.stringify(job.parameters)}, ${job.profileId}, ${job.attachLabels}, ${job.workKey}, ${job.callbackUrl}, ${job.origin},
        ${job.externalId}, ${job.extra === null ? null : JSON.stringify(job.extra)}, ${job.createdBy}, ${job.expiresAt}, ${JSON.stringify(job.dataVersions)}, ${job.frame},
        ${job.queued ? sql`'queued', nextval('job_tickets'), now()` : sql`'ready', null, null`})`;

export async function selectJob(db: Queryable, id: string, options: { lock?: boolean; deleted?: boolean } = {}): Promise<StoredJob | undefined> {
  const row = await db.maybe<JobRow>(sql`select * from jobs where id = ${id} ${options.deleted ? empty : sql`and deleted_at is null`} ${options.lock ? sql`for update` : empty}`);
  return row && toStoredJob(row);
}

export async function selectJobByNumber(db: Queryable, orgId: string, number: number): Promise<StoredJob | undefined> {
  const row = await db.maybe<JobRow>(sql`select * from jobs where number = ${number} and org_id = ${orgId} and deleted_at is null`);
  return row && toStoredJob(row);
}

/** Those of a project among these, held until the transaction ends. */
export async function lockJobs(tx: Queryable, projectId: string, ids: readonly string[]): Promise<Map<string, StoredJob>> {
  const rows = await tx.many<JobRow>(sql`select * from jobs where id = any(${[...ids]}::uuid[]) and project_id = ${projectId} and deleted_at is null order by id for update`);
  return new Map(rows.map((row) => [row.id, toStoredJob(row)]));
}

/** An earlier job that did equal work and whose outputs are still there. */
export async function selectEqualWork(db: Queryable, orgId: string, workKey: string): Promise<StoredJob | undefined> {
  const row = await db.maybe<JobRow>(sql`select * from jobs where org_id = ${orgId} and work_key = ${workKey} and status = 'complete' and deleted_at is null
    and (expires_at is null or expires_at > now()) order by id desc limit 1`);
  return row && toStoredJob(row);
}

export interface JobChange {
  status?: Job['status'];
  progress?: number;
  message?: string | null;
  cause?: Job['cause'];
  outputs?: readonly JobOutput[];
  summary?: Record<string, unknown> | null;
  failures?: Job['failures'];
  archived?: boolean;
  name?: string;
  expiresAt?: string | null;
  /** Where it has none yet. */
  expiresByDefault?: string;
  addAttempt?: boolean;
  extra?: unknown;
  callbackUrl?: string | null;
  inputs?: unknown;
  parameters?: unknown;
  profileId?: string | null;
  deleted?: boolean;
}

/** Changes a job that meets a condition, with its events; undefined when it does not. */
export async function updateJob(db: Queryable, id: string, change: JobChange, told: Told, condition: Sql = sql`true`): Promise<StoredJob | undefined> {
  const set: Sql[] = [sql`revision = revision + 1`, sql`updated_at = now()`];
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  if (change.status !== undefined) {
    set.push(sql`status = ${change.status}`);
    if (change.status === 'ready') set.push(sql`ticket = null, queued_at = null, started_at = null, ended_at = null`);
    if (change.status === 'queued') set.push(sql`ticket = nextval('job_tickets'), queued_at = now(), started_at = null, ended_at = null`);
    if (change.status === 'running') set.push(sql`started_at = coalesce(started_at, now())`);
    if (['complete', 'failed', 'cancelled'].includes(change.status)) set.push(sql`ended_at = now()`);
  }
  if (change.progress !== undefined) set.push(sql`progress = ${change.progress}`);
  if (change.message !== undefined) set.push(sql`message = ${change.message}`);
  if (change.cause !== undefined) set.push(sql`cause = ${change.cause}`);
  if (change.outputs !== undefined) set.push(sql`outputs = ${json(change.outputs)}`);
  if (change.summary !== undefined) set.push(sql`summary = ${json(change.summary)}`);
  if (change.failures !== undefined) set.push(sql`failures = ${json(change.failures)}`);
  if (change.archived !== undefined) set.push(sql`archived = ${change.archived}`);
  if (change.name !== undefined) set.push(sql`name = ${change.name}`);
  if (change.expiresAt !== undefined) set.push(sql`expires_at = ${change.expiresAt}`);
  if (change.expiresByDefault !== undefined) set.push(sql`expires_at = coalesce(expires_at, ${change.expiresByDefault})`);
  if (change.callbackUrl !== undefined) set.push(sql`callback_url = ${change.callbackUrl}`);
  if (change.profileId !== undefined) set.push(sql`profile_id = ${change.profileId}`);
  if (change.inputs !== undefined) set.push(sql`inputs = ${json(change.inputs)}`);
  if (change.parameters !== undefined) set.push(sql`parameters = ${json(change.parameters)}`);
  if (change.extra !== undefined) set.push(sql`extra = ${json(change.extra)}`);
  if (change.addAttempt) set.push(sql`attempt = attempt + 1`);
  if (change.deleted) set.push(sql`deleted_at = now()`);
  const [row] = await telling(db, sql`update jobs set ${join(set, ', ')} where id = ${id} and ${condition} returning *`, told);
  return row && toStoredJob(row);
}

/** A queueing of a job, which one worker has in hand. */
export interface Run {
  id: string;
  ticket: number | null;
}

/** Begins the runs that wait in their queue and that nobody is called back of; gives each its job, or undefined. */
export async function beginRuns(db: Queryable, runs: readonly Run[], told: Told): Promise<(StoredJob | undefined)[]> {
  const rows = await telling(db, sql`update jobs set revision = revision + 1, updated_at = now(), status = 'running', started_at = coalesce(started_at, now()), progress = 0,
      attempt = attempt + 1
    from unnest(${runs.map((run) => run.id)}::uuid[], ${runs.map((run) => run.ticket)}::bigint[]) as r (run_id, run_ticket)
    where jobs.id = r.run_id and jobs.ticket = r.run_ticket and status = 'queued' and deleted_at is null and callback_url is null returning jobs.*`, told);
  const jobs = new Map(rows.map((row) => [row.id, toStoredJob(row)]));
  return runs.map((run) => jobs.get(run.id));
}

/** How a run ends. What is not said stays as it is. */
export interface RunEnd {
  run: Run;
  change: Pick<JobChange, 'progress' | 'message' | 'cause' | 'outputs' | 'summary' | 'failures' | 'expiresByDefault'> & { status: 'complete' | 'failed' };
}

/** Ends runs that nobody is called back of, all of them well or all not; tells of each whether it was still running. */
export async function endRuns(db: Queryable, ends: readonly RunEnd[], told: Told): Promise<boolean[]> {
  const given = JSON.stringify(ends.map(({ run, change }) => ({ run_id: run.id, run_ticket: run.ticket, change })));
  const rows = await telling<{ id: string }>(db, sql`update jobs set revision = revision + 1, updated_at = now(), ended_at = now(), status = e.change->>'status',
      message = case when e.change ? 'message' then e.change->>'message' else message end, cause = case when e.change ? 'cause' then e.change->>'cause' else cause end,
      progress = coalesce((e.change->>'progress')::real, progress), outputs = coalesce(e.change->'outputs', outputs), failures = coalesce(e.change->'failures', failures),
      summary = case when e.change ? 'summary' then nullif(e.change->'summary', 'null') else summary end,
      expires_at = coalesce(expires_at, (e.change->>'expiresByDefault')::timestamptz)
    from jsonb_to_recordset(${given}::jsonb) as e (run_id uuid, run_ticket bigint, change jsonb)
    where jobs.id = e.run_id and jobs.ticket = e.run_ticket and status = 'running' and deleted_at is null and callback_url is null returning jobs.*`, told, sql`m.id`);
  const ended = new Set(rows.map((row) => row.id));
  return ends.map(({ run }) => ended.has(run.id));
}

/** Progress of a running job; tells whether it still runs, and not anew by a later queueing. */
export async function reportProgress(db: Queryable, { id, ticket }: { id: string; ticket: number | null }, progress: number | undefined, message: string | undefined): Promise<boolean> {
  const touched = await db.run(sql`update jobs set progress = coalesce(${progress ?? null}::real, progress), message = coalesce(${message ?? null}, message), updated_at = now()
    where id = ${id} and ticket = ${ticket} and status = 'running' and deleted_at is null`);
  return touched > 0;
}

export async function appendLog(db: Queryable, jobId: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await db.run(sql`insert into job_log (job_id, line, text)
    select ${jobId}, (select coalesce(max(line), 0) from job_log where job_id = ${jobId}) + n, text from unnest(${[...lines]}::text[]) with ordinality as l (text, n)`);
}

export async function selectLog(db: Queryable, jobId: string, after: number, limit: number): Promise<{ line: number; at: string; text: string }[]> {
  const rows = await db.many<{ line: number; at: Date; text: string }>(sql`select line, at, text from job_log where job_id = ${jobId} and line > ${after} order by line limit ${limit}`);
  return rows.map((row) => ({ line: row.line, at: row.at.toISOString(), text: row.text }));
}
