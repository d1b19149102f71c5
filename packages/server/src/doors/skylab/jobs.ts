import { randomUUID } from 'node:crypto';
import type { StoredJob } from '../../compute/jobs/store.ts';
import { violatedConstraint } from '../../engines/database/database.ts';
import { notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { keySealer } from './callback.ts';
import { analytic, homeOf, jobByNumber, jobFolder, jobNotes, numberOf, origin, photoNotes, photosIn, profileByNumber, profileOf, type Home, type JobNotes, type SkylabDeps } from './context.ts';
import { pageRows } from './profiles.ts';
import type { DoorCall, DoorRoute } from './routes.ts';
import { storageUrls } from './storage-urls.ts';
import { jobView, wireState } from './views.ts';
import { byName, fieldFault, jobCreate, jobQueue, jobUpdate, read } from './wire.ts';

/** The clients lay cut-outs over backgrounds themselves, so a job never does. */
const leftToClients = { replace_background: false, dual_file_output: false };

export function jobRoutes(deps: SkylabDeps): DoorRoute[] {
  const { jobs } = deps.rooms;
  const { db } = deps.engines;
  const urls = storageUrls(deps.settings);

  async function view(job: StoredJob, home: Home) {
    return jobView(job, await photosIn(db, home.datasetId, jobFolder(job.number)), await profileOf(db, job), urls);
  }

  async function needProfile(caller: Caller, home: Home, number: number) {
    return profileByNumber(deps, caller, home, number).catch(() => {
      throw fieldFault([{ path: 'profile_id', message: 'is not the id of a profile' }]);
    });
  }

  const found = async ({ caller, path }: DoorCall) => ({ home: await homeOf(deps, caller), job: await jobByNumber(deps, caller, numberOf(path['id'])) });

  async function create({ caller, params }: DoorCall) {
    const body = read(jobCreate, params);
    const home = await homeOf(deps, caller);
    if (body.type === 'regular' && (body.profile_id ?? undefined) === undefined) throw fieldFault([{ path: 'profile_id', message: 'is required' }]);
    if (body.type === 'training' && !body.preset_type) throw fieldFault([{ path: 'preset_type', message: 'is required' }]);
    const profile = typeof body.profile_id === 'number' ? await needProfile(caller, home, body.profile_id) : undefined;
    const extra: JobNotes = { type: body.type, presetType: body.preset_type ?? null, profileNumber: profile?.number ?? null };
    const made = await jobs
      .create(caller, {
        project: home.projectId, analytic, inputs: {}, parameters: {}, name: body.name ?? `job-${randomUUID()}`, compute: 'best', start: false, attachLabels: false, cache: false,
        inputsLater: true, origin, extra, ...(profile ? { profile: profile.id } : {}),
      })
      .catch(nameTaken);
    return view(made, home);
  }

  async function update(call: DoorCall) {
    const { home, job } = await found(call);
    const body = read(jobUpdate, call.params);
    needIdle(job);
    const profile = typeof body.profile_id === 'number' ? await needProfile(call.caller, home, body.profile_id) : undefined;
    const before = jobNotes(job);
    const extra: JobNotes = { ...before, type: body.type ?? before.type, presetType: body.preset_type === undefined ? before.presetType : body.preset_type, profileNumber: profile?.number ?? before.profileNumber };
    const changed = await jobs.update(call.caller, job.id, { ...(body.name ? { name: body.name } : {}), ...(profile ? { profileId: profile.id } : {}), extra }).catch(nameTaken);
    return view(changed, home);
  }

  async function queue(call: DoorCall) {
    const { home, job } = await found(call);
    const body = read(jobQueue, call.params);
    const { caller } = call;
    const state = wireState(job);
    if (state !== 'pending' && state !== 'error') throw fieldFault([{ path: 'state', message: `is ${state}; a job can be queued while it is pending or in error` }]);
    const photos = await photosIn(db, home.datasetId, jobFolder(job.number));
    if (photos.length === 0) throw fieldFault([{ path: 'photos', message: 'are none; upload at least one before the job is queued' }]);
    const ready = await jobs.cancel(caller, job.id, 'ready');
    const profile = await profileOf(db, job);
    const callbackUrl = body.callback_url ?? null;
    const notes: JobNotes = { ...jobNotes(job), submittedAt: new Date().toISOString(), origin: deps.settings.publicUrl(), ...(callbackUrl === null ? {} : { callbackKey: keySealer(deps.settings.secret).seal(call.key) }) };
    const inputs = { photos: photos.map((photo) => photo.id) };
    const prepared = await jobs.update(caller, ready.id, { inputs, callbackUrl, extra: notes, parameters: { ...profile?.parameters, ...leftToClients } });
    const missing = body.skip_photo_validation === true ? [] : photos.filter((photo) => photo.sizeBytes === 0);
    if (missing.length === 0) return view(await jobs.start(caller, prepared.id), home);
    // Told as it is during the check; what the check found is told by the next look and the callback.
    const pending = await view(prepared, home);
    await jobs.update(caller, prepared.id, { status: 'failed', cause: 'user', message: `Missing photos: ${missing.map((photo) => photoNotes(photo).name).join(', ')}` });
    return pending;
  }

  async function cancel(call: DoorCall) {
    const { home, job } = await found(call);
    if (wireState(job) === 'complete') throw fieldFault([{ path: 'state', message: 'is complete; the job can no longer be cancelled' }]);
    return view(await jobs.cancel(call.caller, job.id, 'ready'), home);
  }

  async function remove(call: DoorCall) {
    const { home, job } = await found(call);
    needIdle(job);
    const gone = await view(job, home);
    await jobs.delete(call.caller, job.id);
    for (const photo of await photosIn(db, home.datasetId, jobFolder(job.number))) await deps.rooms.items.delete(call.caller, photo.id);
    return gone;
  }

  async function inFront(call: DoorCall) {
    const { job } = await found(call);
    switch (wireState(job)) {
      case 'pending':
        return { jobsInFront: -1, message: 'The job has not been queued.' };
      case 'queued':
        return { jobsInFront: job.position ?? 0, message: job.position ? `${job.position} jobs are in front.` : 'The job is next.' };
      case 'processing':
        return { jobsInFront: 0, message: 'The job is being processed.' };
      case 'complete':
        return { jobsInFront: -1, message: 'The job is complete.' };
      case 'error':
        return { jobsInFront: -1, message: 'The job ended with an error.' };
    }
  }

  async function list({ caller, params }: DoorCall) {
    const home = await homeOf(deps, caller);
    const { data } = await jobs.find(caller, home.projectId, { filter: { origin }, limit: pageRows, offset: pageRows * ((numberOf(params['page'] ?? 1) || 1) - 1) });
    return Promise.all(data.map((job) => view(job, home)));
  }

  return [
    { method: 'GET', path: '/jobs', handle: list },
    { method: 'POST', path: '/jobs', status: 201, handle: create },
    {
      method: 'GET',
      path: '/jobs/find_by_name',
      async handle({ caller, params }) {
        const home = await homeOf(deps, caller);
        return view(await jobByName(deps, caller, home, read(byName, params).name), home);
      },
    },
    { method: 'GET', path: '/jobs/:id', handle: async (call) => { const { job, home } = await found(call); return view(job, home); } },
    { method: ['PATCH', 'PUT'], path: '/jobs/:id', handle: update },
    { method: 'DELETE', path: '/jobs/:id', handle: remove },
    { method: 'POST', path: '/jobs/:id/queue', handle: queue },
    { method: 'POST', path: '/jobs/:id/cancel', handle: cancel },
    { method: 'GET', path: '/jobs/:id/jobs_in_front', handle: inFront },
    {
      method: 'GET',
      path: '/jobs/:id/photo_ids',
      async handle(call) {
        const { job, home } = await found(call);
        return (await photosIn(db, home.datasetId, jobFolder(job.number))).map((photo) => photoNotes(photo).number);
      },
    },
  ];
}

export async function jobByName({ rooms }: SkylabDeps, caller: Caller, home: Home, name: string): Promise<StoredJob> {
  const { data } = await rooms.jobs.find(caller, home.projectId, { filter: { origin, name }, limit: 1 });
  const [job] = data;
  if (!job) throw notFound('job', name);
  return job;
}

/** Jobs that wait in the queue or run are left alone. */
export function needIdle(job: StoredJob): void {
  const state = wireState(job);
  if (state === 'queued' || state === 'processing') throw fieldFault([{ path: 'state', message: `is ${state}; cancel the job first` }]);
}

function nameTaken(error: unknown): never {
  if (violatedConstraint(error) === 'jobs_skylab_name') throw fieldFault([{ path: 'name', message: 'has already been taken' }]);
  throw error;
}
