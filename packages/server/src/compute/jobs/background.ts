import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, type AnalyticResult, type InputFile } from '@fovea/analytics/analytic.ts';
import { fromObjectId, toObjectId, type AnalyticManifest, type Item, type JobOutput } from '@fovea/contract';
import { recordBlobs } from '../../catalog/blobs/store.ts';
import { projectKey } from '../../catalog/deidentification/store.ts';
import { selectItems, type StoredItem } from '../../catalog/items/store.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database, Tx } from '../../engines/database/database.ts';
import { messageKind, type Message, type Queue, type SendOptions } from '../../engines/queue/queue.ts';
import { Fault } from '../../fault.ts';
import { systemCaller } from '../../identity/caller.ts';
import type { AnnotationsService } from '../../labeling/annotations/service.ts';
import type { Logger } from '../../logger.ts';
import type { AnalyticsService } from '../analytics/service.ts';
import { keptLog } from '../kept-log.ts';
import { removeFolder } from '../runners/remove-folder.ts';
import { AnswerLater, RunnerError, RunnerMissing, type Runner } from '../runners/runner.ts';
import { isDrawnFor } from './bind.ts';
import { tellPace, type Pace } from './pace.ts';
import { defaultExpiry, type JobsService } from './service.ts';
import { appendLog, reportProgress, type StoredJob } from './store.ts';

interface JobMessage {
  jobId: string;
  /** Of which queueing: a message of an earlier one is stale. */
  ticket: number;
  /** The task was sent to who answers later: the answer is there, or the time is up. */
  asked?: boolean;
}

/** A fault of the platform is tried again so often. */
const platformRetries = 3;
/** A job that so many workers were lost with is given up: it may be what ends them. */
const maxLosses = 20;

/** One queue per capability; a worker takes those it can serve. */
export const queues = {
  cpu: messageKind<JobMessage>('jobs.cpu', { retries: maxLosses + 5, backoffSeconds: 1, maxBackoffSeconds: 8, timeoutSeconds: 86_400, shared: true }),
  gpu: messageKind<JobMessage>('jobs.gpu', { retries: maxLosses + 5, backoffSeconds: 1, maxBackoffSeconds: 8, timeoutSeconds: 86_400, shared: true }),
};

export interface JobWorkerDeps {
  db: Database;
  blobs: BlobStore;
  queue: Queue;
  logger: Logger;
  jobs: JobsService;
  analytics: AnalyticsService;
  annotations: AnnotationsService;
  runners: Partial<Record<AnalyticManifest['runtime']['kind'], Runner>>;
  /** Draws a frame of a video, or a slice of a scan, into a folder; the path of the picture. */
  drawFrame(item: StoredItem, how: { orgId: string; frame: number; folder: string }): Promise<string>;
}

const folderPrefix = 'fovea-job-';
/** Longer than any job may take. */
const abandonedMs = 26 * 3_600_000;

/** Removes the folders of jobs whose worker was killed. */
async function sweepFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(folderPrefix)) continue;
    const path = join(tmpdir(), name);
    const facts = await stat(path).catch(() => undefined);
    if (facts && facts.mtimeMs < Date.now() - abandonedMs) await removeFolder(path);
  }
}

/** Begins to run jobs of these capabilities; gives how to stop telling how fast they are done, once the queue has stopped. */
export async function workJobs(deps: JobWorkerDeps, capabilities: readonly (keyof typeof queues)[] = ['cpu'], concurrency = 2): Promise<() => Promise<void>> {
  await sweepFolders();
  const paces: Pace[] = [];
  for (const capability of capabilities) {
    const pace = await tellPace(deps, capability, concurrency);
    paces.push(pace);
    await deps.queue.work(queues[capability], (message) => handle(deps, message, pace), { concurrency });
  }
  return async () => {
    for (const pace of paces) await pace.close();
  };
}

async function handle(deps: JobWorkerDeps, message: Message<JobMessage>, pace: Pace): Promise<void> {
  const { jobId: id, ticket, asked } = message.data;
  const taken = () => (asked ? deps.jobs.inRun({ id, ticket }) : deps.jobs.begin({ id, ticket }));
  const begun = message.attempt < maxLosses ? await taken() : undefined;
  if (begun) {
    const beganMs = performance.now();
    await runJob(deps, begun, message);
    pace.took((performance.now() - beganMs) / 1_000);
  } else if (message.attempt >= maxLosses) await deps.jobs.giveUp({ id, ticket }, `The workers that ran it were lost ${message.attempt} times.`);
}

async function runJob(deps: JobWorkerDeps, job: StoredJob, message: Message<JobMessage>): Promise<void> {
  const { manifest, files: stored } = await deps.analytics.runnable(job.analyticId);
  const folder = await jobFolder(job, manifest);
  const stop = new AbortController();
  const report = reporter(deps, job, stop);
  const timer = setTimeout(() => stop.abort(new Error(`The job took longer than ${manifest.timeoutSeconds} seconds.`)), manifest.timeoutSeconds * 1_000);
  const releases: (() => Promise<void>)[] = [];
  try {
    const runner = deps.runners[manifest.runtime.kind];
    if (!runner) throw new RunnerMissing(`No runner for "${manifest.runtime.kind}" is installed on this platform.`);
    const { inputs, items } = await prepareInputs(deps, { job, manifest, folder }, releases);
    const outputDir = join(folder, 'out');
    if (existsSync(folder)) await mkdir(outputDir, { recursive: true });
    const parameters = await fileParameters(deps, manifest, job, releases);
    const result = await runner.run({
      manifest,
      folder,
      job: { id: job.id, ticket: job.ticket ?? 0, gpu: job.queue === 'gpu' },
      later: { asked: message.data.asked ?? false, untilMs: endOf(job, manifest) },
      files: await analyticFiles(deps, stored, releases),
      task: { inputs, parameters, outputDir, progress: report.progress, log: report.log, signal: AbortSignal.any([stop.signal, message.signal]) },
    });
    await report.flush();
    await finish(deps, job, manifest, result, items);
  } catch (error) {
    await report.flush();
    if (message.signal.aborted) throw error;
    if (error instanceof AnswerLater) return await wakeLater(deps, job, manifest);
    await fail(deps, job, stop.signal.aborted ? (stop.signal.reason as Error) : (error as Error), message.attempt);
  } finally {
    clearTimeout(timer);
    report.close();
    for (const release of releases) await release();
    if (existsSync(folder)) await removeFolder(folder);
  }
}

/** A folder of the job's own. What runs elsewhere and is given nothing has none until its answer brings files: making and removing one takes milliseconds. */
async function jobFolder({ inputs }: StoredJob, { runtime, parameters }: AnalyticManifest): Promise<string> {
  const needed = runtime.kind !== 'http' || Object.keys(inputs).length > 0 || parameters.some(({ type }) => type === 'file');
  return needed ? mkdtemp(join(tmpdir(), folderPrefix)) : join(tmpdir(), `${folderPrefix}${randomUUID()}`);
}

/** When a job has taken too long, in milliseconds since 1970. */
function endOf({ startedAt }: StoredJob, { timeoutSeconds }: AnalyticManifest): number {
  return (startedAt === null ? Date.now() : Date.parse(startedAt)) + timeoutSeconds * 1_000;
}

/** Gives the lane back: whoever takes the answer sends a message, and one that comes when the time is up ends the job. */
async function wakeLater({ db, queue }: JobWorkerDeps, job: StoredJob, manifest: AnalyticManifest): Promise<void> {
  const delaySeconds = Math.max(1, Math.ceil((endOf(job, manifest) - Date.now()) / 1_000) + 1);
  await db.tx((tx) => wake(tx, queue, job, { delaySeconds }));
}

/** Has a job that waits for an answer looked at again. */
export async function wake(tx: Tx, queue: Queue, job: Pick<StoredJob, 'id' | 'ticket' | 'queue'>, options: SendOptions): Promise<void> {
  const kind = job.queue === 'gpu' ? queues.gpu : queues.cpu;
  await queue.send(tx, kind, { jobId: job.id, ticket: job.ticket ?? 0, asked: true }, options);
}

/** The job was cancelled while it ran. */
class JobStopped extends Error {
  override name = 'JobStopped';
}

const reportMs = 300;

/** Passes progress and log lines on a few times a second, and finds out whether the job was cancelled. */
function reporter({ db }: JobWorkerDeps, job: StoredJob, stop: AbortController) {
  let fraction: number | undefined;
  let text: string | undefined;
  let lines: string[] = [];
  let chain = Promise.resolve();
  const flush = (last = false): Promise<void> => {
    chain = chain.then(async () => {
      if (last && lines.length === 0 && fraction === undefined && text === undefined) return;
      const [pending, at, words] = [lines, fraction, text];
      lines = [];
      fraction = undefined;
      text = undefined;
      await appendLog(db, job.id, pending);
      if (!(await reportProgress(db, job, at, words))) stop.abort(new JobStopped('The job was cancelled.'));
    });
    return chain;
  };
  const timer = setInterval(() => void flush().catch(() => undefined), reportMs);
  return {
    progress: (at: number, words?: string): void => {
      fraction = Math.min(Math.max(at, 0), 1);
      if (words !== undefined) text = words.slice(0, 500);
    },
    log: keptLog((line) => lines.push(line)),
    /** What is left, once the run has ended. */
    flush: () => flush(true).catch(() => undefined),
    close: () => clearInterval(timer),
  };
}

/** Few, as each may be copied from a bucket. */
const preparedAtOnce = 8;

async function prepareInputs({ db, blobs, drawFrame }: JobWorkerDeps, { job, manifest, folder }: { job: StoredJob; manifest: AnalyticManifest; folder: string }, releases: (() => Promise<void>)[]) {
  const ids = Object.values(job.inputs).flat();
  const items = new Map((ids.length === 0 ? [] : await selectItems(db, ids)).map((item) => [item.id, item]));
  const inputs: Record<string, InputFile[]> = {};
  for (const [name, of] of Object.entries(job.inputs)) {
    const media = manifest.inputs.find((input) => input.name === name)?.media ?? [];
    const prepare = async (id: string, index: number): Promise<InputFile> => {
      const item = items.get(id);
      if (!item) throw new InputError(`The item ${id} no longer exists.`);
      const place = join(folder, 'in', name, String(index));
      if (job.frame === null || !isDrawnFor(media, item)) return inputFile(blobs, item, place, releases);
      return { name: item.name, path: await drawFrame(item, { orgId: job.orgId, frame: job.frame, folder: place }), mediaType: 'image/png', itemId: item.id };
    };
    const files: InputFile[] = [];
    for (let start = 0; start < of.length; start += preparedAtOnce) {
      // Settled, all of them: what a failed one's neighbours still make would be left behind.
      const prepared = await Promise.allSettled(of.slice(start, start + preparedAtOnce).map((id, index) => prepare(id, start + index)));
      for (const one of prepared) {
        if (one.status === 'rejected') throw one.reason;
        files.push(one.value);
      }
    }
    inputs[name] = files;
  }
  return { inputs, items };
}

/** The bytes of an item under a path of the job's own, which keeps the ending of its name. */
async function inputFile(blobs: BlobStore, item: StoredItem, folder: string, releases: (() => Promise<void>)[]): Promise<InputFile> {
  const file = await blobs.localPath(item.sha256);
  releases.push(file.release);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `file${/\.[A-Za-z0-9]{1,10}$/.exec(item.name)?.[0] ?? ''}`);
  await symlink(file.path, path);
  return { name: item.name, path, mediaType: item.mediaType, itemId: item.id };
}

/** The files that the analytic came with, each under its own name where a runner asks for one. */
async function analyticFiles({ blobs }: JobWorkerDeps, stored: readonly { path: string; sha256: string }[], releases: (() => Promise<void>)[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const { path, sha256 } of stored) {
    const file = await blobs.localPath(sha256);
    releases.push(file.release);
    files[path] = file.path;
  }
  return files;
}

async function fileParameters(deps: JobWorkerDeps, manifest: AnalyticManifest, job: StoredJob, releases: (() => Promise<void>)[]): Promise<Record<string, unknown>> {
  const parameters = { ...job.parameters };
  // The project's secret is given to the run, and never stands in the job.
  if (manifest.name === 'fovea/deidentify') parameters['key'] = await projectKey(deps.db, { id: job.projectId, orgId: job.orgId });
  for (const { name, type } of manifest.parameters) {
    const value = parameters[name];
    if (type !== 'file' || typeof value !== 'string') continue;
    const [item] = await selectItems(deps.db, [value]);
    if (!item) throw new InputError(`The file of the parameter ${name} (item ${value}) does not exist.`);
    const file = await deps.blobs.localPath(item.sha256);
    releases.push(file.release);
    parameters[name] = { name: item.name, path: file.path, mediaType: item.mediaType, itemId: item.id } satisfies InputFile;
  }
  return parameters;
}

async function finish(deps: JobWorkerDeps, job: StoredJob, manifest: AnalyticManifest, result: AnalyticResult, items: Map<string, Item>): Promise<void> {
  const outputs: JobOutput[] = [];
  for (const [index, file] of result.files.entries()) {
    const stored = await deps.blobs.put(createReadStream(file.path));
    outputs.push({ index, output: file.output, name: file.name, mediaType: file.mediaType, sizeBytes: stored.size, sha256: stored.sha256, fromItemId: file.from?.itemId ?? null });
  }
  const single = manifest.outputs.filter((output) => !output.many && ['file', 'image', 'video', 'json'].includes(output.type));
  const missing = single.find((output) => !outputs.some((one) => one.output === output.name));
  if (missing && outputs.length === 0 && !result.labels?.length) throw new Error(`The analytic ended without its output "${missing.name}".`);
  // Before the job is complete: who waits for it finds them.
  if (job.attachLabels) await attachLabels(deps, job, result, items);
  const failures = (result.failures ?? []).map((failure) => ({ itemId: failure.from.itemId ?? null, name: failure.from.name, message: failure.message }));
  const change = { status: 'complete' as const, progress: 1, message: null, outputs, failures, summary: result.summary ?? null, expiresByDefault: defaultExpiry() };
  const blobs = outputs.map((output) => ({ sha256: output.sha256, size: output.sizeBytes }));
  await deps.jobs.end(job, change, blobs.length === 0 ? undefined : (tx) => recordBlobs(tx, blobs));
}

/** Labels that the run found become annotations of the items, by the analytic's name. What an earlier try of this run attached stays as it is. */
async function attachLabels({ annotations }: JobWorkerDeps, job: StoredJob, result: AnalyticResult, items: Map<string, Item>): Promise<void> {
  const caller = { ...systemCaller(job.orgId), email: `${job.analytic}@${job.version}` };
  for (const { from, annotations: found } of result.labels ?? []) {
    if (from.itemId === undefined || !items.has(from.itemId) || found.length === 0) continue;
    const base = labelBase(job, from.itemId);
    const inputs = found.map((content, index) => ({ ...content, frame: content.frame ?? job.frame, id: labelId(job, base + BigInt(index)), source: 'model' as const, metadata: { jobId: job.id } }));
    await annotations.create(caller, from.itemId, inputs).catch((error: unknown) => {
      if (!(error instanceof Fault && error.code === 'conflict')) throw error;
    });
  }
}

const labelBits = 40n;

/** Where the ids of the labels of one item begin: the same in every try of a run. */
function labelBase(job: StoredJob, itemId: string): bigint {
  return createHash('sha256').update(`${job.id}.${job.ticket}.${itemId}`).digest().readBigUInt64BE() & ((1n << (labelBits - 1n)) - 1n);
}

/** An id as others are made, of the time of the job. */
function labelId(job: StoredJob, number: bigint): string {
  const digits = number.toString(16).padStart(10, '0');
  const id = fromObjectId(`${toObjectId(job.id).slice(0, 12)}7${digits.slice(0, 3)}8${digits.slice(3)}`);
  if (id === undefined) throw new Error('The id of a job is no id.');
  return id;
}

async function fail(deps: JobWorkerDeps, job: StoredJob, error: Error, attempt: number): Promise<void> {
  if (error instanceof JobStopped) return;
  const platform = error instanceof RunnerError || ['ENOSPC', 'EMFILE', 'ENOMEM'].includes(String((error as NodeJS.ErrnoException).code));
  // A fault of ours may pass: the message comes again, to this worker or another.
  if (platform && attempt < platformRetries) throw error;
  const cause = error instanceof InputError ? 'user' : platform || error instanceof RunnerMissing ? 'platform' : 'analytic';
  await deps.jobs.end(job, { status: 'failed', cause, message: error.message.slice(0, 2_000) });
}
