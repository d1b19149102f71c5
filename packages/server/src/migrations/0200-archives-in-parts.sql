-- Uploads in parts become an item, an import of labels, or an archive that is unpacked: which, and what was asked for with them.
alter table uploads add column becomes text not null default 'item' check (becomes in ('item', 'import', 'archive'));
update uploads set becomes = 'import' where import_request is not null;
alter table uploads rename column import_request to request;
-- The command that unpacks an archive; the digest of its bytes stands with the command from then on.
alter table uploads add column command_id uuid;
create index uploads_command on uploads (command_id) where command_id is not null;
drop index uploads_resumed;
create unique index uploads_resumed on uploads (dataset_id, user_id, path, size, fingerprint)
  where item_id is null and fingerprint is not null and becomes = 'item';
drop index uploads_resumed_imports;
create unique index uploads_resumed_whole on uploads (dataset_id, user_id, becomes, path, size, fingerprint)
  where fingerprint is not null and becomes <> 'item';
