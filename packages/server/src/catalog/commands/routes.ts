import { commands } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import type { CommandsService } from './service.ts';

export function commandRoutes(service: CommandsService): Route[] {
  return [
    route(commands.list, ({ caller, query }) => service.list(caller, query)),
    route(commands.get, ({ caller, params, query }) => service.get(caller, params.command, query.waitSeconds)),
    route(commands.cancel, ({ caller, params, keep }) => service.cancel(caller, params.command, keep)),
  ];
}
