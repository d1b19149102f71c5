import { items, transfers } from '@fovea/contract';
import { bodyStream } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import type { BringService } from './service.ts';

export function bringRoutes(service: BringService): Route[] {
  return [
    route(items.importUrls, ({ caller, params, body, keep }) => service.urls(caller, params.dataset, body, keep)),
    route(items.importArchive, ({ caller, params, query, request }) => service.archive(caller, params.dataset, query, bodyStream(request))),
    route(transfers.beginArchive, ({ caller, params, body }) => service.beginArchive(caller, params.dataset, body)),
    route(transfers.finishArchive, ({ caller, params, body }) => service.finishArchive(caller, params.dataset, params.upload, body.sha256)),
  ];
}
