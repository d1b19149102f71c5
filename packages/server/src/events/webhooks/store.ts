import type { Webhook } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable, Tx } from '../../engines/database/database.ts';
import type { Position } from '../reader.ts';

interface WebhookRow {
  id: string;
  org_id: string;
  project_id: string | null;
  url: string;
  events: string[];
  description: string;
  secret: string;
  old_secret: string | null;
  old_secret_until: Date | null;
  enabled: boolean;
  failing_since: Date | null;
  notice: string | null;
  position: number;
  position_xact: string;
  since: string | null;
  created_by: string;
  created_at: Date;
}

/** A webhook with what only the server knows. */
export interface StoredWebhook extends Webhook {
  orgId: string;
  /** What deliveries are signed with now: the secret, and the one before while it still holds. */
  secrets: string[];
  /** Events up to here have become deliveries. */
  position: Position;
  /** Events that this snapshot sees were there before the webhook. */
  since: string | undefined;
}

function toStoredWebhook(row: WebhookRow): StoredWebhook {
  const old = row.old_secret !== null && row.old_secret_until !== null && row.old_secret_until.getTime() > Date.now() ? [row.old_secret] : [];
  return {
    id: row.id,
    orgId: row.org_id,
    projectId: row.project_id,
    url: row.url,
    events: row.events,
    enabled: row.enabled,
    description: row.description,
    failingSince: row.failing_since?.toISOString() ?? null,
    notice: row.notice,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    secrets: [row.secret, ...old],
    position: { xact: row.position_xact, seq: row.position },
    since: row.since ?? undefined,
  };
}

export function toWebhook({ orgId: _orgId, secrets: _secrets, position: _position, since: _since, ...webhook }: StoredWebhook): Webhook {
  return webhook;
}

const columns = sql`id, org_id, project_id, url, events, description, secret, old_secret, old_secret_until, enabled, failing_since, notice, position,
  position_xact::text as position_xact, since::text as since, created_by, created_at`;

export interface NewWebhook {
  id: string;
  orgId: string;
  projectId: string | null;
  url: string;
  events: readonly string[];
  description: string;
  secret: string;
  createdBy: string;
}

/** Adds a webhook that is told of what is committed from now on. */
export async function insertWebhook(tx: Tx, row: NewWebhook): Promise<StoredWebhook> {
  return toStoredWebhook(await tx.one<WebhookRow>(sql`insert into webhooks (id, org_id, project_id, url, events, description, secret, position, position_xact, since, created_by)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.url}, ${[...row.events]}, ${row.description}, ${row.secret}, 0, pg_snapshot_xmin(fovea_snapshot()),
      fovea_snapshot(), ${row.createdBy}) returning ${columns}`));
}

export async function selectWebhook(db: Queryable, id: string): Promise<StoredWebhook | undefined> {
  const row = await db.maybe<WebhookRow>(sql`select ${columns} from webhooks where id = ${id} and deleted_at is null`);
  return row && toStoredWebhook(row);
}

/** Webhooks of a project, or those of the organisation itself, newest first; one more than the limit. */
export async function selectWebhooks(db: Queryable, of: { orgId: string; projectId: string | null }, options: { limit: number; before: string | undefined }): Promise<StoredWebhook[]> {
  const rows = await db.many<WebhookRow>(sql`select ${columns} from webhooks where ${of.projectId === null ? sql`org_id = ${of.orgId} and project_id is null` : sql`project_id = ${of.projectId}`}
    and deleted_at is null ${options.before === undefined ? empty : sql`and id < ${options.before}`} order by id desc limit ${options.limit + 1}`);
  return rows.map(toStoredWebhook);
}

/** Ids of all that are on. */
export async function selectEnabled(db: Queryable): Promise<string[]> {
  return (await db.many<{ id: string }>(sql`select id from webhooks where enabled and deleted_at is null`)).map(({ id }) => id);
}

/** Locks a webhook that is on; undefined when it is not, or somebody else works on it. */
export async function lockEnabled(tx: Tx, id: string): Promise<StoredWebhook | undefined> {
  const row = await tx.maybe<WebhookRow>(sql`select ${columns} from webhooks where id = ${id} and enabled and deleted_at is null for no key update skip locked`);
  return row && toStoredWebhook(row);
}

export interface WebhookChange {
  url?: string | undefined;
  events?: readonly string[] | undefined;
  description?: string | undefined;
  /** Switching it begins anew: what it failed at is forgotten. */
  enabled?: boolean | undefined;
}

export async function updateWebhook(tx: Tx, id: string, change: WebhookChange): Promise<StoredWebhook> {
  const set: Sql[] = [sql`id = id`];
  if (change.url !== undefined) set.push(sql`url = ${change.url}`);
  if (change.events !== undefined) set.push(sql`events = ${[...change.events]}`);
  if (change.description !== undefined) set.push(sql`description = ${change.description}`);
  if (change.enabled !== undefined) set.push(sql`enabled = ${change.enabled}, failing_since = null, notice = null`);
  return toStoredWebhook(await tx.one<WebhookRow>(sql`update webhooks set ${join(set, ', ')} where id = ${id} returning ${columns}`));
}

/** Gives it a new secret; the one before holds for a day more. */
export async function rotateSecret(tx: Tx, id: string, secret: string): Promise<StoredWebhook> {
  return toStoredWebhook(await tx.one<WebhookRow>(sql`update webhooks set old_secret = secret, old_secret_until = now() + interval '1 day', secret = ${secret}
    where id = ${id} returning ${columns}`));
}

export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`update webhooks set deleted_at = now(), enabled = false where id = ${id}`);
}

export async function movePosition(tx: Tx, id: string, to: Position): Promise<void> {
  await tx.run(sql`update webhooks set position = ${to.seq}, position_xact = ${to.xact}::xid8 where id = ${id}`);
}

/** It arrived: what failed before is forgotten. Nothing is written where nothing did. */
export async function markArrived(db: Queryable, id: string): Promise<void> {
  await db.run(sql`update webhooks set failing_since = null where id = ${id} and failing_since is not null`);
}

/** It failed. Switched off, with the notice, when it has failed for so many days without a success; true when it was just now. */
export async function markFailed(tx: Tx, id: string, options: { days: number; notice: string }): Promise<boolean> {
  await tx.run(sql`update webhooks set failing_since = now() where id = ${id} and failing_since is null`);
  const off = await tx.run(sql`update webhooks set enabled = false, notice = ${options.notice} where id = ${id} and enabled and failing_since < now() - make_interval(days => ${options.days})`);
  return off > 0;
}
