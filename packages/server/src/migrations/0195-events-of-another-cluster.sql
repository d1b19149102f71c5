-- Numbers of transactions belong to a cluster. In a database that was restored into another one they go on from where they were: this is what
-- is added there, set when the platform starts (events/numbering.ts).
create function fovea_xact_base() returns bigint language sql stable as 'select 0::bigint';
create function fovea_xact(number xid8) returns xid8 language sql stable as 'select (number::text::bigint + fovea_xact_base())::text::xid8';
-- What the transaction sees, in these numbers.
create function fovea_snapshot() returns pg_snapshot language sql stable as $$
  select (fovea_xact(pg_snapshot_xmin(s)) || ':' || fovea_xact(pg_snapshot_xmax(s)) || ':'
    || coalesce((select string_agg(fovea_xact(x)::text, ',' order by x) from pg_snapshot_xip(s) x), ''))::pg_snapshot from (select pg_current_snapshot() as s) as now
$$;
alter table events alter column xact set default fovea_xact(pg_current_xact_id());
