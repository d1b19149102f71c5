-- Workers that take jobs from a queue: how many at once, and how long the last ones took. Each tells it every few seconds, so that who waits can be
-- told how long; one that has fallen silent does not count.
create table job_workers (
  id uuid primary key,
  queue text not null,
  lanes integer not null,
  seconds real,
  seen_at timestamptz(3) not null default now()
);
