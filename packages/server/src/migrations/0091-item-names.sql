-- Items by the name of their file, whatever folder it lies in: for labels that name files only.
create index items_name on items (dataset_id, (substring(path from '[^/]*$'))) where deleted_at is null;
