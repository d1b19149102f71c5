-- Which items of a dataset changed since a moment. Pages that hold other datasets are passed over, however much came to those since.
drop index items_changed;
create index items_changed on items using brin (dataset_id, (greatest(updated_at, labeled_at))) with (pages_per_range = 16, autosummarize = on);
