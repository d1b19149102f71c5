import { transfers } from '@fovea/contract';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { bodyStream } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import { sendFile } from '../../http/send-file.ts';
import { isSigned } from '../../http/signed-url.ts';
import type { TransfersService } from './service.ts';

export function transferRoutes(service: TransfersService, secret: string): Route[] {
  /** The signature opens this path only. */
  const needSignature = (request: FastifyRequest): void => {
    const path = decodeURIComponent(request.url.split('?')[0] ?? '');
    if (!isSigned(secret, { method: request.method, path, query: request.query })) throw new Fault('forbidden', 'The URL is not signed, or has expired; ask for a new one.');
  };
  return [
    route(transfers.begin, ({ caller, params, body }) => service.begin(caller, params.dataset, body)),
    route(transfers.get, ({ caller, params, query }) => service.get(caller, params.dataset, params.upload, query)),
    route(transfers.putPart, async ({ params, request }) => {
      needSignature(request);
      await service.putPart(params.dataset, params.upload, params.part, bodyStream(request));
    }),
    route(transfers.complete, ({ caller, params, body }) => service.complete(caller, params.dataset, params.upload, body.sha256)),
    route(transfers.abort, ({ caller, params }) => service.abort(caller, params.dataset, params.upload)),
    route(transfers.link, ({ caller, params, query }) => service.link(caller, params.item, query)),
    route(transfers.open, async ({ params, request, reply }) => {
      needSignature(request);
      await sendFile(request, reply, await service.openSigned(params.item));
    }),
  ];
}
