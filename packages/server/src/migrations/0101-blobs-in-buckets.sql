-- Blobs that lie in buckets of others, and are read from there: where, and as which object.
create table blob_places (
  connection text not null,
  key text not null,
  sha256 bytea not null references blobs (sha256) on delete cascade,
  size bigint not null,
  etag text not null,
  found_at timestamptz(3) not null default now(),
  primary key (connection, key)
);
create index blob_places_blob on blob_places (sha256);
-- Jobs whose outputs are to be let go of.
create index jobs_to_expire on jobs (expires_at) where expires_at is not null and outputs <> '[]';
