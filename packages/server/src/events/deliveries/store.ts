import type { Delivery } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface DeliveryRow {
  id: string;
  org_id: string;
  project_id: string;
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
}

export interface StoredDelivery extends Delivery {
  orgId: string;
  projectId: string;
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
  };
}

export function toDelivery({ orgId: _orgId, projectId: _projectId, method: _method, ...delivery }: StoredDelivery): Delivery {
  return delivery;
}

/** Records a delivery; one for an event that the webhook has already is left out. */
export async function insertDelivery(
  db: Queryable,
  row: {
    id: string;
    orgId: string;
    projectId: string;
    webhookId: string | null;
    kind: string;
    method: string;
    url: string;
    eventType: string;
    eventId: string | null;
    subjectId: string;
    payload: string;
  },
): Promise<boolean> {
  const inserted = await db.run(sql`insert into deliveries (id, org_id, project_id, webhook_id, kind, method, url, event_type, event_id, subject_id, payload)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.webhookId}, ${row.kind}, ${row.method}, ${row.url}, ${row.eventType}, ${row.eventId}, ${row.subjectId},
      ${row.payload}) on conflict do nothing`);
  return inserted > 0;
}

export async function selectDelivery(db: Queryable, id: string): Promise<StoredDelivery | undefined> {
  const row = await db.maybe<DeliveryRow>(sql`select * from deliveries where id = ${id}`);
  return row && toStoredDelivery(row);
}

/** True while an earlier delivery about the same thing to the same place still waits: order is kept per thing. */
export async function hasEarlierPending(db: Queryable, delivery: StoredDelivery): Promise<boolean> {
  const row = await db.maybe(sql`select 1 as found from deliveries where subject_id = ${delivery.subjectId} and url = ${delivery.url} and id < ${delivery.id} and status = 'pending' limit 1`);
  return row !== undefined;
}

export async function recordAttempt(
  db: Queryable,
  id: string,
  attempt: { status: Delivery['status']; lastStatus: number | null; lastError: string | null; lastResponse: string | null; nextAt: Date | null },
): Promise<void> {
  await db.run(sql`update deliveries set status = ${attempt.status}, attempts = attempts + 1, last_status = ${attempt.lastStatus}, last_error = ${attempt.lastError},
    last_response = ${attempt.lastResponse}, next_at = ${attempt.nextAt}, delivered_at = ${attempt.status === 'delivered' ? sql`now()` : sql`delivered_at`}
    where id = ${id}`);
}

export async function reopenDelivery(db: Queryable, id: string): Promise<void> {
  await db.run(sql`update deliveries set status = 'pending', attempts = 0, next_at = now() where id = ${id}`);
}

export async function selectDeliveries(
  db: Queryable,
  projectId: string,
  options: { webhookId: string | undefined; status: string | undefined; subjectId: string | undefined; limit: number; before: string | undefined },
): Promise<StoredDelivery[]> {
  const rows = await db.many<DeliveryRow>(sql`select * from deliveries where project_id = ${projectId}
    ${options.webhookId === undefined ? empty : sql`and webhook_id = ${options.webhookId}`}
    ${options.status === undefined ? empty : sql`and status = ${options.status}`}
    ${options.subjectId === undefined ? empty : sql`and subject_id = ${options.subjectId}`}
    ${options.before === undefined ? empty : sql`and id < ${options.before}`} order by id desc limit ${options.limit + 1}`);
  return rows.map(toStoredDelivery);
}
