import { newId, type AnalyticManifest, type Parsed, type Profile, type profiles, type ProfileVersion } from '@fovea/contract';
import type { ItemsService } from '../../catalog/items/service.ts';
import type { Database, WhenMade } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import type { AnalyticsService } from '../analytics/service.ts';
import { bindParameters } from '../jobs/bind.ts';
import { insertProfile, keepVersion, selectProfile, selectProfiles, selectVersions, toProfile, updateProfile, type StoredProfile } from './store.ts';

type Body<K extends keyof typeof profiles> = Parsed<(typeof profiles)[K]>['body'];
export type ProfilesService = ReturnType<typeof profilesService>;

/** Profiles: named parameter sets of an analytic. */
export function profilesService({ db, projects, items, analytics }: { db: Database; projects: ProjectsService; items: Pick<ItemsService, 'getMany'>; analytics: AnalyticsService }) {
  async function checked(caller: Caller, found: StoredProfile | undefined, id: string, role: 'annotator' | 'developer'): Promise<StoredProfile> {
    if (!found) throw notFound('profile', id);
    await authorize(db, caller, found.projectId, { role, scope: role === 'developer' ? 'write' : 'read', as: { kind: 'profile', id } });
    return found;
  }

  const get = async (caller: Caller, id: string, role: 'annotator' | 'developer' = 'annotator') => checked(caller, await selectProfile(db, { id }), id, role);

  return {
    get: (caller: Caller, id: string): Promise<StoredProfile> => get(caller, id),

    async getByNumber(caller: Caller, number: number): Promise<StoredProfile> {
      const found = Number.isSafeInteger(number) ? await selectProfile(db, { number, orgId: caller.orgId }) : undefined;
      return checked(caller, found, String(number), 'annotator');
    },

    async create(caller: Caller, body: Body<'create'>, whenMade?: WhenMade<StoredProfile>): Promise<StoredProfile> {
      const project = await projects.get(caller, body.project);
      await authorize(db, caller, project.id, { role: 'developer', scope: 'write' });
      const { name: analytic, manifest } = await analytics.find(caller, body.analytic);
      checkParameters(manifest, body.parameters);
      await items.getMany(caller, body.files);
      const id = newId();
      return db.tx(async (tx) => {
        await insertProfile(tx, { ...body, id, orgId: caller.orgId, projectId: project.id, analytic, createdBy: caller.email });
        await keepVersion(tx, id, caller.email);
        await emit(tx, event('profile.created', caller, project.id, id));
        const made = await selectProfile(tx, { id });
        if (!made) throw notFound('profile', id);
        await whenMade?.(tx, made);
        return made;
      });
    },

    async list(caller: Caller, query: { project: string; analytic?: string | undefined; limit: number; cursor?: string | undefined; offset?: number }): Promise<Page<Profile>> {
      const project = await projects.get(caller, query.project);
      const mark = listMark('profiles', [project.id, query.analytic]);
      const rows = await selectProfiles(db, project.id, { analytic: query.analytic, limit: query.limit, before: readCursor(query.cursor, mark, 1)?.[0]?.toString(), ...(query.offset === undefined ? {} : { offset: query.offset }) });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: toProfile });
    },

    async update(caller: Caller, id: string, body: Body<'update'>): Promise<StoredProfile> {
      const before = await get(caller, id, 'developer');
      // Null takes a parameter away.
      const parameters = body.parameters && Object.fromEntries(Object.entries({ ...before.parameters, ...body.parameters }).filter(([, value]) => value !== null));
      if (parameters) checkParameters((await analytics.find(caller, before.analytic)).manifest, parameters);
      // Those that it has may have been deleted since.
      await items.getMany(caller, (body.files ?? []).filter((file) => !before.files.includes(file)));
      await db.tx(async (tx) => {
        await updateProfile(tx, id, { ...body, parameters });
        await keepVersion(tx, id, caller.email);
        await emit(tx, event('profile.updated', caller, before.projectId, id));
      });
      return get(caller, id);
    },

    /** What the profile was in each of its versions, newest first. */
    async versions(caller: Caller, id: string, query: { limit: number; cursor?: string | undefined }): Promise<Page<ProfileVersion>> {
      await get(caller, id);
      const mark = listMark('profile versions', [id]);
      const before = readCursor(query.cursor, mark, 1)?.[0];
      const rows = await selectVersions(db, id, { limit: query.limit, before: before === undefined ? undefined : Number(before) });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.version], map: (row) => row });
    },

    async delete(caller: Caller, id: string): Promise<void> {
      const before = await get(caller, id, 'developer');
      await db.tx(async (tx) => {
        await updateProfile(tx, id, { deleted: true });
        await emit(tx, event('profile.deleted', caller, before.projectId, id));
      });
    },
  };
}

/** A profile may leave required parameters to the job; what it gives must fit. */
function checkParameters(manifest: AnalyticManifest, parameters: Record<string, unknown>): void {
  bindParameters({ ...manifest, parameters: manifest.parameters.map((parameter) => ({ ...parameter, required: false })) }, parameters);
}

function event(type: string, caller: Caller, projectId: string, id: string) {
  return { type, orgId: caller.orgId, projectId, subject: { kind: 'profile', id }, actor: caller.email };
}
