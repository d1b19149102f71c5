import { deidentification } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import type { DeidentificationService } from './service.ts';

export function deidentificationRoutes(service: DeidentificationService): Route[] {
  return [
    route(deidentification.key, ({ caller, params }) => service.key(caller, params.project)),
    route(deidentification.report, ({ caller, params }) => service.report(caller, params.item)),
  ];
}
