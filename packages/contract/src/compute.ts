import { z } from 'zod';
import { analyticManifest } from './analytic-manifest.ts';
import { annotationContent } from './annotation-geometry.ts';
import { operation } from './operation.ts';
import { expiryInput, futureExpiry, id, metadata, name, page, pageQuery, queryBoolean, time } from './primitives.ts';
import { reference } from './projects.ts';
import { filterSchema, queryBody, sortSchema } from './query.ts';
import { downloadLink, transfers } from './transfers.ts';

export const jobStatuses = ['ready', 'queued', 'scheduled', 'running', 'complete', 'failed', 'cancelled'] as const;
export const failureCauses = ['user', 'analytic', 'platform'] as const;
export const computeModes = ['best', 'cpu', 'gpu'] as const;

export const analytic = z.object({
  id,
  name: z.string().describe('`owner/name`'),
  version: z.string(),
  manifest: analyticManifest,
  builtin: z.boolean(),
  pending: z.boolean().describe('Something that it needs to run has not been uploaded yet'),
  deprecated: z.boolean(),
  createdBy: z.string(),
  createdAt: time,
});
export type Analytic = z.infer<typeof analytic>;

const oneAnalytic = z.object({ analytic: reference.describe('Id, `owner/name` for the newest version, or `owner/name@version`') });

export const analytics = {
  list: operation({
    id: 'analytics.list',
    method: 'GET',
    path: '/v1/analytics',
    summary: 'Lists the analytics that the caller can run: the newest version of each, or all versions.',
    audience: 'user',
    query: pageQuery.extend({ allVersions: queryBoolean.optional(), name: z.string().optional() }),
    result: page(analytic),
  }),
  query: operation({ id: 'analytics.query', method: 'POST', path: '/v1/analytics/query', summary: 'Finds versions of analytics that the caller can run by the query language, newest first.', audience: 'user', scope: 'read', body: queryBody, result: page(analytic.partial()) }),
  get: operation({ id: 'analytics.get', method: 'GET', path: '/v1/analytics/{analytic}', summary: 'Gets an analytic with its document.', audience: 'user', params: oneAnalytic, result: analytic, errors: ['not_found'] }),
  register: operation({
    id: 'analytics.register',
    method: 'POST',
    path: '/v1/analytics',
    summary: 'Registers an analytic, or a new version of one, by its manifest.',
    audience: 'user',
    body: analyticManifest,
    result: analytic,
    status: 201,
    errors: ['conflict', 'forbidden'],
  }),
  deprecate: operation({ id: 'analytics.deprecate', method: 'POST', path: '/v1/analytics/{analytic}/deprecate', summary: 'Marks a version as one that should no longer be used.', audience: 'user', params: oneAnalytic, result: analytic, errors: ['not_found', 'forbidden'] }),
  putFile: operation({
    id: 'analytics.putFile',
    method: 'PUT',
    path: '/v1/analytics/{analytic}/files',
    summary: 'Uploads one of the files that an analytic comes with; the body is its bytes.',
    description: 'Which files it needs is said by its manifest. When the last one is there the analytic is no longer pending, and its files cannot be changed: a change is a new version.',
    audience: 'user',
    params: oneAnalytic,
    query: z.object({ path: z.string().min(1).max(300).describe('Which of the files') }),
    body: 'binary',
    result: analytic,
    errors: ['not_found', 'forbidden', 'illegal_state', 'too_large', 'upload_incomplete', 'disk_full'],
  }),
  secret: operation({
    id: 'analytics.secret',
    method: 'GET',
    path: '/v1/analytics/{analytic}/secret',
    summary: 'Gets the secret by which the endpoint of an HTTP analytic knows that a task comes from this platform.',
    audience: 'user',
    params: oneAnalytic,
    result: z.object({ secret: z.string().describe('`whsec_…`; tasks are signed as webhooks are') }),
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  delete: operation({ id: 'analytics.delete', method: 'DELETE', path: '/v1/analytics/{analytic}', summary: 'Deletes a version of an analytic; finished jobs stay.', audience: 'user', params: oneAnalytic, errors: ['not_found', 'forbidden'] }),
};

export const jobOutput = z.object({
  index: z.int(),
  output: z.string().describe('The output of the manifest'),
  name: z.string(),
  mediaType: z.string(),
  sizeBytes: z.int(),
  sha256: z.string(),
  fromItemId: id.nullable().describe('The input item it was made from'),
});
export type JobOutput = z.infer<typeof jobOutput>;

export const job = z.object({
  id,
  number: z.int().describe('Rises by creation'),
  projectId: id,
  analyticId: id,
  analytic: z.string(),
  version: z.string(),
  name: z.string(),
  status: z.enum(jobStatuses),
  compute: z.enum(computeModes),
  inputs: z.record(z.string(), z.array(id)),
  dataVersions: z.record(z.string(), z.string()).describe('The newest version of each dataset that its inputs are of, when the job was made; datasets without versions are left out'),
  parameters: z.record(z.string(), z.unknown()),
  frame: z.int().nullable().describe('The frame or slice of its inputs that it looks at as a picture'),
  profileId: id.nullable(),
  progress: z.number(),
  message: z.string().nullable().describe('What it is at, or why it failed'),
  cause: z.enum(failureCauses).nullable(),
  outputs: z.array(jobOutput),
  summary: z.record(z.string(), z.unknown()).nullable(),
  failures: z.array(z.object({ itemId: id.nullable(), name: z.string(), message: z.string() })).describe('Inputs that could not be processed while others were'),
  position: z.int().nullable().describe('Jobs in front of it while it is queued'),
  estimatedStartAt: time.nullable().describe('When it will probably begin, while it is queued: by how long the last jobs of its queue took and how many run at once; null while no worker takes them'),
  archived: z.boolean(),
  expired: z.boolean(),
  attempt: z.int(),
  revision: z.int(),
  createdBy: z.string(),
  createdAt: time,
  queuedAt: time.nullable(),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  expiresAt: time.nullable(),
});
export type Job = z.infer<typeof job>;

const inputQuery = z
  .object({
    dataset: id,
    filter: filterSchema.default({}),
    sort: sortSchema.optional(),
    limit: z.int().min(1).max(100_000).optional().describe('Only so many, the first; without it all, of which there may be 100,000'),
  })
  .strict()
  .describe('The items that a query finds in a dataset when the job is made');

export const jobRequest = z
  .object({
    project: reference,
    analytic: z.string().describe('`owner/name`, or `owner/name@version`'),
    inputs: z.record(z.string(), z.union([id, z.array(id).max(100_000), inputQuery])).default({}).describe('Items by their ids, or by a query'),
    parameters: z.record(z.string(), z.unknown()).default({}),
    frame: z.int().min(0).optional().describe('Inputs that take pictures are given this frame of a video, or slice of a scan; counted from 0'),
    profile: id.optional().describe('Parameters to begin with'),
    name: name.optional(),
    compute: z.enum(computeModes).default('best'),
    start: z.boolean().default(true).describe('Queue it at once'),
    attachLabels: z.boolean().default(false).describe('Labels that it finds become annotations of the items'),
    cache: z.boolean().default(false).describe('Answer from an earlier job that did equal work'),
    callbackUrl: z.url().optional(),
    expiresAt: futureExpiry.optional(),
  })
  .strict();

const oneJob = z.object({ job: id });
const oneOutput = oneJob.extend({ index: z.coerce.number().int().min(0) });

export const jobs = {
  create: operation({ id: 'jobs.create', method: 'POST', path: '/v1/jobs', summary: 'Creates a job and, unless told otherwise, queues it.', audience: 'developer', body: jobRequest, result: job, status: 201, errors: ['not_found', 'forbidden', 'address_refused'] }),
  query: operation({ id: 'jobs.query', method: 'POST', path: '/v1/projects/{project}/jobs/query', summary: 'Finds jobs of a project by the query language, newest first.', audience: 'annotator', scope: 'read', params: z.object({ project: id }), body: queryBody, result: page(job.partial()), errors: ['not_found'] }),
  get: operation({ id: 'jobs.get', method: 'GET', path: '/v1/jobs/{job}', summary: 'Gets a job; with `waitSeconds` answers when it ends, or after so long.', audience: 'annotator', params: oneJob, query: z.object({ waitSeconds: z.coerce.number().min(0).max(60).default(0) }), result: job, errors: ['not_found'] }),
  start: operation({ id: 'jobs.start', method: 'POST', path: '/v1/jobs/{job}/start', summary: 'Queues a job that is ready.', audience: 'developer', params: oneJob, result: job, errors: ['not_found', 'forbidden', 'illegal_state'] }),
  startMany: operation({
    id: 'jobs.startMany',
    method: 'POST',
    path: '/v1/projects/{project}/jobs/start',
    summary: 'Queues many jobs that are ready, in their order; those that cannot be queued are told, each with the reason.',
    audience: 'developer',
    params: z.object({ project: id }),
    body: z.object({ jobs: z.array(id).min(1).max(1_000, 'must have at most 1,000 entries') }).strict(),
    result: z.object({ started: z.array(id), refused: z.array(z.object({ job: id, message: z.string() })) }),
    errors: ['not_found', 'forbidden'],
  }),
  cancel: operation({ id: 'jobs.cancel', method: 'POST', path: '/v1/jobs/{job}/cancel', summary: 'Cancels a job, also a running one.', audience: 'developer', params: oneJob, result: job, errors: ['not_found', 'forbidden', 'illegal_state'] }),
  update: operation({ id: 'jobs.update', method: 'PATCH', path: '/v1/jobs/{job}', summary: 'Archives a job, or changes when its outputs expire.', audience: 'developer', params: oneJob, body: z.object({ archived: z.boolean().optional(), expiresAt: expiryInput.nullable().optional(), name: name.optional() }).strict(), result: job, errors: ['not_found', 'forbidden', 'illegal_state'] }),
  delete: operation({ id: 'jobs.delete', method: 'DELETE', path: '/v1/jobs/{job}', summary: 'Deletes a job that is not in progress, with its outputs.', audience: 'developer', params: oneJob, errors: ['not_found', 'forbidden', 'illegal_state'] }),
  log: operation({ id: 'jobs.log', method: 'GET', path: '/v1/jobs/{job}/log', summary: 'The log lines of a job.', audience: 'annotator', params: oneJob, query: z.object({ after: z.coerce.number().int().min(0).default(0) }), result: z.object({ lines: z.array(z.object({ at: time, text: z.string() })), next: z.int() }), errors: ['not_found'] }),
  output: operation({ id: 'jobs.output', method: 'GET', path: '/v1/jobs/{job}/outputs/{index}', summary: 'Downloads an output of a complete job.', audience: 'annotator', params: oneOutput, result: 'binary', errors: ['not_found', 'illegal_state', 'gone'] }),
  link: operation({
    id: 'jobs.link',
    method: 'GET',
    path: '/v1/jobs/{job}/outputs/{index}/link',
    summary: 'Gets a URL that opens an output of a complete job without a key, for a time.',
    description: 'Of the store itself where clients can reach that. Ranges are answered.',
    audience: 'annotator',
    params: oneOutput,
    query: transfers.link.query,
    result: downloadLink,
    errors: ['not_found', 'illegal_state', 'gone'],
  }),
  open: operation({
    id: 'jobs.open',
    method: 'GET',
    path: '/v1/jobs/{job}/outputs/{index}/content',
    summary: 'Downloads an output by the signed URL of `jobs.link`.',
    audience: 'public',
    params: oneOutput,
    query: transfers.open.query,
    result: 'binary',
    errors: ['not_found', 'forbidden', 'illegal_state', 'gone', 'range_not_satisfiable'],
  }),
};

/** A file that an analytic elsewhere gives: its bytes here, or where they are. */
const runOutput = z.strictObject({
  output: z.string().describe('The output of the manifest'),
  name: z.string().min(1).max(200).regex(/^[^/\\\0]+$/, 'must be a file name without a folder').optional(),
  mediaType: z.string().max(200).optional(),
  from: id.optional().describe('The input item it was made from'),
  text: z.string().optional(),
  base64: z.base64().optional(),
  url: z.url({ protocol: /^https?$/ }).optional().describe('Fetched by the platform'),
});

/** What an analytic that runs elsewhere says about a job, in its answer or later. */
export const runReport = z
  .object({
    status: z.enum(['running', 'complete', 'failed']),
    progress: z.number().min(0).max(1).optional(),
    message: z.string().max(2_000).optional(),
    log: z.array(z.string().max(2_000)).max(1_000).default([]),
    cause: z.enum(['user', 'analytic']).default('analytic').describe('Of a failure'),
    outputs: z.array(runOutput).max(1_000).default([]),
    labels: z.array(z.strictObject({ from: id, annotations: z.array(annotationContent) })).max(10_000).default([]),
    failures: z.array(z.strictObject({ from: id, message: z.string().max(2_000) })).max(10_000).default([]),
    summary: z.record(z.string(), z.unknown()).optional(),
  })
  .strict();
export type RunReport = z.infer<typeof runReport>;

const oneRun = z.object({ job: id, ticket: z.coerce.number().int().min(1) });
const signedBy = { expires: z.string(), signature: z.string() };

/** What an analytic elsewhere calls while it works on a job, by the signed addresses in its task; they need no key. */
export const runs = {
  input: operation({ id: 'runs.input', method: 'GET', path: '/v1/runs/{job}/{ticket}/inputs/{input}/{index}', summary: 'Downloads an input of a task by its signed address.', audience: 'public', params: oneRun.extend({ input: z.string(), index: z.coerce.number().int().min(0) }), query: z.object(signedBy), result: 'binary', errors: ['forbidden', 'not_found', 'gone'] }),
  upload: operation({
    id: 'runs.upload',
    method: 'PUT',
    path: '/v1/runs/{job}/{ticket}/outputs/{output}',
    summary: 'Uploads a file of an output by the signed address of a task; it becomes an output when the job is reported complete.',
    audience: 'public',
    params: oneRun.extend({ output: z.string() }),
    query: z.object({ ...signedBy, name: z.string().min(1).max(200).regex(/^[^/\\\0]+$/, 'must be a file name without a folder').optional() }),
    body: 'binary',
    errors: ['forbidden', 'not_found', 'gone', 'too_large'],
  }),
  report: operation({
    id: 'runs.report',
    method: 'POST',
    path: '/v1/runs/{job}/{ticket}/report',
    summary: 'Reports progress, log lines, completion or failure of a job by the signed address of its task.',
    description: 'Answers 410 when the job was cancelled or has ended: the work can be stopped.',
    audience: 'public',
    params: oneRun,
    query: z.object(signedBy),
    body: runReport,
    errors: ['forbidden', 'not_found', 'gone'],
  }),
};

export const profile = z.object({
  id,
  number: z.int(),
  projectId: id,
  analytic: z.string(),
  name: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  files: z.array(id).describe('Items that belong to it, such as backgrounds'),
  metadata,
  version: z.int(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
});
export type Profile = z.infer<typeof profile>;
export const profileVersion = profile.pick({ version: true, name: true, description: true, parameters: true, files: true, createdBy: true, createdAt: true });
export type ProfileVersion = z.infer<typeof profileVersion>;
const oneProfile = z.object({ profile: id });

export const profiles = {
  create: operation({
    id: 'profiles.create',
    method: 'POST',
    path: '/v1/profiles',
    summary: 'Saves a set of parameters of an analytic under a name.',
    audience: 'developer',
    body: z
      .object({ project: reference, analytic: z.string(), name, description: z.string().max(10_000).default(''), parameters: z.record(z.string(), z.unknown()).default({}), files: z.array(id).max(1_000).default([]), metadata: metadata.default({}) })
      .strict(),
    result: profile,
    status: 201,
    errors: ['not_found', 'forbidden'],
  }),
  list: operation({ id: 'profiles.list', method: 'GET', path: '/v1/profiles', summary: 'Lists the profiles of a project, newest first.', audience: 'annotator', query: pageQuery.extend({ project: reference, analytic: z.string().optional() }), result: page(profile), errors: ['not_found'] }),
  get: operation({ id: 'profiles.get', method: 'GET', path: '/v1/profiles/{profile}', summary: 'Gets a profile.', audience: 'annotator', params: oneProfile, result: profile, errors: ['not_found'] }),
  update: operation({
    id: 'profiles.update',
    method: 'PATCH',
    path: '/v1/profiles/{profile}',
    summary: 'Changes a profile by making a new version of it; jobs keep the parameters that they were made with.',
    audience: 'developer',
    params: oneProfile,
    body: z.object({ name: name.optional(), description: z.string().max(10_000).optional(), parameters: z.record(z.string(), z.unknown()).optional().describe('Merged into the old ones; null takes one away'), files: z.array(id).max(1_000).optional(), metadata: metadata.optional() }).strict(),
    result: profile,
    errors: ['not_found', 'forbidden'],
  }),
  versions: operation({ id: 'profiles.versions', method: 'GET', path: '/v1/profiles/{profile}/versions', summary: 'Lists what a profile was in each of its versions, newest first.', audience: 'annotator', params: oneProfile, query: pageQuery, result: page(profileVersion), errors: ['not_found'] }),
  preview: operation({
    id: 'profiles.preview',
    method: 'POST',
    path: '/v1/profiles/{profile}/preview',
    summary: 'Runs the analytic with a profile on one item, to see what it does: a job whose outputs last an hour.',
    audience: 'developer',
    params: oneProfile,
    body: z.object({ item: id, parameters: z.record(z.string(), z.unknown()).default({}).describe('Tried instead of those of the profile') }).strict(),
    result: job,
    status: 201,
    errors: ['not_found', 'forbidden'],
  }),
  delete: operation({ id: 'profiles.delete', method: 'DELETE', path: '/v1/profiles/{profile}', summary: 'Deletes a profile.', audience: 'developer', params: oneProfile, errors: ['not_found', 'forbidden'] }),
};
