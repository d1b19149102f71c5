import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { AnalyticResult, InputFile, OutputFile } from '@fovea/analytics/analytic.ts';
import { InputError } from '@fovea/analytics/analytic.ts';
import { runReport, type RunReport } from '@fovea/contract';
import { OutboundError, type Outbound, type OutboundResponse } from '../../engines/outbound/outbound.ts';
import { standardHeaders } from '../../events/webhooks/sign.ts';
import { typeOf } from './collect.ts';
import { AnswerLater, RunnerError, type Runner, type RunRequest } from './runner.ts';

/** The signed addresses that a task carries; nothing else opens them. */
export interface RunAddresses {
  input(name: string, index: number): string;
  output(name: string): string;
  report: string;
  /** When they close. */
  expiresAt: string;
}

export interface HttpRunnerDeps {
  outbound: Outbound;
  addresses(run: RunRequest['job'], lifeSeconds: number): RunAddresses;
  /** The secret of an analytic, `whsec_…`. */
  secretOf(analytic: { name: string; version: string }, jobId: string): Promise<string>;
  /** What was reported of a run, once; undefined as long as nothing was. */
  takeReport(run: RunRequest['job']): Promise<RunReport | undefined>;
  /** The files that were uploaded for a run, written below a folder. */
  takeUploads(run: RunRequest['job'], folder: string): Promise<OutputFile[]>;
}

const answerTimeoutMs = 60_000;
const maxAnswerBytes = 64 * 1024 * 1024;
const maxFileBytes = 16 * 1024 ** 3;
const askMs = 250;

/**
 * Runs an analytic at an endpoint: the task is sent there, signed, with addresses from which its inputs are read. The endpoint answers 200
 * with the result, or 202 and reports it later. A message that comes a second time sends the task again under the same `webhook-id`, unless
 * it says that the task was taken.
 */
export function httpRunner(deps: HttpRunnerDeps): Runner {
  return {
    async run(request) {
      const { runtime, timeoutSeconds } = request.manifest;
      if (runtime.kind !== 'http') throw new RunnerError(`The HTTP runner was given an analytic of the kind "${runtime.kind}".`);
      request.task.signal.throwIfAborted();
      const addresses = deps.addresses(request.job, timeoutSeconds + 3_600);
      const asked = request.later?.asked ?? false;
      const report = (await deps.takeReport(request.job)) ?? (asked ? undefined : await ask(deps, request, { url: runtime.url, addresses })) ?? (await later(deps, request));
      return resultOf(deps, request, report);
    },
    close: async () => undefined,
  };
}

/** Sends the task; undefined when the answer comes later. */
async function ask(deps: HttpRunnerDeps, request: RunRequest, to: { url: string; addresses: RunAddresses }): Promise<RunReport | undefined> {
  const { manifest, job, task } = request;
  const body = JSON.stringify(taskOf(request, to.addresses));
  const secret = await deps.secretOf(manifest, job.id);
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...standardHeaders({ id: `${job.id}.${job.ticket}`, body, secrets: [secret] }) };
  const answer = await deps.outbound.request({ url: to.url, method: 'POST', headers, body, timeoutMs: Math.min(answerTimeoutMs, manifest.timeoutSeconds * 1_000), signal: task.signal }).catch(unreachable(task.signal));
  const text = await readAnswer(answer, task.signal);
  if (answer.status === 202) return undefined;
  if (answer.status === 429 || answer.status >= 500) throw new RunnerError(`The endpoint answered ${answer.status}.${shown(text)}`);
  if (answer.status < 200 || answer.status >= 300) throw new Error(`The endpoint answered ${answer.status}.${shown(text)}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(text === '' ? 'The endpoint answered 200 without a result; an endpoint that answers later says 202.' : `The answer of the endpoint is not valid JSON: ${(error as Error).message.slice(0, 200)}`, { cause: error });
  }
  const parsed = runReport.safeParse(typeof value === 'object' && value !== null && !('status' in value) ? { ...value, status: 'complete' } : value);
  if (!parsed.success) throw new Error(`The answer of the endpoint: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  if (parsed.data.status === 'running') return undefined;
  return parsed.data;
}

function taskOf({ manifest, job, task }: RunRequest, addresses: RunAddresses) {
  const inputs = Object.fromEntries(
    Object.entries(task.inputs).map(([name, files]) => [name, files.map((file, index) => ({ name: file.name, mediaType: file.mediaType, itemId: file.itemId ?? null, url: addresses.input(name, index) }))]),
  );
  const parameters = Object.fromEntries(
    manifest.parameters.flatMap(({ name, type }) => {
      const value = task.parameters[name];
      if (value === undefined) return [];
      if (type !== 'file') return [[name, value]];
      const { name: fileName, mediaType, itemId } = value as InputFile;
      return [[name, { name: fileName, mediaType, itemId: itemId ?? null, url: addresses.input(`parameter:${name}`, 0) }]];
    }),
  );
  const outputs = manifest.outputs.map(({ name, type, many, filename }) => ({ name, type, many, filename: filename ?? null, upload: addresses.output(name) }));
  return { analytic: manifest.name, version: manifest.version, jobId: job.id, inputs, parameters, outputs, report: addresses.report, expiresAt: addresses.expiresAt };
}

function unreachable(signal: AbortSignal) {
  return (error: unknown): never => {
    signal.throwIfAborted();
    if (!(error instanceof OutboundError)) throw error;
    const message = `The endpoint cannot be called: ${error.message}`;
    throw error.code === 'refused' ? new Error(message, { cause: error }) : new RunnerError(message, { cause: error });
  };
}

async function readAnswer(answer: OutboundResponse, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of answer.body) {
      length += (part as Buffer).length;
      if (length > maxAnswerBytes) throw new Error(`The answer of the endpoint has more than ${maxAnswerBytes} bytes; upload large outputs to their addresses.`);
      parts.push(part as Buffer);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (length > maxAnswerBytes) throw error;
    throw new RunnerError(`The answer of the endpoint broke off: ${(error as Error).message}`, { cause: error });
  }
  return Buffer.concat(parts).toString('utf8');
}

function shown(text: string): string {
  return text === '' ? '' : ` It said: ${text.slice(0, 500)}`;
}

/** Waits for the report that ends the run, or lets somebody else wait. */
async function later({ takeReport }: HttpRunnerDeps, { job, task, later, manifest }: RunRequest): Promise<RunReport> {
  if (later) throw Date.now() < later.untilMs ? new AnswerLater() : new Error(`The job took longer than ${manifest.timeoutSeconds} seconds.`);
  for (;;) {
    const report = await takeReport(job);
    if (report) return report;
    await setTimeout(askMs, undefined, { signal: task.signal }).catch(() => undefined);
    task.signal.throwIfAborted();
  }
}

async function resultOf(deps: HttpRunnerDeps, request: RunRequest, report: RunReport): Promise<AnalyticResult> {
  const { manifest, task, job } = request;
  for (const line of report.log) task.log(line);
  if (report.status === 'failed') {
    const message = report.message ?? 'The endpoint reported a failure without a message.';
    throw report.cause === 'user' ? new InputError(message) : new Error(message);
  }
  const inputs = Object.values(task.inputs).flat();
  const find = (itemId: string): InputFile => {
    const found = inputs.find((file) => file.itemId === itemId);
    if (!found) throw new Error(`The result speaks of the item ${itemId}, which is not an input of the job.`);
    return found;
  };
  // Open to nobody else, whoever makes it.
  if (report.outputs.length > 0) await mkdir(task.outputDir, { recursive: true, mode: 0o700 });
  const files: OutputFile[] = await deps.takeUploads(job, task.outputDir);
  for (const [index, given] of report.outputs.entries()) {
    const output = manifest.outputs.find((one) => one.name === given.output);
    if (!output) throw new Error(`The result names the output "${given.output}", which the manifest does not have; it has ${manifest.outputs.map((one) => one.name).join(', ') || 'none'}.`);
    const path = join(task.outputDir, `answer-${index}`);
    await write(deps, given, path, task.signal);
    files.push({ output: output.name, path, name: given.name ?? output.filename ?? output.name, mediaType: given.mediaType ?? typeOf(output, given.name ?? output.filename ?? ''), ...(given.from === undefined ? {} : { from: find(given.from) }) });
  }
  const labels = manifest.outputs.find((output) => output.type === 'labels')?.name ?? 'labels';
  return {
    files,
    labels: report.labels.map(({ from, annotations }) => ({ output: labels, from: find(from), annotations })),
    failures: report.failures.map(({ from, message }) => ({ from: find(from), message })),
    ...(report.summary ? { summary: report.summary } : {}),
  };
}

async function write({ outbound }: HttpRunnerDeps, given: RunReport['outputs'][number], path: string, signal: AbortSignal): Promise<void> {
  if (given.text !== undefined) return writeFile(path, given.text);
  if (given.base64 !== undefined) return writeFile(path, Buffer.from(given.base64, 'base64'));
  if (given.url === undefined) throw new Error(`The output "${given.output}" of the result has neither text nor base64 nor url.`);
  const answer = await outbound.request({ url: given.url, maxRedirects: 5, signal }).catch(unreachable(signal));
  if (answer.status !== 200) {
    answer.body.destroy();
    throw new Error(`The output "${given.output}" cannot be fetched: its address answers ${answer.status}.`);
  }
  let length = 0;
  await writeFile(
    path,
    (async function* () {
      for await (const part of answer.body) {
        length += (part as Buffer).length;
        if (length > maxFileBytes) throw new Error(`The output "${given.output}" has more than ${maxFileBytes} bytes.`);
        yield part as Buffer;
      }
    })(),
    { signal },
  );
}
