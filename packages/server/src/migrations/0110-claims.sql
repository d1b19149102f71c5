-- The next task is found by walking from the head of a queue, however long it is: of a person's share, of what is nobody's in a batch, and of
-- what is in no batch. Tasks whose attachment has not come yet are in none of them.
drop index tasks_queue;
create index tasks_queue_batch on tasks (batch_id, priority desc, id)
  where status = 'pending' and deleted_at is null and assignment_id is null and (attachment is null or item_id is not null);
create index tasks_queue_share on tasks (assignment_id, priority desc, id)
  where status = 'pending' and deleted_at is null and assignment_id is not null and (attachment is null or item_id is not null);
create index tasks_queue_alone on tasks (project_id, test, priority desc, id)
  where status = 'pending' and deleted_at is null and batch_id is null and assignment_id is null and (attachment is null or item_id is not null);
