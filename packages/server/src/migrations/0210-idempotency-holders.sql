-- Which run of a request has its key: what it made and its answer are written by one transaction, and only while the key is still its own.
alter table idempotency add column holder uuid;
