import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { bearer } from '../../http/authenticate.ts';
import { sendError, sendJson, toCall, type DoorRoute } from './call.ts';
import { api, gate, type DataloopDeps } from './context.ts';
import { loginRoutes } from './login.ts';
import { dataloopRoutes } from './routes.ts';
import { callerOf } from './token.ts';

/** The protocol of Dataloop's client `dtlpy`: log-in under `/dataloop`, the API under `/dataloop/api/v1`. */
export function dataloopDoor(deps: DataloopDeps) {
  const routes = dataloopRoutes(deps);
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(
      async (door) => {
        door.removeAllContentTypeParsers();
        door.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
        door.setErrorHandler((error, request, reply) => sendError(error, request, reply));
        door.setNotFoundHandler((request, reply) => sendError(unknownCall(request), request, reply));
        // Before the pages of the console, which take every other address.
        door.get('/*', (request, reply) => sendError(unknownCall(request), request, reply));
        loginRoutes(deps, door);
        for (const route of routes) mountRoute(deps, door, route);
      },
      { prefix: gate },
    );
  };
}

function mountRoute({ rooms, settings }: DataloopDeps, door: FastifyInstance, { method, path, handle }: DoorRoute): void {
  door.route({
    method,
    url: `${api.slice(gate.length)}${path}`,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    async handler(request, reply) {
      const caller = await callerOf(rooms.keys, settings.secret, bearer(request));
      const result = await handle(toCall(caller, request, reply));
      if (result !== undefined && !reply.sent) sendJson(reply, result);
      return reply;
    },
  });
}

function unknownCall(request: FastifyRequest): Fault {
  return new Fault('not_found', `This server does not offer ${request.method} ${request.url.split('?')[0]?.slice(0, 300)}.`);
}
