import { versions } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import { sendFile } from '../../http/send-file.ts';
import type { VersionsService } from './service.ts';

export function versionRoutes(service: VersionsService): Route[] {
  return [
    route(versions.commit, ({ caller, params, body, keep }) => service.commit(caller, params.dataset, body, keep)),
    route(versions.list, ({ caller, params, query }) => service.list(caller, params.dataset, query)),
    route(versions.query, ({ caller, params, body }) => service.query(caller, params.dataset, body)),
    route(versions.get, ({ caller, params }) => service.get(caller, params.dataset, params.version)),
    route(versions.items, ({ caller, params, query }) => service.items(caller, params.dataset, params.version, query)),
    route(versions.stream, async ({ caller, params, query, reply }) => {
      // Asked first, so that an error still has its status.
      await service.needContents(caller, params.dataset, params.version);
      void reply.header('content-type', 'application/x-ndjson').send(service.lines(caller, params.dataset, params.version, query.split));
    }),
    route(versions.file, async ({ caller, params, query, request, reply }) => {
      await sendFile(request, reply, await service.open(caller, params.dataset, params.version, query));
    }),
    route(versions.diff, ({ caller, params, query }) => service.diff(caller, params.dataset, params.version, query)),
    route(versions.restore, ({ caller, params, keep }) => service.restore(caller, params.dataset, params.version, keep)),
    route(versions.verify, ({ caller, params, keep }) => service.verify(caller, params.dataset, params.version, keep)),
    route(versions.tag, ({ caller, params }) => service.tag(caller, params.dataset, params.version, params.tag)),
    route(versions.untag, ({ caller, params }) => service.untag(caller, params.dataset, params.tag)),
  ];
}
