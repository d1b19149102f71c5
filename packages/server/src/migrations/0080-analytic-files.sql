-- The files that analytics come with: programs, models, images of containers.
create table analytic_files (
  analytic_id uuid not null references analytics (id) on delete cascade,
  path text not null,
  sha256 text not null,
  size bigint not null,
  created_at timestamptz(3) not null default now(),
  primary key (analytic_id, path)
);

-- What an analytic elsewhere has answered about a job, until the worker that waits for it takes it.
create table job_reports (
  job_id uuid not null references jobs (id) on delete cascade,
  ticket bigint not null,
  report jsonb not null,
  created_at timestamptz(3) not null default now(),
  primary key (job_id, ticket)
);

-- Files that such an analytic has sent before its answer.
create table job_uploads (
  job_id uuid not null references jobs (id) on delete cascade,
  ticket bigint not null,
  output text not null,
  name text not null,
  media_type text not null,
  sha256 text not null,
  size bigint not null,
  created_at timestamptz(3) not null default now(),
  primary key (job_id, ticket, output, name)
);

-- Where its inputs come from datasets with versions: the version that they were read at.
alter table jobs add column data_versions jsonb;
