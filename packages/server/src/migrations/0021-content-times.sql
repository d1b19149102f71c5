-- When an item came into a batch or left it; and when an item or an annotation of a dataset came, changed or went.
alter table batches add column contents_at timestamptz(3) not null default now();
alter table dataset_counts add column changed_at timestamptz(3) not null default now();
