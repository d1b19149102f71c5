-- A door's list of tasks, newest first, by each of its filters: the page is a stretch of an index, and the total is counted in the index
-- alone, whatever the number of tasks that the filter leaves out. Only tasks that came through a door are in these.
create index tasks_door_open on tasks (org_id, test, origin, created_at desc, id desc) include (project_id)
  where deleted_at is null and origin is not null and status in ('pending', 'claimed', 'submitted');
create index tasks_door_completed on tasks (org_id, test, origin, created_at desc, id desc) include (project_id, completed_at)
  where deleted_at is null and origin is not null and status in ('completed');
create index tasks_door_ended on tasks (org_id, test, origin, status, created_at desc, id desc) include (project_id)
  where deleted_at is null and origin is not null and status in ('cancelled', 'error');
create index tasks_door_reviewed on tasks (org_id, test, origin, review_status, created_at desc, id desc) include (project_id)
  where deleted_at is null and origin is not null and status in ('completed');
create index tasks_door_type on tasks (org_id, test, origin, type, created_at desc, id desc) include (project_id)
  where deleted_at is null and origin is not null;
create index tasks_door_project on tasks (org_id, test, origin, project_id, created_at desc, id desc)
  where deleted_at is null and origin is not null;
create index tasks_door_batch on tasks (org_id, test, origin, batch_id, created_at desc, id desc) include (project_id)
  where deleted_at is null and origin is not null and batch_id is not null;
create index tasks_door_completed_at on tasks (org_id, test, origin, completed_at) include (project_id)
  where deleted_at is null and origin is not null and status in ('completed');
create index tasks_door_updated_at on tasks (org_id, test, origin, updated_at) include (project_id)
  where deleted_at is null and origin is not null;
