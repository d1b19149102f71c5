-- Uploads in parts that become an import of labels instead of an item: what was asked for with them. They are found again by their
-- fingerprint after they were imported too, as long as they are kept.
alter table uploads add column import_request jsonb;
drop index uploads_resumed;
create unique index uploads_resumed on uploads (dataset_id, user_id, path, size, fingerprint)
  where item_id is null and fingerprint is not null and import_request is null;
create unique index uploads_resumed_imports on uploads (dataset_id, user_id, path, size, fingerprint)
  where fingerprint is not null and import_request is not null;

-- The upload that an import has its bytes from.
alter table dataset_imports add column upload_id uuid;
create index dataset_imports_upload on dataset_imports (upload_id) where upload_id is not null;
