-- Folders that have an id of their own: those that somebody made, which may be empty, and those that a client asked for. Which folders there are
-- besides follows from the paths of the items.
create table folders (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  dataset_id uuid not null references datasets (id),
  path text collate "C" not null,
  created_by text not null,
  created_at timestamptz(3) not null default now()
);
create unique index folders_path on folders (dataset_id, path);
