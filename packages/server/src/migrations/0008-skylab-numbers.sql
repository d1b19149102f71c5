-- Skylab's clients know photos by whole numbers, and find jobs by a name that only one of an organisation's has.
create sequence skylab_photo_numbers;
create unique index jobs_skylab_name on jobs (org_id, name) where origin = 'skylab' and deleted_at is null;
