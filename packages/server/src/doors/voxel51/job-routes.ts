import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sendFile } from '../../http/send-file.ts';
import { runBatch } from './batch.ts';
import { userOf } from './caller.ts';
import type { Voxel51Deps } from './context.ts';
import { sendJson } from './errors.ts';
import { allJobs, createJob, extraOf, findJob, jobMoves, jobsTable, logOf, outputOf, statusOf, toJob } from './jobs.ts';
import { readArguments, runQuery } from './query.ts';
import { signedLogUrl, signedOutputUrl } from './signed.ts';
import { readDocumentUpload, readForm, readObject } from './upload.ts';

export function jobRoutes(deps: Voxel51Deps) {
  const idOf = (request: FastifyRequest) => (request.params as { id: string }).id;
  const jobOf = (request: FastifyRequest) => findJob(deps, userOf(request), idOf(request));
  return async (door: FastifyInstance): Promise<void> => {
    const mineOf = (request: FastifyRequest) => {
      const caller = userOf(request);
      return allJobs(deps, caller, (createdBy) => createdBy === caller.email);
    };
    door.get('/jobs/list', async (request, reply) => sendJson(reply, { jobs: (await mineOf(request)).filter((job) => !job.archived).map(toJob).toReversed() }));
    door.get('/jobs', async (request, reply) => {
      const given = await readArguments(request);
      const { rows, total } = runQuery((await mineOf(request)).map(toJob), jobsTable, given);
      return sendJson(reply, { jobs: rows, total });
    });
    door.post('/jobs', async (request, reply) => {
      const caller = userOf(request);
      const { bytes, fields } = await readDocumentUpload(request);
      return sendJson(reply, { job: await createJob(deps, caller, bytes, fields) }, 201);
    });
    door.post('/jobs/batch', async (request, reply) => {
      const caller = userOf(request);
      const moves = jobMoves(deps, caller);
      return sendJson(reply, await runBatch(await readObject(request), { details: async (id) => toJob(await findJob(deps, caller, id)), ...moves }));
    });
    door.get('/jobs/:id', async (request, reply) => sendJson(reply, { job: toJob(await jobOf(request)) }));
    door.delete('/jobs/:id', async (request, reply) => {
      await jobMoves(deps, userOf(request)).delete(idOf(request));
      return reply.code(204).send();
    });
    for (const move of ['start', 'archive', 'unarchive', 'kill'] as const) {
      door.put(`/jobs/:id/${move}`, async (request, reply) => {
        await jobMoves(deps, userOf(request))[move](idOf(request));
        return reply.code(204).send();
      });
    }
    door.put('/jobs/:id/ttl', async (request, reply) => {
      await jobMoves(deps, userOf(request)).ttl(idOf(request), await readForm(request));
      return reply.code(204).send();
    });
    door.get('/jobs/:id/request', async (request, reply) => {
      const { request: text } = extraOf(await jobOf(request));
      return reply.header('content-type', 'application/json; charset=utf-8').send(text);
    });
    door.get('/jobs/:id/status', async (request, reply) => sendJson(reply, await statusOf(deps, await jobOf(request))));
    door.get('/jobs/:id/output', async (request, reply) => {
      const { output, filename, read } = outputOf(deps, await jobOf(request));
      await sendFile(request, reply, { sha256: output.sha256, size: output.sizeBytes, mediaType: output.mediaType, filename, read, inline: false });
      return reply;
    });
    door.get('/jobs/:id/output-url', async (request, reply) => {
      const job = await jobOf(request);
      return sendJson(reply, { url: signedOutputUrl(deps.settings, job, outputOf(deps, job).filename) });
    });
    door.get('/jobs/:id/log', async (request, reply) => {
      const text = await logOf(deps, userOf(request), await jobOf(request));
      return reply.header('content-type', 'text/plain; charset=utf-8').send(text);
    });
    door.get('/jobs/:id/log-url', async (request, reply) => {
      const job = await jobOf(request);
      await logOf(deps, userOf(request), job);
      return sendJson(reply, { url: signedLogUrl(deps.settings, job) });
    });
  };
}
