-- What happened. Written in the transaction of the change itself; webhooks, live updates and audit read it.
create table events (
  -- The commit order of two transactions can differ from the order of their ids; readers that must miss nothing
  -- compare xact with the snapshot's horizon (see events/outbox.ts).
  seq bigint generated always as identity primary key,
  id uuid not null,
  xact xid8 not null default pg_current_xact_id(),
  org_id uuid not null,
  project_id uuid,
  type text not null,
  subject_kind text not null,
  subject_id uuid not null,
  actor text not null,
  data jsonb not null default '{}',
  created_at timestamptz(3) not null default now()
);
create index events_org on events (org_id, seq);
create index events_project on events (project_id, seq);
create index events_subject on events (subject_id, seq);
create index events_id on events (id);
