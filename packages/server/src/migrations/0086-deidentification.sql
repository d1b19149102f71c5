-- The secret by which a project maps identities: made when it is first needed, never changed.
create table deidentification_keys (
  project_id uuid primary key references projects (id),
  org_id uuid not null,
  key bytea not null,
  created_at timestamptz(3) not null default now()
);

-- What was done to an item's file before it was stored.
create table deidentification_reports (
  item_id uuid primary key references items (id),
  org_id uuid not null,
  project_id uuid not null,
  report jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null default now()
);
