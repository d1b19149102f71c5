import { runs, type BodyOf } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, Upload } from '../client.ts';
import { Feature } from '../feature.ts';
import { openSource, type UploadSource } from '../transfer/source.ts';

/** Which run, as the addresses in its task name it. */
type RunPlace = { job: string; ticket: string; expires: string; signature: string };

/** Taken apart: `/v1/runs/{job}/{ticket}/…?expires=…&signature=…`. */
function placeOf(address: string): RunPlace & { rest: string[] } {
  const url = new URL(address);
  const [job = '', ticket = '', ...rest] = (url.pathname.split('/v1/runs/')[1] ?? '').split('/').map(decodeURIComponent);
  if (job === '' || ticket === '') throw new TypeError('This is not an address of a run.');
  return { job, ticket, rest, expires: url.searchParams.get('expires') ?? '', signature: url.searchParams.get('signature') ?? '' };
}

/** For analytics that run elsewhere: what their endpoint calls while it works on a task, by the signed addresses in it. No key is needed. */
export class Runs extends Feature {
  /** Downloads an input by its address, as a Response. */
  input(address: string, options: CallOptions = {}): Promise<Response> {
    const { job, ticket, rest, expires, signature } = placeOf(address);
    return this.client.call(runs.input, { params: { job, ticket, input: rest[1] ?? '', index: rest[2] ?? '' }, query: { expires, signature }, ...options });
  }

  /** Uploads a file of an output to its address. */
  async upload(address: string, source: UploadSource, { name, ...options }: CallOptions & { name?: string } = {}): Promise<void> {
    const { job, ticket, rest, expires, signature } = placeOf(address);
    const opened = await openSource(source);
    const body: Upload = { open: (sent) => platform.body(opened, sent), replayable: opened.replayable };
    return this.client.call(runs.upload, { params: { job, ticket, output: rest[1] ?? '' }, query: { expires, signature, ...(name === undefined ? {} : { name }) }, body, ...options });
  }

  /** Reports progress, log lines, completion or failure; GoneError when the job is no longer wanted. */
  report(address: string, report: BodyOf<typeof runs.report>, options: CallOptions = {}): Promise<void> {
    const { job, ticket, expires, signature } = placeOf(address);
    return this.client.call(runs.report, { params: { job, ticket }, query: { expires, signature }, body: report, ...options });
  }
}
