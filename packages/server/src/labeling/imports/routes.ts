import { imports } from '@fovea/contract';
import { bodyStream } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import type { ImportsService } from './service.ts';

export function importRoutes(service: ImportsService): Route[] {
  return [
    route(imports.create, async ({ caller, params, query, request }) => {
      await service.authorize(caller, params.dataset, query);
      return service.create(caller, params.dataset, query, bodyStream(request));
    }),
    route(imports.begin, ({ caller, params, body }) => service.begin(caller, params.dataset, body)),
    route(imports.finish, ({ caller, params, body, keep }) => service.finish(caller, params.dataset, params.upload, body.sha256, keep)),
    route(imports.list, ({ caller, params, query }) => service.list(caller, params.dataset, query)),
    route(imports.get, ({ caller, params, query }) => service.get(caller, params.import, query.waitSeconds)),
    route(imports.losses, async ({ caller, params, reply }) => {
      const lines = await service.losses(caller, params.import);
      await reply.header('content-type', 'application/x-ndjson').header('x-content-type-options', 'nosniff').send(lines);
    }),
  ];
}
