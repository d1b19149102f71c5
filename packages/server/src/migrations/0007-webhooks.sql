-- Who is told of events, and every single telling.
create table webhooks (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null references projects (id),
  url text not null,
  events text[] not null default '{}',
  description text not null default '',
  secret text not null,
  old_secret text,
  old_secret_until timestamptz(3),
  enabled boolean not null default true,
  failing_since timestamptz(3),
  -- Events up to here have been turned into deliveries.
  position bigint not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create index webhooks_project on webhooks (project_id, id desc) where deleted_at is null;

create table deliveries (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  webhook_id uuid references webhooks (id),
  kind text not null,
  method text not null default 'POST',
  url text not null,
  event_type text not null,
  event_id uuid,
  subject_id uuid not null,
  payload text not null,
  status text not null default 'pending',
  attempts integer not null default 0,
  last_status integer,
  last_error text,
  last_response text,
  created_at timestamptz(3) not null default now(),
  next_at timestamptz(3) default now(),
  delivered_at timestamptz(3)
);
create unique index deliveries_event on deliveries (webhook_id, event_id) where webhook_id is not null;
create index deliveries_project on deliveries (project_id, id desc);
create index deliveries_subject on deliveries (subject_id, id);
create index deliveries_pending on deliveries (next_at) where status = 'pending';
