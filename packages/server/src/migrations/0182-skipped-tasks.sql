-- Who would rather not do this task: they get it again only when nothing else is left for them.
alter table tasks add column skipped_by text[] not null default '{}';
