-- Analytics: versioned processors. Built-in ones live in the program and have a row so that jobs can point at them.
create table analytics (
  id uuid primary key,
  -- Null for built-in ones, which everybody may run.
  org_id uuid,
  user_id uuid,
  name text not null,
  version text not null,
  scope text not null,
  manifest jsonb not null,
  builtin boolean not null default false,
  pending boolean not null default false,
  deprecated boolean not null default false,
  origin text,
  external_id text,
  extra jsonb,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create unique index analytics_version on analytics (coalesce(org_id, '00000000-0000-0000-0000-000000000000'), name, version) where deleted_at is null;

create table profiles (
  id uuid primary key,
  number bigint generated always as identity,
  org_id uuid not null,
  project_id uuid not null references projects (id),
  analytic text not null,
  name text not null,
  description text not null default '',
  parameters jsonb not null default '{}',
  files uuid[] not null default '{}',
  metadata jsonb not null default '{}',
  version integer not null default 1,
  origin text,
  extra jsonb,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create index profiles_project on profiles (project_id, id desc) where deleted_at is null;
create unique index profiles_number on profiles (number);

create table jobs (
  id uuid primary key,
  number bigint generated always as identity,
  org_id uuid not null,
  project_id uuid not null references projects (id),
  analytic_id uuid not null references analytics (id),
  analytic text not null,
  version text not null,
  name text not null,
  status text not null default 'ready',
  compute text not null default 'best',
  -- The queue it waits in, and its place in it.
  queue text not null default 'cpu',
  ticket bigint,
  inputs jsonb not null default '{}',
  parameters jsonb not null default '{}',
  profile_id uuid,
  attach_labels boolean not null default false,
  -- Digest of analytic, parameters and input contents: equal work has an equal one.
  work_key text,
  progress real not null default 0,
  message text,
  cause text,
  outputs jsonb not null default '[]',
  summary jsonb,
  failures jsonb not null default '[]',
  archived boolean not null default false,
  attempt integer not null default 0,
  worker text,
  callback_url text,
  origin text,
  external_id text,
  extra jsonb,
  revision integer not null default 1,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  queued_at timestamptz(3),
  started_at timestamptz(3),
  ended_at timestamptz(3),
  expires_at timestamptz(3),
  deleted_at timestamptz(3)
);
create sequence job_tickets;
create unique index jobs_number on jobs (number);
create index jobs_project on jobs (project_id, id desc) where deleted_at is null;
create index jobs_org on jobs (org_id, id desc) where deleted_at is null;
create index jobs_waiting on jobs (queue, ticket) where status = 'queued' and deleted_at is null;
create index jobs_work on jobs (org_id, work_key) where status = 'complete' and deleted_at is null;
create index jobs_expiry on jobs (expires_at) where expires_at is not null and deleted_at is null;

create table job_log (
  job_id uuid not null references jobs (id) on delete cascade,
  line integer not null,
  at timestamptz(3) not null default now(),
  text text not null,
  primary key (job_id, line)
);
