import type { FastifyInstance } from 'fastify';
import type { Authenticator } from '../../http/authenticate.ts';
import { mount } from '../../http/bind.ts';
import type { Route } from '../../http/context.ts';
import type { Idempotency } from '../../http/idempotency.ts';

/** The native API: the contract's operations, mounted as they are. Bodies reach the handlers as raw streams. */
export function nativeDoor(deps: { routes: readonly Route[]; auth: Authenticator; idempotency: Idempotency }) {
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    // Keys are sent on purpose, never by the browser itself, so any origin may ask with one; cookies are not allowed across origins.
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers.origin !== undefined) {
        void reply.headers({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'etag, x-request-id, content-range, content-length, content-disposition, x-fovea-array, x-fovea-labels, x-fovea-notes' });
      }
    });
    app.options('/v1/*', async (_request, reply) =>
      reply
        .headers({
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, HEAD',
          'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-match, range, if-none-match, last-event-id, tus-resumable, upload-length, upload-offset, upload-metadata',
          'access-control-max-age': '86400',
        })
        .code(204)
        .send(),
    );
    mount(app, deps.routes, deps);
  };
}
