-- Every claim writes a task anew in each index that it is in. Nothing asks for all tasks of an organisation but doors, each for its own: what came
-- through none is in no index of theirs.
drop index tasks_org;
drop index tasks_origin;
create index tasks_origin on tasks (org_id, test, origin, created_at desc, id desc) include (project_id) where deleted_at is null and origin is not null;
