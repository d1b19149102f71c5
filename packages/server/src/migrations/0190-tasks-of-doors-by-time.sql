-- A door's list of tasks stands in the order of their creation, so that a stretch of time is a stretch of the index, whatever the number of
-- tasks before and after it; ids decide within a millisecond.
drop index tasks_origin;
create index tasks_origin on tasks (org_id, test, origin, created_at desc, id desc) include (project_id) where deleted_at is null;
-- As filters ask for tags: a task without any has an empty list.
drop index tasks_tags;
create index tasks_tags on tasks using gin ((coalesce(tags, '{}'::text[]))) where deleted_at is null;
