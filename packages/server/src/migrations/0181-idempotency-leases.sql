-- Until when the request that came first has the key; it says so again and again while it runs, so that one that died is recognised in seconds.
alter table idempotency add column held_until timestamptz(3) not null default now();
