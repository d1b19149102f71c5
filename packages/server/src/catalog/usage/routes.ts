import { usage } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import type { UsageService } from './service.ts';

export function usageRoutes(service: UsageService): Route[] {
  return [
    route(usage.project, ({ caller, params }) => service.project(caller, params.project)),
    route(usage.organization, ({ caller, query }) => service.organization(caller, query)),
    route(usage.setQuota, ({ caller, params, body }) => service.setQuota(caller, params.project, body.quotaBytes)),
  ];
}
