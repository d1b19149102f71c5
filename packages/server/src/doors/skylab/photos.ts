import { Readable } from 'node:stream';
import { nextItemNumber, type StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { homeOf, jobByNumber, jobFolder, numberOf, origin, photoByNumber, photoNotes, photosIn, profileByNumber, profileFolder, type Home, type PhotoNotes, type SkylabDeps } from './context.ts';
import { jobByName, needIdle } from './jobs.ts';
import type { DoorCall, DoorRoute } from './routes.ts';
import { storageUrls } from './storage-urls.ts';
import { jobFacts, photoView } from './views.ts';
import { fieldFault, listForJob, photoCreate, read, uploadUrl } from './wire.ts';

/**
 * Photos are items: that of a job lies in the job's folder, a background in its profile's. An item without bytes stands for a photo
 * whose bytes have not arrived.
 */
export function photoRoutes(deps: SkylabDeps): DoorRoute[] {
  const { items } = deps.rooms;
  const { db } = deps.engines;
  const urls = storageUrls(deps.settings);

  async function view(caller: Caller, photo: StoredItem) {
    const { job: number } = photoNotes(photo);
    const job = number === null ? undefined : await jobByNumber(deps, caller, number);
    return { ...photoView(photo, job, urls, caller.orgId), ...(job ? { job: jobFacts(job) } : {}) };
  }

  async function folderFor(caller: Caller, home: Home, owner: { job_id?: number | null | undefined; profile_id?: number | null | undefined }): Promise<string> {
    const unknown = (path: string) => (): never => {
      throw fieldFault([{ path, message: `is not the id of a ${path.replace('_id', '')}` }]);
    };
    if (typeof owner.job_id === 'number') {
      const job = await jobByNumber(deps, caller, owner.job_id).catch(unknown('job_id'));
      needIdle(job);
      return jobFolder(job.number);
    }
    const profile = await profileByNumber(deps, caller, home, owner.profile_id ?? Number.NaN).catch(unknown('profile_id'));
    if (profile.parameters['enable_extract'] !== true || profile.parameters['replace_background'] !== true) {
      throw fieldFault([{ path: 'profile_id', message: 'must be a profile with enable_extract and replace_background, or it takes no background photos' }]);
    }
    return profileFolder(profile.number);
  }

  async function create({ caller, params }: DoorCall) {
    const { name, job_id, profile_id } = read(photoCreate, params);
    if ((typeof job_id === 'number') === (typeof profile_id === 'number')) throw fieldFault([{ path: 'job_id', message: 'or profile_id is required, and only one of them' }]);
    const home = await homeOf(deps, caller);
    const folder = await folderFor(caller, home, { job_id, profile_id });
    const number = await nextItemNumber(db);
    const extra: PhotoNotes = { number, name, job: job_id ?? null, profile: profile_id ?? null };
    const taken = () => fieldFault([{ path: 'name', message: 'has already been taken' }]);
    const { outcome } = await items
      .upload(caller, await items.authorizeUpload(caller, home.datasetId), { path: `${folder}/${fileName(name)}`, rule: 'error', origin, externalId: String(number), extra }, Readable.from([]))
      .catch((error: unknown) => {
        throw error instanceof Fault && error.code === 'conflict' ? taken() : error;
      });
    if (outcome !== 'created') throw taken();
    return view(caller, await photoByNumber(deps, caller, home, number));
  }

  const found = async ({ caller, path }: DoorCall) => photoByNumber(deps, caller, await homeOf(deps, caller), numberOf(path['id']));

  async function remove(call: DoorCall) {
    const photo = await found(call);
    const { job } = photoNotes(photo);
    if (job !== null) needIdle(await jobByNumber(deps, call.caller, job));
    const gone = await view(call.caller, photo);
    await items.delete(call.caller, photo.id);
    return gone;
  }

  async function list({ caller, params }: DoorCall) {
    const { job_id, job_name } = read(listForJob, params);
    const home = await homeOf(deps, caller);
    if (typeof job_id !== 'number' && !job_name) throw fieldFault([{ path: 'job_id', message: 'or job_name is required' }]);
    const job = typeof job_id === 'number' ? await jobByNumber(deps, caller, job_id) : await jobByName(deps, caller, home, job_name ?? '');
    const facts = jobFacts(job);
    const photos = await photosIn(db, home.datasetId, jobFolder(job.number));
    return photos.map((photo) => ({ ...photoView(photo, job, urls, caller.orgId), job: facts }));
  }

  return [
    { method: 'POST', path: '/photos', status: 201, handle: create },
    {
      method: 'GET',
      path: '/photos/upload_url',
      async handle({ caller, params }) {
        const { photo_id, content_md5 } = read(uploadUrl, params);
        const photo = await photoByNumber(deps, caller, await homeOf(deps, caller), photo_id);
        await items.authorizeUpload(caller, photo.datasetId);
        const md5 = content_md5 ? Buffer.from(content_md5, 'base64').toString('hex') : undefined;
        return { url: urls.upload(caller.orgId, photo.id, md5), key: String(photo_id) };
      },
    },
    { method: 'GET', path: '/photos/list_for_job', handle: list },
    { method: 'GET', path: '/photos/:id', handle: async (call) => view(call.caller, await found(call)) },
    { method: 'DELETE', path: '/photos/:id', handle: remove },
  ];
}

/** A photo's name as the name of a file: what a path cannot hold is escaped. */
function fileName(name: string): string {
  // oxlint-disable-next-line no-control-regex
  const escaped = name.replace(/[\u0000-\u001f\u007f/\\%]/g, (char) => encodeURIComponent(char));
  return /^\.{1,2}$/.test(escaped) ? escaped.replaceAll('.', '%2E') : escaped;
}
