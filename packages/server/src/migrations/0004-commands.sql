-- Long work that somebody asked for: clones, changes by query, exports. Restartable: `state` says how far it came.
create table commands (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  kind text not null,
  status text not null default 'queued',
  done bigint not null default 0,
  total bigint,
  message text,
  subject_id uuid,
  input jsonb not null,
  state jsonb,
  result jsonb,
  created_by text not null,
  caller jsonb not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  ended_at timestamptz(3)
);
create index commands_project on commands (project_id, id desc);
