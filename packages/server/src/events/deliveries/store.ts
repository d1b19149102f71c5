import type { Delivery } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface DeliveryRow {
  id: string;
  org_id: string;
  project_id: string | null;
  webhook_id: string | null;
  kind: string;
  method: string;
  url: string;
  event_type: string;
  subject_id: string;
  payload: string;
  status: Delivery['status'];
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  last_response: string | null;
  created_at: Date;
  next_at: Date | null;
  delivered_at: Date | null;
  log: Delivery['log'];
}

export interface StoredDelivery extends Delivery {
  orgId: string;
  projectId: string | null;
  method: string;
}

export function toStoredDelivery(row: DeliveryRow): StoredDelivery {
  return {
    id: row.id,
    orgId: row.org_id,
    projectId: row.project_id,
    webhookId: row.webhook_id,
    kind: row.kind,
    method: row.method,
    url: row.url,
    eventType: row.event_type,
    subjectId: row.subject_id,
    payload: row.payload,
    status: row.status,
    attempts: row.attempts,
    lastStatus: row.last_status,
    lastError: row.last_error,
    lastResponse: row.last_response,
    createdAt: row.created_at.toISOString(),
    nextAt: row.next_at?.toISOString() ?? null,
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    log: row.log,
  };
}

export function toDelivery({ orgId: _orgId, projectId: _projectId, method: _method, ...delivery }: StoredDelivery): Delivery {
  return delivery;
}

/** A call that is to be made. */
export interface NewDelivery {
  id: string;
  orgId: string;
  projectId: string | null;
  webhookId: string | null;
  kind: string;
  method: string;
  url: string;
  eventType: string;
  eventId: string | null;
  subjectId: string;
  payload: string;
}

/** Records deliveries; those for an event that the webhook has already are left out. Gives the ids of the new ones, in their order. */
export async function insertDeliveries(db: Queryable, rows: readonly NewDelivery[]): Promise<string[]> {
  const of = <T>(value: (row: NewDelivery) => T): T[] => rows.map(value);
  const made = await db.many<{ id: string }>(sql`insert into deliveries (id, org_id, project_id, webhook_id, kind, method, url, event_type, event_id, subject_id, payload)
    select * from unnest(${of((row) => row.id)}::uuid[], ${of((row) => row.orgId)}::uuid[], ${of((row) => row.projectId)}::uuid[], ${of((row) => row.webhookId)}::uuid[],
      ${of((row) => row.kind)}::text[], ${of((row) => row.method)}::text[], ${of((row) => row.url)}::text[], ${of((row) => row.eventType)}::text[],
      ${of((row) => row.eventId)}::uuid[], ${of((row) => row.subjectId)}::uuid[], ${of((row) => row.payload)}::text[])
    on conflict do nothing returning id`);
  const fresh = new Set(made.map(({ id }) => id));
  return rows.map(({ id }) => id).filter((id) => fresh.has(id));
}

export async function selectDelivery(db: Queryable, id: string): Promise<StoredDelivery | undefined> {
  const row = await db.maybe<DeliveryRow>(sql`select * from deliveries where id = ${id}`);
  return row && toStoredDelivery(row);
}

/** When the next attempt of an earlier delivery about the same thing to the same place is, while one still waits: order is kept per thing. */
export async function earlierAttempt(db: Queryable, delivery: StoredDelivery): Promise<Date | undefined> {
  const row = await db.maybe<{ at: Date }>(sql`select coalesce(next_at, now()) as at from deliveries where subject_id = ${delivery.subjectId} and url = ${delivery.url}
    and webhook_id is not distinct from ${delivery.webhookId} and id < ${delivery.id} and status = 'pending' order by id limit 1`);
  return row?.at;
}

export async function postpone(db: Queryable, id: string, until: Date): Promise<void> {
  await db.run(sql`update deliveries set next_at = ${until} where id = ${id} and status = 'pending'`);
}

/** Pending deliveries whose attempt is long overdue: the message that told of it was lost with its worker. Each is given once in such a time. */
export async function takeOverdue(db: Queryable, options: { seconds: number; limit: number }): Promise<string[]> {
  const rows = await db.many<{ id: string }>(sql`update deliveries set next_at = now() where id in (select id from deliveries where status = 'pending'
    and next_at < now() - make_interval(secs => ${options.seconds}) order by next_at limit ${options.limit} for update skip locked) returning id`);
  return rows.map(({ id }) => id);
}

export interface Attempt {
  status: Delivery['status'];
  lastStatus: number | null;
  lastError: string | null;
  lastResponse: string | null;
  nextAt: Date | null;
  /** What the log of the delivery says about it. */
  entry: Delivery['log'][number];
}

const maxEntries = 50;

export async function recordAttempt(db: Queryable, id: string, attempt: Attempt): Promise<void> {
  await db.run(sql`update deliveries set status = ${attempt.status}, attempts = attempts + 1, last_status = ${attempt.lastStatus}, last_error = ${attempt.lastError},
    last_response = ${attempt.lastResponse}, next_at = ${attempt.nextAt}, delivered_at = ${attempt.status === 'delivered' ? sql`now()` : sql`delivered_at`},
    log = (case when jsonb_array_length(log) >= ${maxEntries} then log - 0 else log end) || ${JSON.stringify([attempt.entry])}::jsonb where id = ${id}`);
}

/** Has deliveries tried anew from the beginning, whatever came of them. */
export async function reopenDeliveries(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.run(sql`update deliveries set status = 'pending', attempts = 0, next_at = now() where id = any(${[...ids]}::uuid[])`);
}

/** A stretch of what a webhook was told. */
export interface DeliveryRange {
  from?: string | undefined;
  to?: string | undefined;
  status?: 'delivered' | 'dead' | undefined;
}

/** Ids of ended deliveries of a webhook that were recorded in a stretch of time, the oldest first. */
export async function selectEnded(db: Queryable, webhookId: string, { from, to, status }: DeliveryRange, options: { limit: number; after: string | undefined }): Promise<string[]> {
  const rows = await db.many<{ id: string }>(sql`select id from deliveries where webhook_id = ${webhookId} and ${status === undefined ? sql`status <> 'pending'` : sql`status = ${status}`}
    ${from === undefined ? empty : sql`and created_at >= ${from}`} ${to === undefined ? empty : sql`and created_at < ${to}`}
    ${options.after === undefined ? empty : sql`and id > ${options.after}`} order by id limit ${options.limit}`);
  return rows.map(({ id }) => id);
}

export async function selectDeliveries(
  db: Queryable,
  of: { projectId: string } | { orgId: string },
  options: { webhookId: string | undefined; status: string | undefined; subjectId: string | undefined; limit: number; before: string | undefined },
): Promise<StoredDelivery[]> {
  const rows = await db.many<DeliveryRow>(sql`select * from deliveries where ${'projectId' in of ? sql`project_id = ${of.projectId}` : sql`org_id = ${of.orgId}`}
    ${options.webhookId === undefined ? empty : sql`and webhook_id = ${options.webhookId}`}
    ${options.status === undefined ? empty : sql`and status = ${options.status}`}
    ${options.subjectId === undefined ? empty : sql`and subject_id = ${options.subjectId}`}
    ${options.before === undefined ? empty : sql`and id < ${options.before}`} order by id desc limit ${options.limit + 1}`);
  return rows.map(toStoredDelivery);
}
