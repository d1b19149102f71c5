-- Versions of datasets. A chunk is named by the SHA-256 of its content, so equal content is kept once and a new version writes only what
-- changed. Three levels: a root (its digest is the version's id) lists nodes, a node lists leaves, a leaf holds items with their labels.
create table version_chunks (
  project_id uuid not null,
  digest bytea not null,
  content text not null,
  primary key (project_id, digest)
);

create table versions (
  dataset_id uuid not null references datasets (id),
  number integer not null,
  org_id uuid not null,
  project_id uuid not null,
  digest bytea not null,
  message text not null default '',
  items bigint not null,
  annotations bigint not null,
  bytes bigint not null,
  splits jsonb,
  -- Whatever changes after this moment may not be in it.
  seen_at timestamptz(3) not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  primary key (dataset_id, number)
);
create index versions_digest on versions (dataset_id, digest, number desc);

create table version_tags (
  dataset_id uuid not null,
  name text not null,
  project_id uuid not null,
  number integer not null,
  updated_by text not null,
  updated_at timestamptz(3) not null default now(),
  primary key (dataset_id, name),
  foreign key (dataset_id, number) references versions (dataset_id, number)
);

-- The bytes that versions speak of, which the sweep must keep.
create table version_blobs (
  dataset_id uuid not null,
  sha256 bytea not null,
  project_id uuid not null,
  primary key (dataset_id, sha256)
);
create index version_blobs_blob on version_blobs (sha256);

-- One commit of a dataset at a time.
create unique index commands_one_commit on commands (subject_id) where kind in ('version.commit', 'version.restore') and status in ('queued', 'running');
