import { z } from 'zod';
import { operation } from './operation.ts';
import { id, page, pageQuery, time, timeInput } from './primitives.ts';
import { reference } from './projects.ts';

export const event = z.object({
  id,
  seq: z.int().describe('Position in the stream; resume after it'),
  type: z.string().describe('The thing, then what happened: `item.created`'),
  projectId: id.nullable(),
  subject: z.object({ kind: z.string(), id }),
  actor: z.string(),
  data: z.record(z.string(), z.unknown()),
  createdAt: time,
});
export type Event = z.infer<typeof event>;

export const events = {
  list: operation({
    id: 'events.list',
    method: 'GET',
    path: '/v1/events/history',
    summary: 'What happened in a project, oldest first: audit, and catching up.',
    audience: 'annotator',
    query: pageQuery.extend({ project: reference, after: z.coerce.number().int().min(0).optional(), type: z.string().optional(), subject: id.optional() }),
    result: page(event),
    errors: ['not_found'],
  }),
  stream: operation({
    id: 'events.stream',
    method: 'GET',
    path: '/v1/events',
    summary: 'Events of a project as they happen (Server-Sent Events); resumes after `Last-Event-ID`.',
    audience: 'annotator',
    query: z.object({ project: reference, after: z.coerce.number().int().min(0).optional() }),
    result: 'events',
    errors: ['not_found'],
  }),
};

/** A type, or all of one thing: `task.completed`, `task.*`. */
const typePattern = z.string().regex(/^[a-z]+\.(\*|[a-z]+)$/, 'must be a type such as task.completed or task.*');

export const audit = {
  list: operation({
    id: 'audit.list',
    method: 'GET',
    path: '/v1/audit',
    summary: 'What was done in the organisation, newest first: who, what, to which thing, when.',
    description: 'Every change writes its event in its own transaction, so the list has all that happened and nothing that did not. Events that belong to no project, such as new users and keys, are among them.',
    audience: 'org',
    scope: 'admin',
    query: pageQuery.extend({
      actor: z.string().max(320).optional().describe('E-mail of who did it; `system@fovea` for the platform itself'),
      type: typePattern.optional().describe('`task.completed`, or `task.*` for all of one thing'),
      project: reference.optional(),
      subject: id.optional().describe('The thing it was done to'),
      from: timeInput.optional().describe('Not before'),
      to: timeInput.optional().describe('Before'),
    }),
    result: page(event),
    errors: ['forbidden', 'not_found'],
  }),
};

export const webhook = z.object({
  id,
  projectId: id.nullable().describe('Null: everything in the organisation'),
  url: z.string(),
  events: z.array(z.string()).describe('Types, or prefixes such as `task.*`; empty or `*` for all'),
  enabled: z.boolean(),
  description: z.string(),
  failingSince: time.nullable().describe('Since then no delivery has arrived'),
  notice: z.string().nullable().describe('Why the platform switched it off'),
  createdBy: z.string(),
  createdAt: time,
});
export type Webhook = z.infer<typeof webhook>;

export const delivery = z.object({
  id,
  webhookId: id.nullable(),
  kind: z.string(),
  url: z.string(),
  eventType: z.string(),
  subjectId: id,
  status: z.enum(['pending', 'delivered', 'dead']),
  attempts: z.int(),
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
  lastResponse: z.string().nullable(),
  payload: z.string(),
  createdAt: time,
  nextAt: time.nullable(),
  deliveredAt: time.nullable(),
  log: z
    .array(z.object({ at: time, seconds: z.number(), status: z.int().nullable(), error: z.string().nullable(), response: z.string().nullable(), headers: z.record(z.string(), z.string()).describe('Of Standard Webhooks') }))
    .describe('Every attempt, the last fifty: when, with which signature, how long it took, what was answered'),
});
export type Delivery = z.infer<typeof delivery>;

const eventTypes = z.array(z.string().regex(/^(\*|[a-z]+\.(\*|[a-z]+))$/, 'must be a type such as task.completed, task.* for all of one thing, or * for all')).max(100);
const oneWebhook = z.object({ webhook: id });

export const webhooks = {
  create: operation({
    id: 'webhooks.create',
    method: 'POST',
    path: '/v1/webhooks',
    summary: 'Has events of a project, or of the whole organisation, sent to a URL, signed (Standard Webhooks). The secret is shown this once.',
    audience: 'manager',
    scope: 'admin',
    body: z.object({ project: reference.optional().describe('Left out: everything in the organisation, for its administrators'), url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }), events: eventTypes.default([]), description: z.string().max(1_000).default('') }).strict(),
    result: z.object({ webhook, secret: z.string() }),
    status: 201,
    errors: ['not_found', 'forbidden', 'address_refused'],
  }),
  list: operation({ id: 'webhooks.list', method: 'GET', path: '/v1/webhooks', summary: 'Lists the webhooks of a project, or those of the organisation itself.', audience: 'manager', scope: 'admin', query: pageQuery.extend({ project: reference.optional().describe('Left out: those of the organisation') }), result: page(webhook), errors: ['not_found', 'forbidden'] }),
  update: operation({
    id: 'webhooks.update',
    method: 'PATCH',
    path: '/v1/webhooks/{webhook}',
    summary: 'Changes a webhook; enabling one starts it anew.',
    audience: 'manager',
    scope: 'admin',
    params: oneWebhook,
    body: z.object({ url: z.url({ protocol: /^https?$/ }).optional(), events: eventTypes.optional(), description: z.string().max(1_000).optional(), enabled: z.boolean().optional() }).strict(),
    result: webhook,
    errors: ['not_found', 'forbidden', 'address_refused'],
  }),
  rotate: operation({ id: 'webhooks.rotate', method: 'POST', path: '/v1/webhooks/{webhook}/rotate', summary: 'Makes a new secret; for a day deliveries carry a signature of the old one too.', audience: 'manager', scope: 'admin', params: oneWebhook, result: z.object({ webhook, secret: z.string() }), errors: ['not_found', 'forbidden'] }),
  delete: operation({ id: 'webhooks.delete', method: 'DELETE', path: '/v1/webhooks/{webhook}', summary: 'Deletes a webhook.', audience: 'manager', scope: 'admin', params: oneWebhook, errors: ['not_found', 'forbidden'] }),
  deliveries: operation({ id: 'webhooks.deliveries', method: 'GET', path: '/v1/deliveries', summary: 'The log of deliveries of a project or of the organisation, newest first: webhooks and callbacks.', audience: 'manager', scope: 'admin', query: pageQuery.extend({ project: reference.optional().describe('Left out: of the whole organisation'), webhook: id.optional(), status: z.enum(['pending', 'delivered', 'dead']).optional(), subject: id.optional() }), result: page(delivery), errors: ['not_found', 'forbidden'] }),
  callbackSecret: operation({ id: 'webhooks.callbackSecret', method: 'GET', path: '/v1/projects/{project}/callback-secret', summary: 'Gets the secret that calls of the `callbackUrl` of tasks, batches and jobs of a project are signed with, as webhooks are.', audience: 'manager', scope: 'admin', params: z.object({ project: id }), result: z.object({ secret: z.string().describe('`whsec_…`') }), errors: ['not_found', 'forbidden'] }),
  redeliverMany: operation({
    id: 'webhooks.redeliverMany',
    method: 'POST',
    path: '/v1/webhooks/{webhook}/redeliver',
    summary: 'Sends what a webhook was told in a stretch of time again, the oldest first; `more` says that there is more than the ten thousand of one request.',
    audience: 'manager',
    scope: 'admin',
    params: oneWebhook,
    body: z.object({ from: timeInput.optional().describe('Recorded not before'), to: timeInput.optional().describe('Recorded before'), status: z.enum(['delivered', 'dead']).optional().describe('Only these; `dead` for what never arrived') }).strict(),
    result: z.object({ redelivered: z.int(), more: z.boolean() }),
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  redeliver: operation({ id: 'webhooks.redeliver', method: 'POST', path: '/v1/deliveries/{delivery}/redeliver', summary: 'Sends a delivery again.', audience: 'manager', scope: 'admin', params: z.object({ delivery: id }), result: delivery, errors: ['not_found', 'forbidden'] }),
};
