import { quality } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import type { QualityService } from './service.ts';

export function qualityRoutes(service: QualityService): Route[] {
  return [
    route(quality.report, ({ caller, params, query }) => service.report(caller, params.batch, query)),
    route(quality.merge, ({ caller, params, body, keep }) => service.merge(caller, params.batch, body, keep)),
    route(quality.unmerge, ({ caller, params }) => service.unmerge(caller, params.batch)),
    route(quality.addHoneypots, ({ caller, params, body, keep }) => service.addHoneypots(caller, params.batch, body, keep)),
    route(quality.removeHoneypots, ({ caller, params }) => service.removeHoneypots(caller, params.batch)),
  ];
}
