import { datasets } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import type { DatasetCopies } from './copy.ts';
import type { DatasetsService } from './service.ts';

export function datasetRoutes(service: DatasetsService, copies: DatasetCopies): Route[] {
  return [
    route(datasets.create, ({ caller, body, keep }) => service.create(caller, body, keep)),
    route(datasets.list, ({ caller, query }) => service.list(caller, query)),
    route(datasets.get, ({ caller, params, query }) => service.get(caller, params.dataset, query)),
    route(datasets.update, ({ caller, params, body, ifMatch }) => service.update(caller, params.dataset, body, ifMatch)),
    route(datasets.delete, ({ caller, params }) => service.delete(caller, params.dataset)),
    route(datasets.restore, ({ caller, params }) => service.restore(caller, params.dataset)),
    route(datasets.clone, ({ caller, params, body, keep }) => copies.clone(caller, params.dataset, body, keep)),
    route(datasets.merge, ({ caller, body, keep }) => copies.merge(caller, body, keep)),
  ];
}
