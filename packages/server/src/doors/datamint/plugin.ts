import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { annotationRoutes } from './annotations.ts';
import { sendError, sendJson, toCall, type DoorRoute } from './answer.ts';
import { base, type DatamintDeps } from './context.ts';
import { datasetRoutes } from './datasets.ts';
import { projectRoutes } from './projects.ts';
import { resourceRoutes } from './resources.ts';
import { statisticRoutes } from './statistics.ts';
import { userRoutes } from './users.ts';
import { worklistRoutes } from './worklists.ts';

/**
 * The Datamint REST API under `/datamint`, for clients of both eras.
 *
 * A resource is an item of one dataset, "Resources", in the one project "Datamint" of the organisation. A Datamint project is a batch in
 * that project, with its recipe: see `Collection`. So whoever is in the organisation sees what Datamint shows a customer's people, and
 * nobody else sees any of it.
 */
export function datamintDoor(deps: DatamintDeps) {
  const routes = [...resourceRoutes(deps), ...annotationRoutes(deps), ...projectRoutes(deps), ...statisticRoutes(deps), ...worklistRoutes(deps), ...datasetRoutes(deps), ...userRoutes(deps)];
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(
      async (door) => {
        door.removeAllContentTypeParsers();
        door.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
        door.setErrorHandler((error, request, reply) => sendError(error, request, reply));
        door.setNotFoundHandler((request, reply) => sendError(new Fault('not_found', 'Not Found'), request, reply));
        for (const route of routes) mountRoute(deps, door, route);
      },
      { prefix: base },
    );
  };
}

function mountRoute(deps: DatamintDeps, door: FastifyInstance, { method, path, handle }: DoorRoute): void {
  door.route({
    method,
    url: path,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    async handler(request, reply) {
      const result = await handle(toCall(await authenticate(deps, request), request, reply));
      if (result !== undefined && !reply.sent) sendJson(reply, result);
      return reply;
    },
  });
}

/** The key in `apikey`, which both clients send with everything. */
async function authenticate({ rooms }: DatamintDeps, request: FastifyRequest): Promise<Caller> {
  const key = request.headers['apikey'];
  const caller = typeof key === 'string' && key !== '' ? await rooms.keys.authenticate(key) : undefined;
  if (!caller) throw new Fault('unauthenticated', 'The header apikey must hold a key that is known, not revoked and not expired.');
  return caller;
}
