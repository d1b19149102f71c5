import { randomBytes } from 'node:crypto';
import { newId, type Delivery, type Parsed, type Webhook, type webhooks } from '@fovea/contract';
import type { Database, WhenMade } from '../../engines/database/database.ts';
import type { Outbound } from '../../engines/outbound/outbound.ts';
import type { Logger } from '../../logger.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize, needAdmin } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { patientPauses, type DeliveriesService } from '../deliveries/service.ts';
import { selectDeliveries, selectDelivery, toDelivery } from '../deliveries/store.ts';
import { callbackAddress } from '../callback-address.ts';
import { emit } from '../outbox.ts';
import { needEventTypes } from './event-filter.ts';
import { startFanOut } from './fan-out.ts';
import { standardHeaders } from './sign.ts';
import { deleteWebhook, insertWebhook, markArrived, markFailed, rotateSecret, selectWebhook, selectWebhooks, toWebhook, updateWebhook, type StoredWebhook } from './store.ts';

type Body<K extends keyof typeof webhooks> = Parsed<(typeof webhooks)[K]>['body'];
/** A webhook with the secret that it is signed with, which is told once. */
type WithSecret = { webhook: Webhook; secret: string };
export type WebhooksService = ReturnType<typeof webhooksService>;

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const disableAfterDays = 5;

/** Webhooks: events of a project or of the whole organisation, told to a URL, signed, until they arrive. */
export function webhooksService(deps: { db: Database; outbound: Outbound; projects: ProjectsService; deliveries: DeliveriesService; logger: Logger }) {
  const { db, outbound, projects, deliveries } = deps;

  deliveries.kind('webhook', {
    pausesSeconds: patientPauses,
    async headers(delivery) {
      const webhook = await selectWebhook(db, delivery.webhookId ?? '');
      return webhook?.enabled ? standardHeaders({ id: delivery.id, body: delivery.payload, secrets: webhook.secrets }) : undefined;
    },
    async tried({ webhookId }, arrived) {
      if (webhookId === null) return;
      if (arrived) await markArrived(db, webhookId);
      else await failed(webhookId);
    },
  });

  /** One that fails for days is switched off, and that is told: in its notice, and as an event to whoever listens to the project or the organisation. */
  async function failed(id: string): Promise<void> {
    const webhook = await selectWebhook(db, id);
    if (!webhook) return;
    await db.tx(async (tx) => {
      const notice = `Switched off on ${new Date().toISOString().slice(0, 10)}: every delivery failed for ${disableAfterDays} days.`;
      if (!(await markFailed(tx, id, { days: disableAfterDays, notice }))) return;
      await emit(tx, { ...audit('webhook.disabled', { orgId: webhook.orgId, email: 'system@fovea' }, webhook), data: { url: webhook.url, failingSince: webhook.failingSince, notice } });
    });
  }

  /** The right to see and change webhooks: of a project its managers', of the organisation its administrators'. */
  async function need(caller: Caller, id: string): Promise<StoredWebhook> {
    const webhook = await selectWebhook(db, id);
    if (!webhook) throw notFound('webhook', id);
    await mayManage(caller, webhook, { kind: 'webhook', id });
    return webhook;
  }

  async function mayManage(caller: Caller, of: { orgId: string; projectId: string | null }, as: { kind: string; id: string }): Promise<void> {
    if (of.projectId !== null) return void (await authorize(db, caller, of.projectId, { role: 'manager', scope: 'admin', as }));
    if (of.orgId !== caller.orgId) throw notFound(as.kind, as.id);
    needAdmin(caller, 'admin');
  }

  /** The project that is meant; null for the organisation. */
  async function placeOf(caller: Caller, reference: string | undefined): Promise<string | null> {
    if (reference === undefined) {
      needAdmin(caller, 'admin');
      return null;
    }
    const project = await projects.get(caller, reference);
    await authorize(db, caller, project.id, { role: 'manager', scope: 'admin' });
    return project.id;
  }

  const checkUrl = callbackAddress(outbound);

  return {
    async create(caller: Caller, body: Body<'create'>, whenMade?: WhenMade<WithSecret>): Promise<WithSecret> {
      const projectId = await placeOf(caller, body.project);
      needEventTypes(body.events);
      await checkUrl(body.url);
      const secret = newSecret();
      const { url, events, description } = body;
      return db.tx(async (tx) => {
        const row = await insertWebhook(tx, { id: newId(), orgId: caller.orgId, projectId, url, events, description, secret, createdBy: caller.email });
        await emit(tx, audit('webhook.created', caller, row));
        const made = { webhook: toWebhook(row), secret };
        await whenMade?.(tx, made);
        return made;
      });
    },

    async list(caller: Caller, query: Parsed<typeof webhooks.list>['query']): Promise<Page<Webhook>> {
      const projectId = await placeOf(caller, query.project);
      const mark = listMark('webhooks', projectId);
      const before = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await selectWebhooks(db, { orgId: caller.orgId, projectId }, { limit: query.limit, before });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: toWebhook });
    },

    async update(caller: Caller, id: string, body: Body<'update'>): Promise<Webhook> {
      const before = await need(caller, id);
      needEventTypes(body.events);
      if (body.url !== undefined) await checkUrl(body.url);
      return db.tx(async (tx) => {
        const after = await updateWebhook(tx, id, body);
        await emit(tx, audit('webhook.updated', caller, before));
        return toWebhook(after);
      });
    },

    async rotate(caller: Caller, id: string, whenMade?: WhenMade<WithSecret>): Promise<WithSecret> {
      const before = await need(caller, id);
      const secret = newSecret();
      return db.tx(async (tx) => {
        const after = await rotateSecret(tx, id, secret);
        await emit(tx, audit('webhook.rotated', caller, before));
        const made = { webhook: toWebhook(after), secret };
        await whenMade?.(tx, made);
        return made;
      });
    },

    async delete(caller: Caller, id: string): Promise<void> {
      const before = await need(caller, id);
      await db.tx(async (tx) => {
        await deleteWebhook(tx, id);
        await emit(tx, audit('webhook.deleted', caller, before));
      });
    },

    async deliveries(caller: Caller, query: Parsed<typeof webhooks.deliveries>['query']): Promise<Page<Delivery>> {
      const projectId = await placeOf(caller, query.project);
      const { webhook: webhookId, status, subject: subjectId, limit } = query;
      const mark = listMark('deliveries', [projectId, webhookId, status, subjectId]);
      const before = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await selectDeliveries(db, projectId === null ? { orgId: caller.orgId } : { projectId }, { webhookId, status, subjectId, limit, before });
      return cutPage(rows, { limit, mark, position: (row) => [row.id], map: toDelivery });
    },

    async redeliver(caller: Caller, id: string): Promise<Delivery> {
      const found = await selectDelivery(db, id);
      if (!found) throw notFound('delivery', id);
      await mayManage(caller, found, { kind: 'delivery', id });
      await deliveries.again([id]);
      return toDelivery((await selectDelivery(db, id)) ?? found);
    },

    /** Sends what a webhook was told in a stretch of time again, the oldest first. */
    async redeliverMany(caller: Caller, id: string, body: Body<'redeliverMany'>): Promise<{ redelivered: number; more: boolean }> {
      const webhook = await need(caller, id);
      if (!webhook.enabled) throw new Fault('illegal_state', 'The webhook is switched off; enable it first.', { current: toWebhook(webhook) });
      return deliveries.againOf(id, body);
    },

    /** Begins to turn events into deliveries. */
    work: (): Promise<() => Promise<void>> => startFanOut(deps),
  };
}

function audit(type: string, by: { orgId: string; email: string }, webhook: { id: string; projectId: string | null }) {
  return { type, orgId: by.orgId, projectId: webhook.projectId, subject: { kind: 'webhook', id: webhook.id }, actor: by.email };
}
