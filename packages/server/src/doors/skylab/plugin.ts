import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { readJson } from '../../http/body.ts';
import { logFault, toFault } from '../../http/problem.ts';
import type { Caller } from '../../identity/caller.ts';
import { callbacks } from './callback.ts';
import type { SkylabDeps } from './context.ts';
import { jobRoutes } from './jobs.ts';
import { photoRoutes } from './photos.ts';
import { profileRoutes } from './profiles.ts';
import type { DoorRoute } from './routes.ts';
import { storageRoutes } from './storage.ts';
import { fieldFault } from './wire.ts';

const json = 'application/json; charset=utf-8';

const api = '/api/public/v1';

/**
 * The Skylab Studio API, v1, at `/skylab/api/public/v1`, and the signed addresses of its photos at `/skylab/storage`. The API is at
 * `/api/public/v1` too: the Ruby client can be told a host and a port, but no path before that.
 */
export function skylabDoor(deps: SkylabDeps) {
  callbacks(deps);
  const routes = [...jobRoutes(deps), ...profileRoutes(deps), ...photoRoutes(deps)];
  const mount = (door: FastifyInstance): void => {
    door.removeAllContentTypeParsers();
    door.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    door.setErrorHandler((error, request, reply) => sendError(error, request, reply));
    for (const route of routes) mountRoute(deps, door, route);
  };
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(async (door) => {
      mount(door);
      door.all(`${api}/*`, (request, reply) => sendNothing(request, reply));
    });
    await app.register(
      async (door) => {
        mount(door);
        door.setNotFoundHandler((request, reply) => sendNothing(request, reply));
        await door.register(async (storage) => storageRoutes(deps, storage), { prefix: '/storage' });
      },
      { prefix: '/skylab' },
    );
  };
}

function sendNothing(request: FastifyRequest, reply: FastifyReply): void {
  sendError(new Fault('not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`), request, reply);
}

function mountRoute(deps: SkylabDeps, door: FastifyInstance, route: DoorRoute): void {
  door.route({
    method: route.method,
    url: `${api}${route.path}`,
    exposeHeadRoute: false,
    async handler(request, reply) {
      const { caller, key } = await authenticate(deps, request);
      const call = { caller, key, path: request.params as Record<string, string>, params: await parametersOf(request) };
      await reply.code(route.status ?? 200).header('content-type', json).send(JSON.stringify(await route.handle(call)));
    },
  });
}

async function authenticate({ rooms }: SkylabDeps, request: FastifyRequest): Promise<{ caller: Caller; key: string }> {
  const key = request.headers['x-slt-api-key'];
  if (typeof key !== 'string' || key === '') throw new Fault('unauthenticated', 'Send a key in the header X-SLT-API-KEY.');
  const caller = await rooms.keys.authenticate(key);
  if (!caller) throw new Fault('forbidden', 'This key is unknown, revoked or expired.');
  return { caller, key };
}

/** Query and body in one. No body and `null` say nothing. */
async function parametersOf(request: FastifyRequest): Promise<Record<string, unknown>> {
  const body = (await readJson(request)) ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) throw fieldFault([{ path: 'body', message: 'must be a JSON object' }]);
  return { ...(request.query as Record<string, unknown>), ...body };
}

/** Validation, names taken and states that do not allow something are all 422 here; 400 is for what cannot be parsed. */
function statusOf(fault: Fault): number {
  switch (fault.code) {
    case 'invalid_request':
    case 'conflict':
    case 'illegal_state':
    case 'revision_conflict':
      return 422;
    case 'digest_mismatch':
      return 400;
    default:
      return fault.status;
  }
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = toFault(error);
  logFault(fault, request);
  const status = fault.code === 'invalid_request' && request.url.startsWith('/skylab/storage') ? 400 : statusOf(fault);
  const errors = Object.fromEntries([...Map.groupBy(fault.errors ?? [], (one) => one.path.replace(/^body\.(parameters\.)?/, ''))].map(([field, list]) => [field, list.map((one) => one.message)]));
  void reply
    .code(status)
    .header('content-type', json)
    .send(JSON.stringify({ code: status, message: fault.message, ...(fault.errors ? { errors } : {}) }));
}
