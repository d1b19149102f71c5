import type { FastifyInstance, FastifyRequest } from 'fastify';
import { selectItem } from '../../catalog/items/store.ts';
import { selectJob } from '../../compute/jobs/store.ts';
import { databaseAnswers } from '../../engines/database/health.ts';
import { sendFile } from '../../http/send-file.ts';
import { systemCaller } from '../../identity/caller.ts';
import { isId } from '@fovea/contract';
import { analyticsRoutes } from './analytics.ts';
import { appRoutes } from './apps.ts';
import { identify } from './caller.ts';
import { base, origin, type Voxel51Deps } from './context.ts';
import { dataRoutes, sendData } from './data.ts';
import { missing, sendJson, sendVoxelError } from './errors.ts';
import { jobRoutes } from './job-routes.ts';
import { logOf, outputOf } from './jobs.ts';
import { needSigned } from './signed.ts';
import { workerProtocol } from './worker-protocol.ts';
import { workerFiles, workerRoutes } from './worker-routes.ts';

/** The REST API of the Voxel51 Platform, version 1, under `/voxel51/v1`. */
export function voxel51Door(deps: Voxel51Deps) {
  deps.containerProtocols.push((job) => (job.origin === origin ? workerProtocol(deps, job) : undefined));
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(
      async (door) => {
        door.removeAllContentTypeParsers();
        door.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
        door.setErrorHandler((error, request, reply) => sendVoxelError(error, request, reply));
        door.setNotFoundHandler((request, reply) => sendVoxelError(missing('Route', `${request.method} ${request.url.split('?')[0]}`), request, reply));
        await door.register(signedRoutes(deps), { prefix: '/v1/signed' });
        await door.register(workerFiles(deps), { prefix: '/v1/signed/run' });
        await door.register(workerRoutes(deps), { prefix: '/v1' });
        await door.register(
          async (keyed) => {
            keyed.addHook('onRequest', (request) => identify(request, deps.rooms));
            await keyed.register(statusRoutes(deps));
            await keyed.register(dataRoutes(deps));
            await keyed.register(analyticsRoutes(deps, { application: false }));
            await keyed.register(analyticsRoutes(deps, { application: true }));
            await keyed.register(appRoutes(deps));
            await keyed.register(jobRoutes(deps));
          },
          { prefix: '/v1' },
        );
      },
      { prefix: base },
    );
  };
}

/** Whether the platform works: its database answers, which its queue lies in too. */
function statusRoutes({ engines }: Voxel51Deps) {
  return async (door: FastifyInstance): Promise<void> => {
    for (const path of ['/status/all', '/apps/status/all']) {
      door.get(path, async (_request, reply) => {
        const operational = await databaseAnswers(engines.db);
        const service = { operational, message: operational ? 'Operational' : 'The database does not answer' };
        return sendJson(reply, { statuses: { platform: service, jobs: service, data: service, analytics: service } });
      });
    }
  };
}

/** Files behind signed addresses, open to whoever has one. */
function signedRoutes(deps: Voxel51Deps) {
  const params = (request: FastifyRequest) => request.params as { org: string; id: string };
  const jobOf = async (id: string) => {
    const job = isId(id) ? await selectJob(deps.engines.db, id) : undefined;
    if (job?.origin !== origin) throw missing('Job', id);
    return job;
  };
  return async (door: FastifyInstance): Promise<void> => {
    door.get('/data/:org/:id/:name', async (request, reply) => {
      const { org, id } = params(request);
      needSigned(deps.settings, request, `data/${org}/${id}`);
      const item = await selectItem(deps.engines.db, id);
      if (!item) throw missing('Data', id);
      // Two inputs of a job may have one name; their addresses then have another.
      return sendData(deps, systemCaller(org), item, request, reply, (request.params as { name: string }).name);
    });
    door.get('/output/:id/:name', async (request, reply) => {
      const { id } = params(request);
      needSigned(deps.settings, request, `output/${id}`);
      const { output, filename, read } = outputOf(deps, await jobOf(id));
      await sendFile(request, reply, { sha256: output.sha256, size: output.sizeBytes, mediaType: output.mediaType, filename, read, inline: false });
      return reply;
    });
    door.get('/log/:id/:name', async (request, reply) => {
      const { id } = params(request);
      needSigned(deps.settings, request, `log/${id}`);
      const job = await jobOf(id);
      return reply.header('content-type', 'text/plain; charset=utf-8').send(await logOf(deps, systemCaller(job.orgId), job));
    });
  };
}
