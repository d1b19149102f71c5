import Fastify, { LogController, type FastifyInstance } from 'fastify';
import type { pino } from 'pino';
import { newId } from '@fovea/contract';
import { Fault } from '../fault.ts';
import { methodsAt } from './methods.ts';
import type { Metrics } from './metrics.ts';
import { sendProblem } from './problem.ts';
import { keepRequestOrigin } from './request-origin.ts';

/** Silence on a connection for so long ends it. Streams of ours send something every 15 seconds. */
const idleMs = 120_000;

/** The HTTP server that every door is mounted on. A door is a Fastify plugin of its own: its parsers and error shape stay inside it. */
export function createHttpServer(logger: pino.Logger, metrics: Metrics): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    requestTimeout: 0,
    connectionTimeout: idleMs,
    keepAliveTimeout: 72_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4_096, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    exposeHeadRoutes: true,
    trustProxy: 'loopback',
  }) as unknown as FastifyInstance;
  // Two vendors' clients send a JSON body with GET, and some a body with DELETE.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const methods = methodsAt(path);
    if (methods.length === 0) return sendProblem(new Fault('not_found', `There is nothing at ${request.method} ${path}.`), request, reply);
    // RFC 9110, section 15.5.6: the answer names what is allowed.
    void reply.header('allow', methods.join(', '));
    return sendProblem(new Fault('method_not_allowed', `${path} takes ${methods.join(', ')}, not ${request.method}.`), request, reply);
  });
  keepRequestOrigin(app);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.observe(request, reply);
    request.log.debug({ method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
  });
  return app;
}
