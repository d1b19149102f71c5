create index blobs_thumbnail on blobs (thumbnail) where thumbnail is not null;
create index blobs_touched on blobs (touched_at);
create index datasets_deleted on datasets (deleted_at) where deleted_at is not null;
-- The most bytes that the items of a project may have together; null for no limit.
alter table projects add column quota_bytes bigint;
