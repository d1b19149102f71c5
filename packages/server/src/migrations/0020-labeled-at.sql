-- When what an item teaches last changed: its bytes, its labels or its annotations. A copy of it elsewhere is old when this is newer.
alter table items add column labeled_at timestamptz(3) not null default now();
