import { buckets } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import type { BucketsService } from './service.ts';

export function bucketRoutes(service: BucketsService): Route[] {
  return [
    route(buckets.list, ({ caller, params }) => service.list(caller, params.project)),
    route(buckets.import, ({ caller, params, body, keep }) => service.import(caller, params.dataset, body, keep)),
  ];
}
