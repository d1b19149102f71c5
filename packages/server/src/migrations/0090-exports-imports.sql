-- Exports and imports of datasets in label formats: what was asked for, and what came of it. How far one is, the command of the same id says.
create table dataset_exports (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  dataset_id uuid not null,
  request jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  -- When it is complete: the archive, every loss as a line of JSON, and their sum.
  items bigint,
  file_name text,
  blob bytea,
  size bigint,
  losses bytea,
  report jsonb,
  expires_at timestamptz(3)
);
create index dataset_exports_dataset on dataset_exports (dataset_id, id desc);
create index dataset_exports_blob on dataset_exports (blob) where blob is not null;
create index dataset_exports_losses on dataset_exports (losses) where losses is not null;

create table dataset_imports (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  dataset_id uuid not null,
  request jsonb not null,
  file_name text not null,
  -- The uploaded file, until it goes.
  blob bytea,
  size bigint not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  format text,
  guesses jsonb not null default '[]',
  items jsonb not null default '{"read":0,"matched":0,"created":0,"unmatched":0}',
  annotations jsonb not null default '{"imported":0,"existing":0,"deleted":0,"dropped":0}',
  labels jsonb not null default '{"found":[],"unknown":[],"created":[]}',
  losses bytea,
  report jsonb
);
create index dataset_imports_dataset on dataset_imports (dataset_id, id desc);
create index dataset_imports_blob on dataset_imports (blob) where blob is not null;
create index dataset_imports_losses on dataset_imports (losses) where losses is not null;
