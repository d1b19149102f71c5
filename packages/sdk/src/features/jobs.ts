import { jobs, type BodyOf, type Job } from '@fovea/contract';
import type { CallOptions } from '../client.ts';
import { FoveaError, TimeoutError } from '../errors.ts';
import { Feature } from '../feature.ts';
import { pause } from '../transport.ts';

/** The job that was waited for did not complete. */
export class JobFailedError extends FoveaError {
  override name = 'JobFailedError';
  readonly job: Job;
  constructor(job: Job) {
    super(`The job ${job.id} (${job.analytic}) is ${job.status}${job.message === null ? '' : `: ${job.message}`}`);
    this.job = job;
  }
}

/** Options of waiting. */
export interface WaitOptions extends CallOptions {
  /** Throws TimeoutError after so long; the job goes on. Default an hour. */
  deadlineMs?: number;
  /** Told whenever something was heard of the job. */
  onProgress?: (job: Job) => void;
}

/** A job is asked for at most once in so long. */
const minAskMs = 500;

const ended = new Set<Job['status']>(['complete', 'failed', 'cancelled']);

/** Jobs: runs of analytics. */
export class Jobs extends Feature {
  /** Creates a job and, unless told otherwise, queues it. */
  readonly create = this.method(jobs.create);
  /** Finds jobs of a project by the query language, newest first. */
  readonly query = this.listOf(jobs.query, 'project');
  /** Gets a job; with `waitSeconds` answers when it ends, or after so long. */
  readonly get = this.method(jobs.get, 'job');
  /** Queues a job that is ready. */
  readonly start = this.method(jobs.start, 'job');
  /** Queues many jobs that are ready, in their order; those that cannot be queued are told, each with the reason. */
  readonly startMany = this.method(jobs.startMany, 'project');
  /** Cancels a job, also a running one. */
  readonly cancel = this.method(jobs.cancel, 'job');
  /** Archives a job, or changes when its outputs expire. */
  readonly update = this.method(jobs.update, 'job');
  /** Deletes a job that is not in progress, with its outputs. */
  readonly delete = this.method(jobs.delete, 'job');
  /** The log lines of a job. */
  readonly log = this.method(jobs.log, 'job');
  /** Downloads an output of a complete job. */
  readonly output = this.method(jobs.output, 'job', 'index');
  /** Gets a URL that opens an output of a complete job without a key, for a time. */
  readonly link = this.method(jobs.link, 'job', 'index');
  /** Downloads an output by the signed URL of `link`. */
  readonly open = this.method(jobs.open, 'job', 'index');

  /** Waits until a job has ended; the server is asked to hold its answer. Throws JobFailedError, or TimeoutError at the deadline. */
  async wait(id: string, { deadlineMs = 3_600_000, onProgress, ...options }: WaitOptions = {}): Promise<Job> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw new TimeoutError(`The job ${id} has not ended within ${deadlineMs / 1_000} seconds.`);
      const askedMs = Date.now();
      const job = await this.get(id, { waitSeconds: Math.min(Math.ceil(leftMs / 1_000), onProgress ? 2 : 20) }, options);
      onProgress?.(job);
      if (job.status === 'complete') return job;
      if (ended.has(job.status)) throw new JobFailedError(job);
      // A server that answers at once, whatever the state means, is not asked in circles.
      await pause(Math.max(0, minAskMs - (Date.now() - askedMs)), options.signal);
    }
  }

  /** Creates a job, queues it and waits until it is complete. */
  async createAndWait(request: BodyOf<typeof jobs.create>, options: WaitOptions = {}): Promise<Job> {
    const { deadlineMs: _deadlineMs, onProgress: _onProgress, ...call } = options;
    const made = await this.create({ ...request, start: true }, call);
    return this.wait(made.id, options);
  }

  /** One job for each request, so many at a time; every one settles before this does. */
  async map(requests: Iterable<BodyOf<typeof jobs.create>>, { concurrency = 4, onProgress, ...options }: WaitOptions & { concurrency?: number } = {}): Promise<PromiseSettledResult<Job>[]> {
    const pending = [...requests];
    const results: PromiseSettledResult<Job>[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let index = next++; index < pending.length; index = next++) {
        const request = pending[index];
        if (!request) continue;
        const [result] = await Promise.allSettled([this.createAndWait(request, options)]);
        if (!result) continue;
        results[index] = result;
        if (result.status === 'fulfilled') onProgress?.(result.value);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, pending.length) }, lane));
    return results;
  }
}
