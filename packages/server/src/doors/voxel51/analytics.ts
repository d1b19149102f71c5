import { isId } from '@fovea/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { StoredAnalytic } from '../../compute/analytics/store.ts';
import { compareVersions } from '../../compute/analytics/version.ts';
import { Fault } from '../../fault.ts';
import { parseJson } from '../../http/body.ts';
import type { Caller } from '../../identity/caller.ts';
import { runBatch } from './batch.ts';
import { applicationOf, userOf, whoCalls } from './caller.ts';
import { origin, type Voxel51Deps } from './context.ts';
import { fromManifest, imageFiles, isExpressible, readDocument, toManifest, type AnalyticDocument } from './documents.ts';
import { bad, missing, sendJson } from './errors.ts';
import { readArguments, readFlag, runQuery, type Row, type Table } from './query.ts';
import { readDocumentUpload, readFileUpload, readObject } from './upload.ts';

/** What the door keeps on an analytic that was uploaded through it. */
export interface AnalyticExtra {
  /** As it was uploaded: `<owner>/<short name>`, and the document's own text. */
  name: string;
  document: string;
  imageToVideo: boolean;
  application: boolean;
  owner: string;
}

const analyticsTable: Table = {
  fields: ['id', 'name', 'version', 'scope', 'supports_cpu', 'supports_gpu', 'pending', 'upload_date', 'description'],
  searchable: ['id', 'name', 'version', 'scope', 'pending', 'type', 'supports_cpu', 'supports_gpu', 'description'],
  whole: ['pending', 'supports_cpu', 'supports_gpu'],
};

export function extraOf(analytic: StoredAnalytic): AnalyticExtra | undefined {
  return analytic.origin === origin ? (analytic.extra as AnalyticExtra) : undefined;
}

export function wireName(analytic: StoredAnalytic): string {
  return extraOf(analytic)?.name ?? analytic.name;
}

function toRow(analytic: StoredAnalytic): Row {
  const extra = extraOf(analytic);
  const { compute, description } = analytic.manifest;
  return {
    id: analytic.id,
    name: wireName(analytic),
    version: analytic.version,
    scope: analytic.builtin ? 'public' : extra?.application ? 'application' : 'user',
    supports_cpu: compute.cpu,
    supports_gpu: compute.gpu,
    pending: analytic.pending,
    upload_date: analytic.createdAt,
    description,
    is_image_to_video: extra?.imageToVideo ?? false,
    type: extra?.imageToVideo ? 'IMAGE_TO_VIDEO' : 'PLATFORM',
  };
}

/** The record: the row without what is searched only. */
function toAnalytic(analytic: StoredAnalytic): Row {
  const { type: _type, ...record } = toRow(analytic);
  return record;
}

export function documentOf(analytic: StoredAnalytic): AnalyticDocument {
  const extra = extraOf(analytic);
  return extra ? readDocument(JSON.parse(extra.document), extra.imageToVideo) : fromManifest(analytic.manifest);
}

/** Public analytics and the caller's, in the order of upload. */
export async function visibleAnalytics(deps: Voxel51Deps, caller: Caller): Promise<StoredAnalytic[]> {
  const all = await deps.rooms.analytics.all(caller);
  const mine = (analytic: StoredAnalytic) => {
    const extra = extraOf(analytic);
    if (extra) return analytic.userId === caller.userId && (extra.application || extra.owner === caller.email);
    return isExpressible(analytic.manifest);
  };
  return all.filter(mine).toSorted((a, b) => (a.createdAt === b.createdAt ? (a.id < b.id ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1));
}

export async function findAnalytic(deps: Voxel51Deps, caller: Caller, id: string): Promise<StoredAnalytic> {
  const found = isId(id) ? (await visibleAnalytics(deps, caller)).find((analytic) => analytic.id === id.toLowerCase()) : undefined;
  if (!found) throw missing('Analytic', id);
  return found;
}

/** The greatest version of each name; the later upload of equal ones. */
export function latestVersions(analytics: readonly StoredAnalytic[]): StoredAnalytic[] {
  const best = new Map<string, StoredAnalytic>();
  for (const analytic of analytics) {
    const known = best.get(wireName(analytic));
    if (!known || compareVersions(analytic.version, known.version) >= 0) best.set(wireName(analytic), analytic);
  }
  return analytics.filter((analytic) => best.get(wireName(analytic)) === analytic);
}

/** The name that a caller's analytics stand under. */
function ownerName(caller: Caller): string {
  return caller.email.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-').replace(/^-+/, '').slice(0, 64) || 'user';
}

async function uploadAnalytic(deps: Voxel51Deps, caller: Caller, request: FastifyRequest, application: boolean): Promise<Row> {
  const { bytes, fields } = await readDocumentUpload(request);
  const type = fields['analytic_type'] ?? 'PLATFORM';
  if (type !== 'PLATFORM' && type !== 'IMAGE_TO_VIDEO') throw bad('analytic_type must be PLATFORM or IMAGE_TO_VIDEO');
  const imageToVideo = type === 'IMAGE_TO_VIDEO';
  const document = readDocument(parseJson(bytes), imageToVideo);
  const owner = ownerName(caller);
  const extra: AnalyticExtra = { name: `${owner}/${document.info.name}`, document: JSON.stringify(document), imageToVideo, application, owner: caller.email };
  return toAnalytic(await deps.rooms.analytics.register(caller, toManifest(document, owner), { pending: true, origin, extra }));
}

/** Only the owner changes an analytic; public ones belong to the platform. */
async function ownAnalytic(deps: Voxel51Deps, caller: Caller, id: string): Promise<{ analytic: StoredAnalytic; extra: AnalyticExtra }> {
  const analytic = await findAnalytic(deps, caller, id);
  const extra = extraOf(analytic);
  if (!extra || extra.owner !== caller.email) throw new Fault('forbidden', `The analytic '${wireName(analytic)}' is not yours to change`);
  return { analytic, extra };
}

async function uploadImage(deps: Voxel51Deps, caller: Caller, id: string, request: FastifyRequest): Promise<void> {
  const { analytic } = await ownAnalytic(deps, caller, id);
  const type = String((request.query as Row)['type'] ?? '').toUpperCase();
  if (type !== 'CPU' && type !== 'GPU') throw bad('type must be CPU or GPU');
  const { compute } = analytic.manifest;
  if (!(type === 'CPU' ? compute.cpu : compute.gpu)) throw bad(`the analytic did not declare that it supports ${type}`);
  const { file, blob } = await readFileUpload(request, deps.engines.blobs, deps.settings.maxUploadBytes);
  if (!/\.(tar|tar\.gz|tgz|tar\.bz2?)$/i.test(file.name)) throw bad('the image must be a .tar, .tar.gz or .tar.bz archive');
  await deps.rooms.analytics.adoptFile(caller, analytic.id, imageFiles[type], blob);
}

/** The routes of analytics, for users at the root and for applications under `/apps`. */
export function analyticsRoutes(deps: Voxel51Deps, options: { application: boolean }) {
  const root = options.application ? '/apps/analytics' : '/analytics';
  const callerOf = options.application ? applicationOf : userOf;
  const idOf = (request: FastifyRequest) => (request.params as { id: string }).id;
  return async (door: FastifyInstance): Promise<void> => {
    door.get(`${root}/list`, async (request, reply) => {
      const caller = callerOf(request);
      const every = readFlag((await readArguments(request))['all_versions'], 'all_versions');
      const ready = (await visibleAnalytics(deps, caller)).filter((analytic) => !analytic.pending);
      return sendJson(reply, { analytics: (every ? ready : latestVersions(ready)).map(toAnalytic).toReversed() });
    });
    door.get(root, async (request, reply) => {
      const caller = callerOf(request);
      const given = await readArguments(request);
      const all = await visibleAnalytics(deps, caller);
      const { rows, total } = runQuery((readFlag(given['all_versions'], 'all_versions') ? all : latestVersions(all)).map(toRow), analyticsTable, given);
      return sendJson(reply, { analytics: rows, total });
    });
    door.post(root, async (request, reply) => sendJson(reply, { analytic: await uploadAnalytic(deps, callerOf(request), request, options.application) }, 201));
    if (!options.application) {
      door.post(`${root}/batch`, async (request, reply) => {
        const { caller } = whoCalls(request);
        return sendJson(reply, await runBatch(await readObject(request), { details: async (id) => toAnalytic(await findAnalytic(deps, caller, id)) }));
      });
    }
    door.get(`${root}/:id`, async (request, reply) => sendJson(reply, { analytic: toAnalytic(await findAnalytic(deps, callerOf(request), idOf(request))) }));
    door.get(`${root}/:id/doc`, async (request, reply) => sendJson(reply, documentOf(await findAnalytic(deps, callerOf(request), idOf(request)))));
    door.post(`${root}/:id/images`, async (request, reply) => {
      await uploadImage(deps, callerOf(request), idOf(request), request);
      return reply.code(204).send();
    });
    door.delete(`${root}/:id`, async (request, reply) => {
      const caller = callerOf(request);
      const { analytic } = await ownAnalytic(deps, caller, idOf(request));
      await deps.rooms.analytics.delete(caller, analytic.id);
      return reply.code(204).send();
    });
  };
}
