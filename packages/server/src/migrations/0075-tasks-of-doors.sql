-- A door's list of tasks says how many there are in all. With the project in the index, they are counted without a look at the rows: whether
-- the caller sees the project is all that is asked of each.
drop index tasks_origin;
create index tasks_origin on tasks (org_id, test, origin, id desc) include (project_id) where deleted_at is null;
