-- Analytics that people who work on tasks of a recipe may ask for suggestions.
alter table recipe_versions add column suggestions jsonb not null default '[]';
-- The frame of a video, or the slice of a scan, that a job looks at as a picture.
alter table jobs add column frame integer;
