-- What doors find their things by: a name of theirs, once in an organisation (and mode). The index on tasks serves a door's list of
-- everything that an organisation has, newest first, whatever the number of tasks that came another way.
create unique index projects_external on projects (org_id, external_id) where external_id is not null and deleted_at is null;
create unique index batches_external on batches (org_id, test, origin, external_id) where external_id is not null and deleted_at is null;
create unique index recipes_external on recipes (project_id, origin, external_id) where external_id is not null and deleted_at is null;
create index tasks_origin on tasks (org_id, test, origin, id desc) where deleted_at is null;
