import { system } from '@fovea/contract';
import type { FastifyInstance } from 'fastify';
import { databaseAnswers } from '../engines/database/health.ts';
import type { Metrics } from '../http/metrics.ts';
import { openApi } from '../http/openapi.ts';
import { referencePage } from '../http/reference-page.ts';
import type { Platform } from './compose.ts';

export const version = '0.1.0';

/** Health, readiness, metrics, OpenAPI and the rendered reference. */
export function systemPages(platform: Platform, metrics: Metrics) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get(system.info.path, async () => ({ name: 'Fovea', version, doors: ['voxel51', 'scale', 'dataloop', 'skylab', 'datamint'] }));
    app.get('/healthz', async () => ({ status: 'ok' }));
    app.get('/readyz', async (_request, reply) => {
      if (await databaseAnswers(platform.engines.db)) return { status: 'ready' };
      return reply.code(503).send({ status: 'the database does not answer' });
    });
    app.get('/metrics', async (_request, reply) => reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics()));
    app.get('/openapi.json', async () => openApi(version, platform.settings.publicUrl()));
    app.get('/docs', async (_request, reply) =>
      reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:" }).send(referencePage(version)),
    );
  };
}
