import { exports, formats } from '@fovea/contract';
import { formats as all } from '@fovea/formats';
import { Fault } from '../../fault.ts';
import { route, type Route } from '../../http/context.ts';
import { sendFile } from '../../http/send-file.ts';
import { isSigned } from '../../http/signed-url.ts';
import type { ExportsService } from './service.ts';

const zip = 'application/zip';

export function exportRoutes(service: ExportsService, secret: string): Route[] {
  return [
    route(formats.list, async () => ({
      data: all.map(({ name, title, reference, extensions, table, read }) => ({ name, title, reference, extensions: [...extensions], canImport: read !== undefined, canExport: true, table })),
    })),
    route(exports.create, ({ caller, params, body, keep }) => service.create(caller, params.dataset, body, keep)),
    route(exports.list, ({ caller, params, query }) => service.list(caller, params.dataset, query)),
    route(exports.get, ({ caller, params, query }) => service.get(caller, params.export, query.waitSeconds)),
    route(exports.download, async ({ caller, params, request, reply }) => sendFile(request, reply, { ...(await service.open(caller, params.export)), mediaType: zip })),
    route(exports.open, async ({ params, request, reply }) => {
      const path = decodeURIComponent(request.url.split('?')[0] ?? '');
      if (!isSigned(secret, { method: request.method, path, query: request.query })) throw new Fault('forbidden', 'The link is not signed, or has expired.');
      await sendFile(request, reply, { ...(await service.openSigned(params.export)), mediaType: zip });
    }),
    route(exports.losses, async ({ caller, params, reply }) => {
      const lines = await service.losses(caller, params.export);
      await reply.header('content-type', 'application/x-ndjson').header('x-content-type-options', 'nosniff').send(lines);
    }),
  ];
}
