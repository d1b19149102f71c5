import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance } from 'fastify';

const origins = new AsyncLocalStorage<string>();

/** A name or address with or without a port, and nothing that would end it within a URL. */
const plainHost = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** Keeps, for as long as a request is handled, the origin that the caller reached the platform by. */
export function keepRequestOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (plainHost.test(request.host)) origins.run(`${request.protocol}://${request.host}`, done);
    else done();
  });
}

/** The origin of the request that is being handled; undefined outside of one. */
export function requestOrigin(): string | undefined {
  return origins.getStore();
}
