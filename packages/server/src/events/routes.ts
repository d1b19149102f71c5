import { audit, events, webhooks } from '@fovea/contract';
import { route, type Route } from '../http/context.ts';
import type { CallbacksService } from './callbacks.ts';
import type { EventsService } from './service.ts';
import type { WebhooksService } from './webhooks/service.ts';

export function eventRoutes(service: EventsService, hooks: WebhooksService, callbacks: CallbacksService): Route[] {
  return [
    route(events.list, ({ caller, query }) => service.list(caller, query)),
    route(audit.list, ({ caller, query }) => service.audit(caller, query)),
    route(events.stream, async ({ caller, query, request, reply }) => {
      const lastId = request.headers['last-event-id'];
      const after = lastId === undefined ? query.after : await service.lastHeard(String(lastId));
      const gone = new AbortController();
      request.raw.on('close', () => gone.abort());
      const stream = service.follow(caller, { project: query.project, after }, gone.signal);
      // The first step checks the rights, before anything is sent.
      const first = stream.next();
      const started = await Promise.race([first.then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300))]);
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no', 'access-control-allow-origin': '*' });
      reply.raw.write(': connected\n\n');
      void started;
      const write = (event: Awaited<typeof first>['value']): void => {
        reply.raw.write(event ? `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n` : ': alive\n\n');
      };
      const { value, done } = await first;
      if (!done) write(value);
      for await (const event of stream) write(event);
      reply.raw.end();
    }),
    route(webhooks.create, ({ caller, body, keep }) => hooks.create(caller, body, keep)),
    route(webhooks.list, ({ caller, query }) => hooks.list(caller, query)),
    route(webhooks.update, ({ caller, params, body }) => hooks.update(caller, params.webhook, body)),
    route(webhooks.rotate, ({ caller, params, keep }) => hooks.rotate(caller, params.webhook, keep)),
    route(webhooks.delete, ({ caller, params }) => hooks.delete(caller, params.webhook)),
    route(webhooks.deliveries, ({ caller, query }) => hooks.deliveries(caller, query)),
    route(webhooks.callbackSecret, ({ caller, params }) => callbacks.secret(caller, params.project)),
    route(webhooks.redeliverMany, ({ caller, params, body }) => hooks.redeliverMany(caller, params.webhook, body)),
    route(webhooks.redeliver, ({ caller, params }) => hooks.redeliver(caller, params.delivery)),
  ];
}
