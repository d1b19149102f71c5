import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isId } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import { authenticate } from '../../http/authenticate.ts';
import { bodyStream } from '../../http/body.ts';
import { readAccept, type Accepted } from './accept.ts';
import { answerOf, type Attribute } from './attributes.ts';
import type { DicomWebCall, DicomWebDeps } from './context.ts';
import { sendBulkData, sendFrames, sendInstances, sendMetadata, sendRendered } from './retrieve.ts';
import { readSearch } from './search.ts';
import { storeInstances } from './store.ts';

/**
 * DICOMweb (PS3.18) at `/dicom-web`: store, search and retrieve over all that the key opens, or over one dataset at
 * `/dicom-web/datasets/{dataset}`. The key is a bearer token.
 */
export function dicomWebDoor(deps: DicomWebDeps) {
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(
      async (door) => {
        door.removeAllContentTypeParsers();
        door.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
        crossOrigin(door);
        for (const base of ['', '/datasets/:dataset']) mountAll(deps, door, base);
      },
      { prefix: '/dicom-web' },
    );
  };
}

type Handle = (call: DicomWebCall, exchange: { request: FastifyRequest; reply: FastifyReply; accepted: Accepted[] }) => Promise<unknown>;

function mountAll(deps: DicomWebDeps, door: FastifyInstance, base: string): void {
  const mount = (method: 'GET' | 'POST', path: string, handle: Handle): void => {
    door.route({
      method,
      url: `${base}${path}`,
      bodyLimit: Number.MAX_SAFE_INTEGER,
      async handler(request, reply) {
        const { caller } = await authenticate(deps.auth, request);
        const call = callOf(deps, request, caller);
        const query = call.query['accept'];
        await handle(call, { request, reply, accepted: readAccept(request.headers.accept, typeof query === 'string' ? query : undefined) });
        return reply;
      },
    });
  };
  const search = (path: string, level: Attribute['level']): void => mount('GET', path, (call, { reply }) => answerSearch(deps, call, level, reply));
  const store: Handle = async (call, { request, reply }) => {
    const { status, json } = await storeInstances(deps, call, request.headers['content-type'] ?? '', bodyStream(request));
    await sendJson(reply.code(status), json);
  };
  const [study, series, instance] = ['/studies/:study', '/studies/:study/series/:series', '/studies/:study/series/:series/instances/:instance'];
  mount('POST', '/studies', store);
  mount('POST', study, store);
  search('/studies', 'study');
  search('/series', 'series');
  search('/instances', 'instance');
  search(`${study}/series`, 'series');
  search(`${study}/instances`, 'instance');
  search(`${series}/instances`, 'instance');
  for (const path of [study, series, instance]) {
    mount('GET', path, (call, { accepted, reply }) => sendInstances(deps, call, accepted, reply));
    mount('GET', `${path}/metadata`, (call, { reply }) => sendMetadata(deps, call, reply));
    mount('GET', `${path}/rendered`, (call, { accepted, reply }) => sendRendered(deps, call, accepted, reply));
    mount('GET', `${path}/thumbnail`, (call, { accepted, reply }) => sendRendered(deps, call, accepted, reply, true));
  }
  mount('GET', `${instance}/frames/:frames`, (call, { accepted, reply }) => sendFrames(deps, call, accepted, reply));
  mount('GET', `${instance}/frames/:frames/rendered`, (call, { accepted, reply }) => sendRendered(deps, call, accepted, reply));
  mount('GET', `${instance}/bulkdata/*`, (call, { accepted, reply }) => sendBulkData(deps, call, accepted, reply));
}

function callOf({ settings }: DicomWebDeps, request: FastifyRequest, caller: DicomWebCall['caller']): DicomWebCall {
  const { dataset, study = '', '*': path, ...params } = request.params as Record<string, string | undefined>;
  if (dataset !== undefined && !isId(dataset)) throw new Fault('not_found', `There is no dataset "${dataset.slice(0, 100)}".`);
  const given = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    caller,
    datasetId: dataset,
    base: `${settings.publicUrl()}/dicom-web${dataset === undefined ? '' : `/datasets/${dataset}`}`,
    params: { study, ...Object.fromEntries(given), ...(path === undefined ? {} : { path }) },
    query: request.query as DicomWebCall['query'],
  };
}

async function answerSearch({ rooms }: DicomWebDeps, call: DicomWebCall, level: Attribute['level'], reply: FastifyReply): Promise<void> {
  const { study, series } = call.params;
  const asked = readSearch(call.query);
  const above = [...(study === '' ? [] : [{ key: 'studyInstanceUid', values: [study] }]), ...(series === undefined ? [] : [{ key: 'seriesInstanceUid', values: [series] }])];
  const found = await rooms.objects.find(call.caller, { ...asked, level, matches: [...asked.matches, ...above], datasetId: call.datasetId });
  await sendJson(reply, found.map((one) => answerOf(one, level, call.base)));
}

/** As bytes: to text the server would add a character set, and clients compare the media type as it stands in the standard. */
async function sendJson(reply: FastifyReply, json: unknown): Promise<void> {
  await reply.header('content-type', 'application/dicom+json').send(Buffer.from(JSON.stringify(json)));
}

/** Viewers run in pages of other origins, with a key of their own. */
function crossOrigin(door: FastifyInstance): void {
  door.addHook('onRequest', async (request, reply) => {
    if (request.headers.origin !== undefined) void reply.headers({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'content-type, content-length, x-request-id' });
  });
  door.options('/*', async (_request, reply) =>
    reply.headers({ 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, POST', 'access-control-allow-headers': 'authorization, content-type, accept', 'access-control-max-age': '86400' }).code(204).send(),
  );
}
