-- Tasks that nobody began before their expiry are cancelled: found without a look at all the others.
create index tasks_expiry on tasks (expires_at) where expires_at is not null and status = 'pending' and deleted_at is null;
