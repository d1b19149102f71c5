-- How many jobs wait in each group of 1,024 tickets of a queue, so that a position is told without counting every job in front. Each
-- connection has a row of its own in a group (the slot), so that two that queue jobs at once do not wait for each other.
create table job_places (
  queue text not null,
  ticket_group bigint not null,
  slot smallint not null,
  waiting integer not null,
  primary key (queue, ticket_group, slot)
) with (fillfactor = 50);

create function count_place(of_queue text, of_ticket bigint, change integer) returns void language sql as $$
  insert into job_places as p (queue, ticket_group, slot, waiting) values (of_queue, of_ticket / 1024, pg_backend_pid() % 64, change)
  on conflict (queue, ticket_group, slot) do update set waiting = p.waiting + excluded.waiting;
$$;

create function count_places() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old.status = 'queued' and old.deleted_at is null and old.ticket is not null then
    perform count_place(old.queue, old.ticket, -1);
  end if;
  if tg_op <> 'DELETE' and new.status = 'queued' and new.deleted_at is null and new.ticket is not null then
    perform count_place(new.queue, new.ticket, 1);
  end if;
  return null;
end;
$$;

create trigger jobs_enter after insert on jobs for each row when (new.status = 'queued') execute function count_places();
create trigger jobs_leave after delete on jobs for each row when (old.status = 'queued') execute function count_places();
create trigger jobs_pass after update on jobs for each row
  when ((old.status, old.queue, old.ticket, old.deleted_at) is distinct from (new.status, new.queue, new.ticket, new.deleted_at) and 'queued' in (old.status, new.status))
  execute function count_places();

insert into job_places (queue, ticket_group, slot, waiting)
  select queue, ticket / 1024, 0, count(*) from jobs where status = 'queued' and deleted_at is null and ticket is not null group by 1, 2;
