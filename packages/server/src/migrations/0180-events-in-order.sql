-- Readers go by the transaction first: those below the oldest that still runs are complete, so that whoever reads on from a place misses
-- none, however late a transaction commits. The number of an event alone does not tell that.
create index events_org_order on events (org_id, xact, seq);
create index events_project_order on events (project_id, xact, seq);
drop index events_org;
drop index events_project;
-- What somebody did who does little is found among what many did.
create index events_actor_order on events (org_id, actor, xact, seq);

-- A webhook without a project is told of everything in its organisation.
alter table webhooks alter column project_id drop not null;
alter table webhooks add column position_xact xid8;
-- Events that this snapshot sees were there before the webhook.
alter table webhooks add column since pg_snapshot;
-- Why the platform switched it off.
alter table webhooks add column notice text;
update webhooks set position_xact = coalesce((select xact from events where seq <= position order by seq desc limit 1), '0'::xid8);
alter table webhooks alter column position_xact set not null;
create index webhooks_org on webhooks (org_id, id desc) where deleted_at is null and project_id is null;

alter table deliveries alter column project_id drop not null;
-- Every attempt: when, what was answered, how long it took.
alter table deliveries add column log jsonb not null default '[]';
create index deliveries_webhook on deliveries (webhook_id, id desc) where webhook_id is not null;
create index deliveries_org on deliveries (org_id, id desc);
