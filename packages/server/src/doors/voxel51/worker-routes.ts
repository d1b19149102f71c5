import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isId, runReport } from '@fovea/contract';
import { blobFault } from '../../catalog/items/service.ts';
import { selectJob, type StoredJob } from '../../compute/jobs/store.ts';
import { Fault } from '../../fault.ts';
import { bodyStream } from '../../http/body.ts';
import { invalid } from '../../http/problem.ts';
import { systemCaller } from '../../identity/caller.ts';
import { origin, type Voxel51Deps } from './context.ts';
import { placeData } from './data.ts';
import { missing, sendJson } from './errors.ts';
import { extraOf, findJob, keptAs, runOf, stateOf } from './jobs.ts';
import { needSigned, runOfAgent, signedRunUrl } from './signed.ts';
import { defaultExpiration } from './times.ts';
import { readFileUpload, readObject } from './upload.ts';
import { platformFailure, taskOf } from './worker-protocol.ts';

/** How long addresses last that a worker asks for while it works. */
const lifeMs = 24 * 3_600_000;

/** The job that a worker may speak of: its key was made for this run, or it is a key of the job's owner. */
async function jobOfAgent(deps: Voxel51Deps, request: FastifyRequest): Promise<StoredJob> {
  const { id } = request.params as { id: string };
  const key = request.headers['x-voxel51-agent'];
  if (typeof key !== 'string' || key === '') throw new Fault('unauthenticated', 'Workers send their key as X-Voxel51-Agent.');
  const run = runOfAgent(deps.settings, key);
  if (!run) {
    const caller = await deps.rooms.keys.authenticate(key);
    if (!caller) throw new Fault('unauthenticated', 'This key is unknown, revoked or expired.');
    return findJob(deps, caller, id);
  }
  const job = run.id === id ? await selectJob(deps.engines.db, id) : undefined;
  if (!job || job.ticket !== run.ticket) throw missing('Job', id);
  return job;
}

const stateChange = z.object({
  state: z.enum(['RUNNING', 'COMPLETE', 'FAILED'], { error: 'must be RUNNING, COMPLETE or FAILED' }),
  failure_type: z.enum(['USER', 'ANALYTIC', 'PLATFORM', 'NONE'], { error: 'must be USER, ANALYTIC, PLATFORM or NONE' }).nullish(),
});

/** What a worker says of its run is kept; the record follows when the container has ended, so that COMPLETE is told when the output is there. */
async function changeState(deps: Voxel51Deps, job: StoredJob, body: unknown): Promise<string> {
  const parsed = stateChange.safeParse(body);
  if (!parsed.success) throw invalid(parsed.error.issues, 'body');
  const { state, failure_type: type } = parsed.data;
  // Said again after the end, by the container's shell or a slow network: harmless.
  if (job.endedAt !== null) return stateOf(job);
  if (job.status !== 'running') throw new Fault('illegal_state', `Job '${job.id}' is ${stateOf(job)}: it is not being worked on`);
  if (state === 'RUNNING') return state;
  const message = type === 'PLATFORM' ? platformFailure : 'The analytic reported a failure; its log says more.';
  await deps.rooms.runs.keepReport(runOf(job), runReport.parse(state === 'COMPLETE' ? { status: 'complete' } : { status: 'failed', message, cause: type === 'USER' ? 'user' : 'analytic' }));
  return state;
}

/** Section 9: what workers ask for with their key. */
export function workerRoutes(deps: Voxel51Deps) {
  return async (door: FastifyInstance): Promise<void> => {
    door.put('/jobs/:id/state', async (request, reply) => {
      const job = await jobOfAgent(deps, request);
      return sendJson(reply, { state: await changeState(deps, job, await readObject(request)) });
    });
    door.get('/jobs/:id/url/data', async (request, reply) => {
      const { inputs } = await taskOf(deps, await jobOfAgent(deps, request), lifeMs);
      return sendJson(reply, inputs);
    });
    for (const [name, what] of [['status', 'status'], ['log', 'logfile'], ['output', 'output']] as const) {
      door.get(`/jobs/:id/url/${name}`, async (request, reply) => sendJson(reply, { 'signed-url': signedRunUrl(deps.settings, runOf(await jobOfAgent(deps, request)), what, lifeMs) }));
    }
    door.post('/jobs/:id/metadata', async (request, reply) => {
      await jobOfAgent(deps, request);
      const parsed = z.record(z.string(), z.number()).safeParse(await readObject(request));
      if (!parsed.success) throw invalid(parsed.error.issues, 'body');
      return reply.code(204).send();
    });
    door.post('/jobs/:id/data', async (request, reply) => {
      const job = await jobOfAgent(deps, request);
      const { file, blob } = await readFileUpload(request, deps.engines.blobs, deps.settings.maxUploadBytes);
      const owner = { ...systemCaller(job.orgId), email: job.createdBy };
      const { id } = await placeData(deps, owner, { blob, expiresAt: defaultExpiration(), extra: { name: file.name, type: file.mediaType, encoding: file.encoding } });
      return sendJson(reply, { data: { data_id: id } }, 201);
    });
  };
}

/** What lies behind the signed addresses of a task. */
export function workerFiles(deps: Voxel51Deps) {
  const runIn = async (request: FastifyRequest, what: string): Promise<StoredJob> => {
    const { id, ticket } = request.params as { id: string; ticket: string };
    needSigned(deps.settings, request, `run/${id}/${ticket}/${what}`);
    const job = isId(id) ? await selectJob(deps.engines.db, id) : undefined;
    if (job?.origin !== origin || String(job.ticket) !== ticket) throw missing('Job', id);
    return job;
  };
  return async (door: FastifyInstance): Promise<void> => {
    door.get('/:id/:ticket/task', async (request, reply) => sendJson(reply, await taskOf(deps, await runIn(request, 'task'), lifeMs)));
    for (const what of ['status', 'logfile'] as const) {
      door.put(`/:id/:ticket/${what}`, async (request, reply) => {
        const job = await runIn(request, what);
        const blob = await deps.engines.blobs.put(bodyStream(request), { maxBytes: deps.settings.maxUploadBytes }).catch(blobFault);
        await deps.rooms.runs.keep(runOf(job), { output: keptAs[what], name: what, mediaType: 'text/plain' }, blob);
        return reply.code(200).send();
      });
    }
    door.put('/:id/:ticket/output', async (request, reply) => {
      const job = await runIn(request, 'output');
      if (job.status !== 'running') throw new Fault('illegal_state', `Job '${job.id}' is ${stateOf(job)}: no output is taken`);
      const { download } = extraOf(job);
      const blob = await deps.engines.blobs.put(bodyStream(request), { maxBytes: deps.settings.maxUploadBytes }).catch(blobFault);
      const name = download?.filename ?? 'output';
      const mediaType = name.endsWith('.json') ? 'application/json' : name.endsWith('.zip') ? 'application/zip' : 'application/octet-stream';
      await deps.rooms.runs.keep(runOf(job), { output: download?.output ?? 'output', name, mediaType }, blob);
      return reply.code(200).send();
    });
  };
}
