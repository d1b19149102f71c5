-- Large files on their way into a dataset, part by part; the parts themselves lie in the blob store.
create table uploads (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  dataset_id uuid not null references datasets (id),
  user_id uuid not null,
  path text not null,
  size bigint not null,
  part_bytes bigint not null,
  -- What the client knows the file again by: with it the same upload is found after a break.
  fingerprint text,
  -- Given by the blob store when it begins.
  handle text,
  wishes jsonb not null,
  promised_sha256 bytea,
  -- The digest, once the parts are a blob.
  sha256 bytea,
  item_id uuid,
  outcome text,
  created_at timestamptz(3) not null default now(),
  touched_at timestamptz(3) not null default now()
);
create unique index uploads_resumed on uploads (dataset_id, user_id, path, size, fingerprint) where item_id is null and fingerprint is not null;
create index uploads_touched on uploads (touched_at);
