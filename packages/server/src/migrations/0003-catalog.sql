-- Datasets, blobs, items.
create table datasets (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null references projects (id),
  name text not null,
  description text not null default '',
  metadata jsonb not null default '{}',
  kind text not null default 'master',
  sources uuid[] not null default '{}',
  recipe_id uuid,
  item_days double precision,
  origin text,
  external_id text,
  extra jsonb,
  revision integer not null default 1,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create unique index datasets_name on datasets (project_id, name) where deleted_at is null;
create index datasets_org on datasets (org_id, id desc);
create index datasets_project on datasets (project_id, id desc);

-- Counters of a dataset, spread over slots so that parallel uploads do not wait for one row. The sum is the count.
create table dataset_counts (
  dataset_id uuid not null,
  slot smallint not null,
  project_id uuid not null,
  items bigint not null default 0,
  bytes bigint not null default 0,
  annotations bigint not null default 0,
  primary key (dataset_id, slot)
);

-- Bytes, by content. Facts and the thumbnail belong to the content: a second upload or a clone costs no second look.
create table blobs (
  sha256 bytea primary key,
  size bigint not null,
  kind text,
  media_type text,
  facts jsonb,
  thumbnail bytea,
  created_at timestamptz(3) not null default now(),
  -- Renewed whenever the blob is used for something new, so that the sweep never takes what is just being referenced.
  touched_at timestamptz(3) not null default now()
);

create table items (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  dataset_id uuid not null references datasets (id),
  path text collate "C" not null,
  sha256 bytea not null references blobs (sha256),
  size bigint not null,
  media_type text not null,
  kind text not null,
  probe text not null default 'pending',
  problem text,
  width integer,
  height integer,
  orientation smallint,
  frames integer,
  duration double precision,
  fps double precision,
  summary jsonb not null default '{}',
  metadata jsonb not null default '{}',
  labels text[] not null default '{}',
  channel text,
  status text not null default 'inbox',
  description text not null default '',
  annotation_count integer not null default 0,
  thumbnail bytea,
  origin text,
  external_id text,
  extra jsonb,
  source_item_id uuid,
  revision integer not null default 1,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_by text not null,
  updated_at timestamptz(3) not null default now(),
  published_at timestamptz(3),
  published_by text,
  expires_at timestamptz(3),
  deleted_at timestamptz(3)
);
create unique index items_path on items (dataset_id, path) where deleted_at is null;
create index items_created on items (dataset_id, id) where deleted_at is null;
create index items_status on items (dataset_id, status, path) where deleted_at is null;
create index items_kind on items (dataset_id, kind, path) where deleted_at is null;
create index items_channel on items (dataset_id, channel, path) where deleted_at is null and channel is not null;
create index items_labels on items using gin (labels) where deleted_at is null;
create index items_blob on items (sha256);
create index items_expiry on items (expires_at) where expires_at is not null;
create index items_deleted on items (deleted_at) where deleted_at is not null;
create unique index items_external on items (org_id, origin, external_id) where external_id is not null;
