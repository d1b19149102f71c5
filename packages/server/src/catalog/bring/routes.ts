import { items } from '@fovea/contract';
import { bodyStream } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import type { BringService } from './service.ts';

export function bringRoutes(service: BringService): Route[] {
  return [
    route(items.importUrls, ({ caller, params, body }) => service.urls(caller, params.dataset, body)),
    route(items.importArchive, ({ caller, params, query, request }) => service.archive(caller, params.dataset, query, bodyStream(request))),
  ];
}
