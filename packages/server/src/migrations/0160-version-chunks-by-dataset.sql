-- Several connections write the chunks of one commit from one snapshot, in which what others wrote meanwhile cannot be seen: the chunks that
-- two datasets of a project come to share at the same moment are then kept by each.
alter table version_chunks add column dataset_id uuid;
update version_chunks c set dataset_id = (select v.dataset_id from versions v where v.project_id = c.project_id order by v.created_at limit 1);
delete from version_chunks where dataset_id is null;
alter table version_chunks drop constraint version_chunks_pkey;
alter table version_chunks add primary key (project_id, digest, dataset_id);
