import { newId } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable, Tx } from '../engines/database/database.ts';

/** Something that happened, as the room that did it says it. */
export interface NewEvent {
  /** `item.created`: the thing, then the past verb. */
  type: string;
  orgId: string;
  projectId: string | null;
  subject: { kind: string; id: string };
  /** E-mail of who did it. */
  actor: string;
  /** Small JSON, enough for a listener to act without asking back. */
  data?: Record<string, unknown>;
}

/** Who waits for events listens here. */
export const eventsChannel = 'fovea_events';

/** Records events in the transaction of the change: they exist when, and only when, the change does. */
export async function emit(tx: Tx, ...events: NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  for (let start = 0; start < events.length; start += 500) {
    await tx.run(eventsInsert(events.slice(start, start + 500)));
  }
  tx.tell(eventsChannel);
}

/** Records events as part of another's statement; who sends that must also tell {@link eventsChannel}. */
export function eventsInsert(events: readonly NewEvent[]): Sql {
  const insert = sql`insert into events (id, org_id, project_id, type, subject_kind, subject_id, actor, data)`;
  const [only] = events;
  // A single event, as nearly all come, is quicker as values: a person waits for what it is part of.
  if (only && events.length === 1) {
    const { subject, data = {} } = only;
    return sql`${insert} values (${newId()}, ${only.orgId}, ${only.projectId}, ${only.type}, ${subject.kind}, ${subject.id}, ${only.actor}, ${JSON.stringify(data)})`;
  }
  return sql`${insert}
    select * from unnest(
      ${events.map(() => newId())}::uuid[], ${events.map((event) => event.orgId)}::uuid[],
      ${events.map((event) => event.projectId)}::uuid[], ${events.map((event) => event.type)}::text[],
      ${events.map((event) => event.subject.kind)}::text[], ${events.map((event) => event.subject.id)}::uuid[],
      ${events.map((event) => event.actor)}::text[], ${events.map((event) => JSON.stringify(event.data ?? {}))}::jsonb[])`;
}

/** An event of a row that the same statement writes; `status` where it tells another than the row now has. */
export interface RowEvent {
  type: string;
  status?: string;
}

/**
 * Changes rows of one kind and records their events by one statement, and gives the rows. `change` is an `insert` or `update`
 * with `returning *`, of a table with `org_id` and `project_id`; `data` is JSON over the row `m` and the event's `e.status`, `actor` a text or one of `m`; `give` is what is
 * wanted of the rows.
 */
export async function withEvents<Row>(db: Queryable, change: Sql, of: { kind: string; actor: string | Sql; data: Sql }, events: readonly RowEvent[], give: Sql = sql`m.*`): Promise<Row[]> {
  const rows = await db.many<Row>(sql`with m as (${change}), recorded as (
      insert into events (id, org_id, project_id, type, subject_kind, subject_id, actor, data)
      select fovea_new_id(), m.org_id, m.project_id, e.type, ${of.kind}, m.id, ${of.actor}, ${of.data}
      from m, unnest(${events.map((event) => event.type)}::text[], ${events.map((event) => event.status ?? null)}::text[]) with ordinality as e (type, status, n)
      order by m.id, e.n)
    select ${give} from m`);
  if (rows.length > 0) db.tell(eventsChannel);
  return rows;
}
