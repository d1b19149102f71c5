-- Items below a folder whose name begins with a dot, or with such a name: few, and left out of most lists, so that how many are not is known by these.
create index items_hidden on items (dataset_id, id) where deleted_at is null and path ~ '/[.]';
