import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { ItemQueries } from '../../catalog/items/bulk.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import { selectPage, type StoredItem } from '../../catalog/items/store.ts';
import type { JobsService } from '../../compute/jobs/service.ts';
import type { StoredJob } from '../../compute/jobs/store.ts';
import type { ProfilesService } from '../../compute/profiles/service.ts';
import { selectProfile, type StoredProfile } from '../../compute/profiles/store.ts';
import type { Database, Queryable } from '../../engines/database/database.ts';
import type { DeliveriesService } from '../../events/deliveries/service.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { KeysService } from '../../identity/keys/service.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';

/** What the door stands on. */
export interface SkylabDeps {
  engines: { db: Database };
  rooms: {
    keys: KeysService;
    projects: ProjectsService;
    datasets: DatasetsService;
    items: ItemsService;
    itemQueries: ItemQueries;
    profiles: ProfilesService;
    jobs: JobsService;
    deliveries: DeliveriesService;
  };
  settings: { publicUrl: () => string; secret: string };
}

/** The name that rows of this door carry. */
export const origin = 'skylab';
export const analytic = 'fovea/photo-studio';
export const datasetName = 'Photos';

/** Where an account's things lie. */
export interface Home {
  projectId: string;
  datasetId: string;
}

/** The account's project and its dataset of photos, made on first use. */
export async function homeOf({ rooms }: SkylabDeps, caller: Caller): Promise<Home> {
  const project = await rooms.projects.ensure(caller, { externalId: origin, name: 'Skylab', role: 'developer' });
  const find = () => rooms.datasets.get(caller, datasetName, { project: project.id });
  const dataset = await find().catch(async (error: unknown) => {
    if (!(error instanceof Fault) || error.code !== 'not_found') throw error;
    try {
      return await rooms.datasets.create(caller, { project: project.id, name: datasetName, description: 'Photos of jobs and profiles', metadata: {}, itemDays: null });
    } catch (raced) {
      if (raced instanceof Fault && raced.code === 'conflict') return find();
      throw raced;
    }
  });
  return { projectId: project.id, datasetId: dataset.id };
}

/** What the door keeps on a job. */
export interface JobNotes {
  type: 'regular' | 'training';
  presetType: string | null;
  profileNumber: number | null;
  /** When the last queueing was asked for. */
  submittedAt?: string | null;
  /** The key that the last queueing was asked with, sealed: signs callbacks of accounts without a secret of their own. */
  callbackKey?: string;
  /** By which origin the last queueing came: callbacks have their links there. */
  origin?: string;
}

/** What the door keeps on the item that is a photo. Its bytes are none until they were uploaded. */
export interface PhotoNotes {
  number: number;
  name: string;
  job: number | null;
  profile: number | null;
}

export const jobNotes = (job: StoredJob): JobNotes => job.extra as JobNotes;
export const photoNotes = (item: StoredItem): PhotoNotes => item.extra as PhotoNotes;

export const jobFolder = (number: number): string => `/jobs/${number}`;
export const profileFolder = (number: number): string => `/profiles/${number}`;

/** The photos of a folder, in the order in which they were created. */
export async function photosIn(db: Queryable, datasetId: string, folder: string): Promise<StoredItem[]> {
  const rows = await selectPage(db, datasetId, { filter: { folder }, limit: 100_000, after: undefined });
  return rows.toSorted((a, b) => photoNotes(a).number - photoNotes(b).number);
}

/** The number of a path or parameter; anything else is the number of nothing. */
export function numberOf(text: unknown): number {
  const number = typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : text;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : Number.NaN;
}

export async function jobByNumber({ rooms }: SkylabDeps, caller: Caller, number: number): Promise<StoredJob> {
  const job = await rooms.jobs.getByNumber(caller, number);
  if (job.origin !== origin) throw notFound('job', String(number));
  return job;
}

export async function profileByNumber({ rooms }: SkylabDeps, caller: Caller, home: Home, number: number): Promise<StoredProfile> {
  const profile = await rooms.profiles.getByNumber(caller, number);
  if (profile.projectId !== home.projectId) throw notFound('profile', String(number));
  return profile;
}

export async function photoByNumber({ rooms }: SkylabDeps, caller: Caller, home: Home, number: number): Promise<StoredItem> {
  const missing = notFound('photo', String(number));
  if (!Number.isSafeInteger(number)) throw missing;
  const { data } = await rooms.itemQueries.find(caller, home.datasetId, { filter: { externalId: String(number), origin }, limit: 1 });
  const [found] = data;
  if (!found) throw missing;
  return found;
}

/** The profile of a job; undefined when it has none, or it was deleted. */
export async function profileOf(db: Queryable, job: StoredJob): Promise<StoredProfile | undefined> {
  return job.profileId === null ? undefined : selectProfile(db, { id: job.profileId });
}
