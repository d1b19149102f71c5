-- What a profile was in each of its versions.
create table profile_versions (
  profile_id uuid not null references profiles (id),
  version integer not null,
  project_id uuid not null,
  name text not null,
  description text not null,
  parameters jsonb not null,
  files uuid[] not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  primary key (profile_id, version)
);
insert into profile_versions (profile_id, version, project_id, name, description, parameters, files, created_by, created_at)
  select id, version, project_id, name, description, parameters, files, created_by, updated_at from profiles;
