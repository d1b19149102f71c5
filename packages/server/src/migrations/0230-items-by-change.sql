-- Which items changed lately, without reading all: ranges of the table with the latest change in each. Unlike a tree of entries it costs an
-- edit next to nothing, and lets the row stay where it is. What was not summarised yet is read.
create index items_changed on items using brin ((greatest(updated_at, labeled_at))) with (pages_per_range = 16, autosummarize = on);
