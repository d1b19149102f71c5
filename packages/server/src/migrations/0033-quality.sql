-- A task on an item whose right answer is known. Nothing that a worker can read tells it apart; its drafts stay drafts.
alter table tasks add column honeypot boolean not null default false;
create index tasks_honeypot on tasks (batch_id) where honeypot;

-- What was made of several people's answers to one item, and what it took the place of.
create table consensus_merges (
  batch_id uuid not null references batches (id),
  item_id uuid not null,
  project_id uuid not null,
  made uuid[] not null,
  replaced uuid[] not null,
  merged_by text not null,
  merged_at timestamptz(3) not null default now(),
  primary key (batch_id, item_id)
);
