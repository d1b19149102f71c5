import { z } from 'zod';
import { annotationInput } from './annotations.ts';
import { job } from './compute.ts';
import { operation } from './operation.ts';
import { id, metadata, name, page, pageQuery, time, timeInput } from './primitives.ts';
import { reference } from './projects.ts';
import { email } from './identity.ts';
import { filterSchema, queryBody } from './query.ts';
import { taskFamilies, taskTypeNames } from './task-types.ts';

export const taskStatuses = ['pending', 'claimed', 'submitted', 'completed', 'cancelled', 'error'] as const;
export const reviewStatuses = ['pending', 'accepted', 'rejected', 'fixed', 'commented'] as const;
export const batchStatuses = ['staging', 'in_progress', 'completed', 'cancelled'] as const;

/** How the work of a batch is done and checked. */
export const batchSettings = z.strictObject({
  reviewShare: z.number().min(0).max(1).describe('Share of the tasks that somebody reviews before they are completed').default(0),
  leaseSeconds: z.int().min(30).max(86_400).describe('A claim that is not renewed for so long goes back').default(900),
  people: z.int().min(1).max(20).describe('So many people label each item, for consensus').default(1),
});
const { reviewShare, leaseSeconds, people } = batchSettings.shape;
/** What is left out stays: without the values that a new batch would get. */
const settingsChange = z.strictObject({ reviewShare: reviewShare.unwrap(), leaseSeconds: leaseSeconds.unwrap(), people: people.unwrap() }).partial();

export const assignment = z.object({
  id,
  batchId: id,
  email: z.string(),
  load: z.number().nullable().describe('Percent of the tasks; null for the common queue'),
  total: z.int(),
  completed: z.int(),
  secondsSpent: z.number(),
  createdAt: time,
});
export type Assignment = z.infer<typeof assignment>;

export const batch = z.object({
  id,
  projectId: id,
  datasetId: id.nullable(),
  recipeId: id.nullable(),
  name: z.string(),
  kind: z.enum(['annotation', 'review']),
  status: z.enum(batchStatuses),
  priority: z.int(),
  dueAt: time.nullable(),
  callbackUrl: z.string().nullable(),
  settings: batchSettings,
  metadata,
  counts: z.object({ total: z.int(), pending: z.int(), claimed: z.int(), submitted: z.int(), completed: z.int(), cancelled: z.int(), error: z.int() }),
  revision: z.int(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  completedAt: time.nullable(),
});
export type Batch = z.infer<typeof batch>;

export const task = z.object({
  id,
  projectId: id,
  batchId: id.nullable(),
  datasetId: id.nullable(),
  itemId: id.nullable(),
  assignmentId: id.nullable(),
  type: z.string(),
  status: z.enum(taskStatuses),
  instruction: z.string(),
  params: z.record(z.string(), z.unknown()),
  attachment: z.string().nullable(),
  recipeId: id.nullable(),
  recipeVersion: z.int().nullable(),
  priority: z.int(),
  uniqueId: z.string().nullable(),
  tags: z.array(z.string()).nullable(),
  metadata,
  callbackUrl: z.string().nullable(),
  claimedBy: z.string().nullable(),
  leaseUntil: time.nullable(),
  response: z.record(z.string(), z.unknown()).nullable(),
  itemStatus: z.string().nullable().describe('How the item was left, e.g. completed, approved, discard'),
  submittedBy: z.string().nullable(),
  submittedAt: time.nullable(),
  secondsSpent: z.number(),
  reviewStatus: z.enum(reviewStatuses).nullable(),
  reviewComments: z.array(z.unknown()),
  rounds: z.int().describe('How often review sent it back'),
  flag: z.string().nullable(),
  error: z.record(z.string(), z.unknown()).nullable(),
  revision: z.int(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  completedAt: time.nullable(),
});
export type Task = z.infer<typeof task>;

const oneBatch = z.object({ batch: id });
const oneTask = z.object({ task: id });
const share = z.object({ email: email.describe('Of a member of the project'), load: z.number().min(0).max(100).nullable().default(null) }).strict();

export const batches = {
  create: operation({
    id: 'batches.create',
    method: 'POST',
    path: '/v1/batches',
    summary: 'Creates a batch in staging; with a dataset and a filter, one task for each item that the filter finds.',
    audience: 'manager',
    body: z
      .object({
        project: reference,
        name,
        dataset: id.optional(),
        filter: filterSchema.optional(),
        recipe: id.optional().describe('Default: the recipe of the dataset'),
        kind: z.enum(['annotation', 'review']).default('annotation'),
        priority: z.int().min(-1_000).max(1_000).default(0),
        dueAt: timeInput.nullable().default(null),
        callbackUrl: z.url().nullable().default(null),
        settings: batchSettings.prefault({}),
        assignments: z.array(share).max(1_000).default([]),
        metadata: metadata.default({}),
      })
      .strict(),
    result: batch,
    status: 201,
    errors: ['not_found', 'forbidden', 'address_refused'],
  }),
  query: operation({ id: 'batches.query', method: 'POST', path: '/v1/projects/{project}/batches/query', summary: 'Finds batches of a project by the query language, newest first.', audience: 'annotator', scope: 'read', params: z.object({ project: id }), body: queryBody, result: page(batch.partial()), errors: ['not_found'] }),
  list: operation({
    id: 'batches.list',
    method: 'GET',
    path: '/v1/batches',
    summary: 'Lists the batches of a project, newest first.',
    audience: 'annotator',
    query: pageQuery.extend({ project: reference, status: z.enum(batchStatuses).optional(), name: z.string().optional() }),
    result: page(batch),
    errors: ['not_found'],
  }),
  get: operation({ id: 'batches.get', method: 'GET', path: '/v1/batches/{batch}', summary: 'Gets a batch with the counts of its tasks.', audience: 'annotator', params: oneBatch, result: batch, errors: ['not_found'] }),
  update: operation({
    id: 'batches.update',
    method: 'PATCH',
    path: '/v1/batches/{batch}',
    summary: 'Changes a batch.',
    audience: 'manager',
    params: oneBatch,
    body: z
      .object({ name: name.optional(), priority: z.int().optional(), dueAt: timeInput.nullable().optional(), callbackUrl: z.url().nullable().optional(), metadata: metadata.optional(), settings: settingsChange.optional() })
      .strict(),
    result: batch,
    errors: ['not_found', 'forbidden', 'revision_conflict', 'address_refused'],
  }),
  finalize: operation({ id: 'batches.finalize', method: 'POST', path: '/v1/batches/{batch}/finalize', summary: 'Opens a staged batch for work.', audience: 'manager', params: oneBatch, result: batch, errors: ['not_found', 'forbidden', 'illegal_state'] }),
  cancel: operation({ id: 'batches.cancel', method: 'POST', path: '/v1/batches/{batch}/cancel', summary: 'Cancels a batch and its tasks that are not completed.', audience: 'manager', params: oneBatch, result: batch, errors: ['not_found', 'forbidden', 'illegal_state'] }),
  addItems: operation({
    id: 'batches.addItems',
    method: 'POST',
    path: '/v1/batches/{batch}/items',
    summary: 'Adds a task for each item of the batch\'s dataset that the filter finds and that has none in it yet.',
    audience: 'manager',
    params: oneBatch,
    body: z.object({ filter: filterSchema, limit: z.int().min(1).optional() }).strict(),
    result: z.object({ added: z.int() }),
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  assignments: operation({ id: 'batches.assignments', method: 'GET', path: '/v1/batches/{batch}/assignments', summary: 'Lists who works on a batch, and how far each of them is.', audience: 'annotator', params: oneBatch, query: pageQuery, result: page(assignment), errors: ['not_found'] }),
  assign: operation({
    id: 'batches.assign',
    method: 'PUT',
    path: '/v1/batches/{batch}/assignments',
    summary: 'Sets who works on a batch; pending tasks are shared out anew.',
    audience: 'manager',
    params: oneBatch,
    body: z.object({ assignments: z.array(share).max(1_000) }).strict(),
    result: page(assignment),
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
};

export const taskInput = z
  .object({
    project: reference,
    batch: id.optional(),
    type: z.enum(taskTypeNames, { error: `must be a task type, one of ${taskTypeNames.join(', ')}` }).default('annotation').describe('What the work is; `GET /v1/task-types` says what each takes and is answered with'),
    item: id.optional().describe('The item to work on'),
    attachment: z.string().max(10_000).optional().describe('A URL that becomes an item, where no item is given'),
    instruction: z.string().max(200_000).default(''),
    params: z.record(z.string(), z.unknown()).default({}).describe('What the type takes, in the words of its schema; what is missing is taken from the recipe'),
    recipe: id.optional().describe('What people label with; default: what `params` say, else the recipe of the batch, else that of the item\'s dataset'),
    priority: z.int().min(-1_000).max(1_000).default(0),
    uniqueId: z.string().min(1).max(500).optional().describe('Refused with 409 when another task has it'),
    tags: z.array(z.string().max(200)).max(100).optional(),
    metadata: metadata.default({}),
    callbackUrl: z.url().optional(),
    hypothesis: z.array(annotationInput).max(10_000).optional().describe('Annotations to begin with'),
    expiresAt: timeInput.optional(),
  })
  .strict();

const taskTypeRow = z.object({
  type: z.enum(taskTypeNames),
  family: z.enum(taskFamilies).describe('What the work is; types of a family are answered alike'),
  media: z.string().describe('What attachments are where `attachment_type` does not say'),
  required: z.array(z.string()).describe('Parameters that must be there; `a|b` is satisfied by one of them, an item stands for an attachment, a recipe for labels'),
  params: z.record(z.string(), z.unknown()).describe('JSON Schema of `params`'),
  response: z.record(z.string(), z.unknown()).describe('JSON Schema of `response`'),
  example: z.record(z.string(), z.unknown()).describe('Right parameters'),
});

export const tasks = {
  types: operation({ id: 'tasks.types', method: 'GET', path: '/v1/task-types', summary: 'Lists the task types with the schemas of their parameters and answers.', audience: 'user', result: z.object({ data: z.array(taskTypeRow) }) }),
  create: operation({ id: 'tasks.create', method: 'POST', path: '/v1/tasks', summary: 'Creates a task for people.', description: 'Parameters are checked by the type; what is missing or wrong is named. With a test key the task completes itself with a made-up answer.', audience: 'developer', body: taskInput, result: task, status: 201, errors: ['not_found', 'forbidden', 'conflict', 'address_refused'] }),
  query: operation({ id: 'tasks.query', method: 'POST', path: '/v1/projects/{project}/tasks/query', summary: 'Finds tasks of a project by the query language, newest first.', audience: 'annotator', scope: 'read', params: z.object({ project: id }), body: queryBody, result: page(task.partial()), errors: ['not_found'] }),
  get: operation({ id: 'tasks.get', method: 'GET', path: '/v1/tasks/{task}', summary: 'Gets a task.', audience: 'annotator', params: oneTask, result: task, errors: ['not_found'] }),
  update: operation({
    id: 'tasks.update',
    method: 'PATCH',
    path: '/v1/tasks/{task}',
    summary: 'Changes what is said about a task.',
    audience: 'developer',
    params: oneTask,
    body: z
      .object({ metadata: metadata.optional(), tags: z.array(z.string().max(200)).max(100).nullable().optional(), uniqueId: z.string().min(1).max(500).nullable().optional(), priority: z.int().optional() })
      .strict(),
    result: task,
    errors: ['not_found', 'forbidden', 'conflict', 'revision_conflict'],
  }),
  cancel: operation({
    id: 'tasks.cancel',
    method: 'POST',
    path: '/v1/tasks/{task}/cancel',
    summary: 'Cancels a task that is not completed.',
    audience: 'developer',
    params: oneTask,
    body: z.object({ clearUniqueId: z.boolean().default(false) }).strict(),
    result: task,
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  claim: operation({
    id: 'tasks.claim',
    method: 'POST',
    path: '/v1/projects/{project}/tasks/claim',
    summary: 'Takes the next task for the caller: their own share first, then the common queue. No two people get the same.',
    audience: 'annotator',
    scope: 'label',
    params: z.object({ project: id }),
    body: z
      .object({
        batch: id.optional(),
        task: id.optional().describe('This task rather than the next; one that the caller holds already gets a new lease, which ends the old one'),
        review: z.boolean().default(false).describe('A submitted task to review instead'),
      })
      .strict(),
    result: z.object({ task: task.nullable().describe('Null when there is nothing to do'), lease: id.nullable() }),
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  renew: operation({ id: 'tasks.renew', method: 'POST', path: '/v1/tasks/{task}/renew', summary: 'Keeps a claimed task for another lease.', audience: 'annotator', scope: 'label', params: oneTask, body: z.object({ lease: id, secondsSpent: z.number().min(0).max(86_400).default(0) }).strict(), result: task, errors: ['not_found', 'illegal_state'] }),
  release: operation({ id: 'tasks.release', method: 'POST', path: '/v1/tasks/{task}/release', summary: 'Gives a claimed task back, with a reason when it is flagged.', audience: 'annotator', scope: 'label', params: oneTask, body: z.object({ lease: id, flag: z.string().max(2_000).optional(), skip: z.boolean().default(false).describe('The caller gets it again only when nothing else is left for them') }).strict(), result: task, errors: ['not_found', 'illegal_state'] }),
  submit: operation({
    id: 'tasks.submit',
    method: 'POST',
    path: '/v1/tasks/{task}/submit',
    summary: 'Hands in the work on a claimed task.',
    description: 'The answer is checked by the type of the task; required attributes of what was labeled must have a value.',
    audience: 'annotator',
    scope: 'label',
    params: oneTask,
    body: z
      .object({
        lease: id,
        response: z.record(z.string(), z.unknown()).default({}).describe('Answers that are no annotations'),
        itemStatus: z.string().max(200).default('completed'),
        secondsSpent: z.number().min(0).max(86_400).default(0),
      })
      .strict(),
    result: task,
    errors: ['not_found', 'illegal_state'],
  }),
  suggest: operation({
    id: 'tasks.suggest',
    method: 'POST',
    path: '/v1/tasks/{task}/suggestions',
    summary: 'Has an analytic that the recipe allows look at the item of a task that the caller holds or reviews.',
    description: 'Without a place, the labels that it finds become annotations of the item that nobody has accepted yet. With a place nothing is written: the shapes stand in the `summary` of the job.',
    audience: 'annotator',
    scope: 'label',
    params: oneTask,
    body: z
      .object({
        analytic: z.string().max(200).describe('One of the `suggestions` of the recipe'),
        frame: z.int().min(0).optional().describe('Of a video or a scan: the frame or slice that is looked at as a picture'),
        point: z.tuple([z.number(), z.number()]).optional().describe('Only what lies at this place: [x, y] in pixels of the picture'),
      })
      .strict(),
    result: job,
    status: 201,
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  review: operation({
    id: 'tasks.review',
    method: 'POST',
    path: '/v1/tasks/{task}/review',
    summary: 'Accepts submitted or completed work, sends it back with a comment, or records that it was fixed.',
    audience: 'reviewer',
    scope: 'label',
    params: oneTask,
    body: z.object({ verdict: z.enum(['accept', 'reject', 'fix', 'comment']), comment: z.string().max(10_000).optional(), annotation: id.optional().describe('The annotation that the comment is about'), response: z.record(z.string(), z.unknown()).optional() }).strict(),
    result: task,
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  reopen: operation({
    id: 'tasks.reopen',
    method: 'POST',
    path: '/v1/tasks/{task}/reopen',
    summary: 'Takes a completed task back, to be done once more.',
    description: 'It is pending again, and its batch goes on; what was drawn and answered is there for whoever gets it next. Callbacks are told.',
    audience: 'manager',
    params: oneTask,
    body: z.object({ comment: z.string().max(10_000).optional().describe('For whoever does it next') }).strict(),
    result: task,
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
};
