-- Recipes: what may be labeled and how. A change makes a new version; tasks keep theirs.
create table recipes (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null references projects (id),
  name text not null,
  version integer not null default 1,
  origin text,
  external_id text,
  extra jsonb,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create index recipes_project on recipes (project_id, id desc);

create table recipe_versions (
  recipe_id uuid not null references recipes (id),
  version integer not null,
  project_id uuid not null,
  labels jsonb not null,
  attributes jsonb not null default '[]',
  instructions text not null default '',
  allow_new_labels boolean not null default false,
  -- Defaults of tasks, as a vendor's door wants them inherited; opaque here.
  params jsonb not null default '{}',
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  primary key (recipe_id, version)
);

create table annotations (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  dataset_id uuid not null,
  item_id uuid not null,
  type text not null,
  label text not null,
  geometry jsonb not null,
  attributes jsonb not null default '{}',
  frame integer,
  end_frame integer,
  keyframes jsonb,
  confidence real,
  source text not null default 'human',
  group_key text,
  status text,
  metadata jsonb not null default '{}',
  -- The file that came with it: a NIfTI volume, a mask as it was uploaded.
  blob bytea,
  -- Work in progress of a task: seen in that task only, until it is completed.
  task_id uuid,
  draft boolean not null default false,
  origin text,
  external_id text,
  extra jsonb,
  revision integer not null default 1,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_by text not null,
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create index annotations_item on annotations (item_id, id) where deleted_at is null;
create index annotations_label on annotations (dataset_id, label, type, item_id) where deleted_at is null;
create index annotations_dataset on annotations (dataset_id, id) where deleted_at is null;
create index annotations_task on annotations (task_id) where task_id is not null;
create index annotations_blob on annotations (blob) where blob is not null;

-- The states that an annotation had before: what was changed or deleted, and by whom.
create table annotation_revisions (
  annotation_id uuid not null,
  revision integer not null,
  project_id uuid not null,
  content jsonb not null,
  changed_by text not null,
  changed_at timestamptz(3) not null default now(),
  primary key (annotation_id, revision)
);

-- Edits with client-made ids: one that comes twice is answered from here.
create table annotation_operations (
  id uuid primary key,
  project_id uuid not null,
  annotation_id uuid not null,
  outcome text not null,
  revision integer,
  created_at timestamptz(3) not null default now()
);
create index annotation_operations_age on annotation_operations (created_at);

create table batches (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null references projects (id),
  dataset_id uuid,
  recipe_id uuid,
  name text not null,
  kind text not null default 'annotation',
  status text not null default 'staging',
  priority integer not null default 0,
  test boolean not null default false,
  due_at timestamptz(3),
  callback_url text,
  -- Review, consensus and lease settings.
  settings jsonb not null default '{}',
  metadata jsonb not null default '{}',
  origin text,
  external_id text,
  extra jsonb,
  revision integer not null default 1,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  completed_at timestamptz(3),
  deleted_at timestamptz(3)
);
create index batches_project on batches (project_id, id desc) where deleted_at is null;
create index batches_org on batches (org_id, test, id desc) where deleted_at is null;

-- A person's share of a batch.
create table assignments (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null,
  batch_id uuid not null references batches (id) on delete cascade,
  email text not null,
  -- Percent of the tasks, when the work is shared out beforehand; null for the common queue.
  load double precision,
  created_at timestamptz(3) not null default now()
);
create unique index assignments_person on assignments (batch_id, email);
create index assignments_project on assignments (project_id, id desc);

create table tasks (
  id uuid primary key,
  org_id uuid not null,
  project_id uuid not null references projects (id),
  batch_id uuid references batches (id),
  dataset_id uuid,
  item_id uuid,
  type text not null,
  status text not null default 'pending',
  test boolean not null default false,
  instruction text not null default '',
  params jsonb not null default '{}',
  attachment text,
  recipe_id uuid,
  recipe_version integer,
  priority integer not null default 0,
  unique_id text,
  tags text[],
  metadata jsonb not null default '{}',
  callback_url text,
  callback_succeeded boolean,
  -- Who it is meant for (their share), who has it now, and until when.
  assignment_id uuid,
  claimed_by text,
  lease_token uuid,
  lease_until timestamptz(3),
  -- What was answered; set on submission.
  response jsonb,
  item_status text,
  submitted_by text,
  submitted_at timestamptz(3),
  seconds_spent double precision not null default 0,
  -- Review: pending | accepted | rejected | fixed | commented, and how often it went round.
  review_status text,
  review_comments jsonb not null default '[]',
  audits jsonb not null default '[]',
  prior_responses jsonb not null default '[]',
  rounds integer not null default 0,
  flag text,
  error jsonb,
  origin text,
  external_id text,
  extra jsonb,
  revision integer not null default 1,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  completed_at timestamptz(3),
  expires_at timestamptz(3),
  deleted_at timestamptz(3)
);
create unique index tasks_unique_id on tasks (org_id, test, unique_id) where unique_id is not null and deleted_at is null;
create index tasks_org on tasks (org_id, test, id desc) where deleted_at is null;
create index tasks_project on tasks (project_id, id desc) where deleted_at is null;
create index tasks_batch on tasks (batch_id, status, id) where deleted_at is null;
create index tasks_item on tasks (item_id) where item_id is not null and deleted_at is null;
create index tasks_queue on tasks (batch_id, priority desc, id) where status = 'pending' and deleted_at is null;
create index tasks_lease on tasks (lease_until) where status = 'claimed';
create index tasks_tags on tasks using gin (tags) where tags is not null;

alter table datasets add constraint datasets_recipe foreign key (recipe_id) references recipes (id);
