import { randomBytes } from 'node:crypto';
import { newId, type Delivery, type Event, type Parsed, type Webhook, type webhooks } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Database } from '../../engines/database/database.ts';
import type { Outbound } from '../../engines/outbound/outbound.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import { notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { patientPauses, type DeliveriesService, deliver } from '../deliveries/service.ts';
import { reopenDelivery, selectDeliveries, selectDelivery, toDelivery } from '../deliveries/store.ts';
import { callbackAddress } from '../callback-address.ts';
import { emit } from '../outbox.ts';
import { readEvents } from '../reader.ts';
import { standardHeaders } from './sign.ts';

type Body<K extends keyof typeof webhooks> = Parsed<(typeof webhooks)[K]>['body'];
export type WebhooksService = ReturnType<typeof webhooksService>;

/** Turns new events into deliveries; sent when something happened, and every minute in case that was missed. */
export const fanOut = messageKind<null>('events.fan-out', { retries: 0 });

interface WebhookRow {
  id: string;
  org_id: string;
  project_id: string;
  url: string;
  events: string[];
  description: string;
  secret: string;
  old_secret: string | null;
  old_secret_until: Date | null;
  enabled: boolean;
  failing_since: Date | null;
  position: number;
  created_by: string;
  created_at: Date;
}

function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    projectId: row.project_id,
    url: row.url,
    events: row.events,
    enabled: row.enabled,
    description: row.description,
    failingSince: row.failing_since?.toISOString() ?? null,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const disableAfterDays = 5;

/** Webhooks: events of a project, told to a URL, signed, until they arrive. */
export function webhooksService(deps: { db: Database; queue: Queue; outbound: Outbound; projects: ProjectsService; deliveries: DeliveriesService }) {
  const { db, queue, outbound, projects, deliveries } = deps;

  deliveries.kind('webhook', {
    pausesSeconds: patientPauses,
    async headers(delivery) {
      const row = await db.maybe<WebhookRow>(sql`select * from webhooks where id = ${delivery.webhookId}`);
      const secrets = row ? [row.secret, ...(row.old_secret && row.old_secret_until && row.old_secret_until.getTime() > Date.now() ? [row.old_secret] : [])] : [];
      return standardHeaders({ id: delivery.id, body: delivery.payload, secrets });
    },
    async ended(delivery, arrived) {
      await db.run(sql`update webhooks set failing_since = ${arrived ? null : sql`coalesce(failing_since, now())`},
        enabled = enabled and ${arrived ? sql`true` : sql`coalesce(failing_since > now() - make_interval(days => ${disableAfterDays}), true)`} where id = ${delivery.webhookId}`);
    },
  });

  async function need(caller: Caller, id: string): Promise<WebhookRow> {
    const row = await db.maybe<WebhookRow>(sql`select * from webhooks where id = ${id} and deleted_at is null`);
    if (!row) throw notFound('webhook', id);
    await authorize(db, caller, row.project_id, { role: 'manager', scope: 'admin', as: { kind: 'webhook', id } });
    return row;
  }

  const checkUrl = callbackAddress(outbound);

  function audit(type: string, caller: Caller, webhook: { id: string; project_id: string }) {
    return { type, orgId: caller.orgId, projectId: webhook.project_id, subject: { kind: 'webhook', id: webhook.id }, actor: caller.email };
  }

  return {
    async create(caller: Caller, body: Body<'create'>): Promise<{ webhook: Webhook; secret: string }> {
      const project = await projects.get(caller, body.project);
      await authorize(db, caller, project.id, { role: 'manager', scope: 'admin' });
      await checkUrl(body.url);
      const id = newId();
      const secret = newSecret();
      const row = await db.tx(async (tx) => {
        const made = await tx.one<WebhookRow>(sql`insert into webhooks (id, org_id, project_id, url, events, description, secret, position, created_by)
          values (${id}, ${caller.orgId}, ${project.id}, ${body.url}, ${body.events}, ${body.description}, ${secret},
            coalesce((select max(seq) from events where project_id = ${project.id}), 0), ${caller.email}) returning *`);
        await emit(tx, audit('webhook.created', caller, made));
        return made;
      });
      return { webhook: toWebhook(row), secret };
    },

    async list(caller: Caller, query: { project: string; limit: number; cursor?: string | undefined }): Promise<Page<Webhook>> {
      const project = await projects.get(caller, query.project);
      await authorize(db, caller, project.id, { role: 'manager', scope: 'admin' });
      const mark = listMark('webhooks', project.id);
      const before = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await db.many<WebhookRow>(sql`select * from webhooks where project_id = ${project.id} and deleted_at is null
        ${before === undefined ? empty : sql`and id < ${before}`} order by id desc limit ${query.limit + 1}`);
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: toWebhook });
    },

    async update(caller: Caller, id: string, body: Body<'update'>): Promise<Webhook> {
      const before = await need(caller, id);
      if (body.url !== undefined) await checkUrl(body.url);
      const set: Sql[] = [sql`id = id`];
      if (body.url !== undefined) set.push(sql`url = ${body.url}`);
      if (body.events !== undefined) set.push(sql`events = ${body.events}`);
      if (body.description !== undefined) set.push(sql`description = ${body.description}`);
      if (body.enabled !== undefined) set.push(sql`enabled = ${body.enabled}, failing_since = null`);
      return db.tx(async (tx) => {
        const row = await tx.one<WebhookRow>(sql`update webhooks set ${join(set, ', ')} where id = ${id} returning *`);
        await emit(tx, audit('webhook.updated', caller, before));
        return toWebhook(row);
      });
    },

    async rotate(caller: Caller, id: string): Promise<{ webhook: Webhook; secret: string }> {
      const before = await need(caller, id);
      const secret = newSecret();
      return db.tx(async (tx) => {
        const row = await tx.one<WebhookRow>(sql`update webhooks set old_secret = secret, old_secret_until = now() + interval '1 day', secret = ${secret} where id = ${id} returning *`);
        await emit(tx, audit('webhook.rotated', caller, before));
        return { webhook: toWebhook(row), secret };
      });
    },

    async delete(caller: Caller, id: string): Promise<void> {
      const before = await need(caller, id);
      await db.tx(async (tx) => {
        await tx.run(sql`update webhooks set deleted_at = now(), enabled = false where id = ${id}`);
        await emit(tx, audit('webhook.deleted', caller, before));
      });
    },

    async deliveries(caller: Caller, query: Parsed<typeof webhooks.deliveries>['query']): Promise<Page<Delivery>> {
      const project = await projects.get(caller, query.project);
      await authorize(db, caller, project.id, { role: 'manager', scope: 'admin' });
      const mark = listMark('deliveries', [project.id, query.webhook, query.status, query.subject]);
      const before = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await selectDeliveries(db, project.id, { webhookId: query.webhook, status: query.status, subjectId: query.subject, limit: query.limit, before });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: toDelivery });
    },

    async redeliver(caller: Caller, id: string): Promise<Delivery> {
      const found = await selectDelivery(db, id);
      if (!found) throw notFound('delivery', id);
      await authorize(db, caller, found.projectId, { role: 'manager', scope: 'admin', as: { kind: 'delivery', id } });
      await db.tx(async (tx) => {
        await reopenDelivery(tx, id);
        await queue.send(tx, deliver, { id });
      });
      return toDelivery((await selectDelivery(db, id)) ?? found);
    },

    /** Begins to turn events into deliveries. */
    async work(): Promise<() => Promise<void>> {
      await queue.work(fanOut, async () => {
        const rows = await db.many<WebhookRow>(sql`select * from webhooks where enabled and deleted_at is null`);
        for (const row of rows) await fan(row);
      });
      await queue.schedule(fanOut, '* * * * *');
      let pending = false;
      return db.listen('fovea_events', () => {
        if (pending) return;
        pending = true;
        setTimeout(() => {
          pending = false;
          void db.tx((tx) => queue.send(tx, fanOut, null, { singletonKey: 'fan-out' })).catch(() => undefined);
        }, 50);
      });
    },
  };

  /** Moves a webhook along the event table; its place and the deliveries are one transaction. */
  async function fan(row: WebhookRow): Promise<void> {
    for (;;) {
      const more = await db.tx(async (tx) => {
        const locked = await tx.maybe<WebhookRow>(sql`select * from webhooks where id = ${row.id} and enabled and deleted_at is null for update skip locked`);
        if (!locked) return false;
        const events = await readEvents(tx, { projectId: locked.project_id, after: locked.position, limit: 500 });
        const last = events.at(-1);
        if (!last) return false;
        for (const event of events) {
          if (!wants(locked.events, event)) continue;
          await deliveries.send(tx, {
            kind: 'webhook',
            orgId: locked.org_id,
            projectId: locked.project_id,
            webhookId: locked.id,
            url: locked.url,
            eventType: event.type,
            eventId: event.id,
            subjectId: event.subject.id,
            payload: JSON.stringify({ type: event.type, timestamp: event.createdAt, data: event }),
          });
        }
        await tx.run(sql`update webhooks set position = ${last.seq} where id = ${locked.id}`);
        return events.length === 500;
      });
      if (!more) return;
    }
  }
}

function wants(filters: readonly string[], event: Event): boolean {
  return filters.length === 0 || filters.some((filter) => filter === event.type || (filter.endsWith('.*') && event.type.startsWith(filter.slice(0, -1))));
}
