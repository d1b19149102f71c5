import type { StoredProfile } from '../../compute/profiles/store.ts';
import { analytic, homeOf, numberOf, photosIn, profileByNumber, profileFolder, type SkylabDeps } from './context.ts';
import type { DoorRoute } from './routes.ts';
import { storageUrls } from './storage-urls.ts';
import { photoView, profileView } from './views.ts';
import { profileCreate, profileUpdate, read, studioParameters } from './wire.ts';

export const pageRows = 30;

export function profileRoutes(deps: SkylabDeps): DoorRoute[] {
  const { profiles } = deps.rooms;
  const { db } = deps.engines;
  const urls = storageUrls(deps.settings);

  async function backgrounds(profile: StoredProfile, datasetId: string) {
    const photos = await photosIn(db, datasetId, profileFolder(profile.number));
    return photos.map((photo) => photoView(photo, undefined, urls, profile.orgId));
  }

  const view = async (profile: StoredProfile, datasetId: string) => ({ ...profileView(profile), photos: await backgrounds(profile, datasetId) });

  return [
    {
      method: 'GET',
      path: '/profiles',
      async handle({ caller, params }) {
        const home = await homeOf(deps, caller);
        const { data } = await profiles.list(caller, { project: home.projectId, analytic, limit: pageRows, offset: pageRows * ((numberOf(params['page'] ?? 1) || 1) - 1) });
        return Promise.all(data.map((profile) => view({ ...profile, orgId: caller.orgId }, home.datasetId)));
      },
    },
    {
      method: 'POST',
      path: '/profiles',
      status: 201,
      async handle({ caller, params }) {
        const { name, description, ...fields } = read(profileCreate, params);
        const home = await homeOf(deps, caller);
        const made = await profiles.create(caller, { project: home.projectId, analytic, name, description: description ?? '', parameters: studioParameters(fields), files: [], metadata: {} });
        return view(made, home.datasetId);
      },
    },
    {
      method: 'GET',
      path: '/profiles/:id',
      async handle({ caller, path }) {
        const home = await homeOf(deps, caller);
        return view(await profileByNumber(deps, caller, home, numberOf(path['id'])), home.datasetId);
      },
    },
    {
      method: ['PATCH', 'PUT'],
      path: '/profiles/:id',
      async handle({ caller, path, params }) {
        const home = await homeOf(deps, caller);
        const before = await profileByNumber(deps, caller, home, numberOf(path['id']));
        const { name, description, ...fields } = read(profileUpdate, params);
        const change = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
        return view(await profiles.update(caller, before.id, { ...change, parameters: studioParameters(fields, before.parameters) }), home.datasetId);
      },
    },
    {
      method: 'DELETE',
      path: '/profiles/:id',
      async handle({ caller, path }) {
        const home = await homeOf(deps, caller);
        const found = await profileByNumber(deps, caller, home, numberOf(path['id']));
        const gone = await view(found, home.datasetId);
        await profiles.delete(caller, found.id);
        return gone;
      },
    },
    {
      method: 'GET',
      path: '/profiles/:id/bg_photos',
      async handle({ caller, path }) {
        const home = await homeOf(deps, caller);
        return backgrounds(await profileByNumber(deps, caller, home, numberOf(path['id'])), home.datasetId);
      },
    },
  ];
}
