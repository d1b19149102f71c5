-- Organisations, users, keys, console sessions, projects, members: who may do what.
create table organizations (
  id uuid primary key,
  name text not null,
  created_at timestamptz(3) not null default now()
);

create table users (
  id uuid primary key,
  org_id uuid not null references organizations (id),
  email text not null,
  name text not null,
  password_hash text,
  admin boolean not null default false,
  disabled boolean not null default false,
  created_at timestamptz(3) not null default now()
);
create unique index users_email on users (email);
create index users_org on users (org_id, id);

create table projects (
  id uuid primary key,
  org_id uuid not null references organizations (id),
  name text not null,
  description text not null default '',
  metadata jsonb not null default '{}',
  external_id text,
  extra jsonb,
  revision integer not null default 1,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create unique index projects_name on projects (org_id, name) where deleted_at is null;
create index projects_org on projects (org_id, id desc);

create table members (
  project_id uuid not null references projects (id) on delete cascade,
  user_id uuid not null references users (id),
  org_id uuid not null,
  role text not null,
  created_at timestamptz(3) not null default now(),
  primary key (project_id, user_id)
);
create index members_user on members (user_id, project_id);

create table keys (
  id uuid primary key,
  org_id uuid not null,
  user_id uuid not null references users (id),
  name text not null,
  prefix text not null,
  hash bytea not null,
  scopes text[] not null,
  project_id uuid references projects (id) on delete cascade,
  test boolean not null default false,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3)
);
create unique index keys_hash on keys (hash);
create index keys_user on keys (user_id, id desc);
create index keys_org on keys (org_id, id desc);

create table sessions (
  hash bytea primary key,
  org_id uuid not null,
  user_id uuid not null references users (id),
  key_id uuid references keys (id),
  csrf text not null,
  scopes text[] not null,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null
);
create index sessions_user on sessions (user_id);

-- Small facts of the installation, such as which organisation the first key belongs to.
create table settings (
  name text primary key,
  value jsonb not null
);

-- Answers to POSTs that carried an Idempotency-Key, kept for a day.
create table idempotency (
  org_id uuid not null,
  key text not null,
  operation text not null,
  request_hash bytea not null,
  status integer,
  answer jsonb,
  created_at timestamptz(3) not null default now(),
  primary key (org_id, key)
);
create index idempotency_age on idempotency (created_at);
