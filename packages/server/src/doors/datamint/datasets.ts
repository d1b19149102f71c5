import { Readable } from 'node:stream';
import { Fault } from '../../fault.ts';
import { zipLength, zipStream } from '../../http/stored-zip.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, isTrue, pageOf, post, textOf, type Call, type DoorRoute } from './answer.ts';
import { collectionOf, contentsOf, itemsOf, listCollections, type Collection } from './collections.ts';
import { findHome, type DatamintDeps } from './context.ts';
import { datasetForms, type DatasetForm } from './dataset-forms.ts';
import { lastVersion, openDataset, prepareDataset } from './dataset-zip.ts';
import { changeResources } from './membership.ts';
import { allResources } from './projects.ts';

type Row = Record<string, unknown>;

/** Datasets: the contents of projects, and the datasets that were made in Fovea. */
export function datasetRoutes(deps: DatamintDeps): DoorRoute[] {
  const need = (call: Call) => collectionOf(deps, call.caller, call.params['id']);
  return [
    get('/datasets', (call) => listDatasets(deps, call)),
    get('/datasets/download/:token', (call) => sendArchive(deps, call, call.params['token'] ?? '')),
    // Clients 1.x get the archive at once.
    get('/projects/:id/annotated_dataset', async (call) =>
      sendArchive(deps, call, await prepareDataset(deps, call.caller, await need(call), { onlyAnnotated: !isTrue(call.query['include_unannotated']) })),
    ),
    get('/datasets/:id', async (call) => {
      const collection = await need(call);
      return toDataset(collection, call.caller, (await contentsOf(deps, [collection])).get(collection.id), { resourceIds: await idsOf(deps, call.caller, collection), version: await lastVersion(deps, call.caller, collection) });
    }),
    get('/datasets/:id/resources', async (call) => allResources(deps, call.caller, await need(call))),
    post('/datasets/:id/resources', async (call) => {
      await changeResources(deps, call, await need(call));
      return {};
    }),
    get('/datasets/:id/download/:format', async (call) => {
      const form = datasetForms.find((known) => known === call.params['format']);
      if (form === undefined) throw new Fault('invalid_request', `Datasets are downloaded as ${datasetForms.join(', ')}.`);
      return prepare(deps, call, await need(call), form);
    }),
  ];
}

function toDataset(collection: Collection, caller: Caller, contents: { items: number; changedAt: string } | undefined, { resourceIds, version }: { resourceIds: string[]; version: number }): Row {
  return {
    id: collection.id,
    name: collection.name,
    description: collection.description ?? '',
    created_at: collection.createdAt,
    created_by: collection.createdBy,
    customer_id: caller.orgId,
    updated_at: contents?.changedAt ?? collection.createdAt,
    total_resource: contents?.items ?? 0,
    resource_ids: resourceIds,
    // What clients before 0.7 compare.
    version,
    last_version: version,
  };
}

async function idsOf(deps: DatamintDeps, caller: Caller, collection: Collection): Promise<string[]> {
  const ids: string[] = [];
  for await (const items of itemsOf(deps, caller, collection)) ids.push(...items.map(({ id }) => id));
  return ids;
}

/** The newest client wants every id with every dataset; the guide's client asks for all datasets in one page and reads none of them. */
async function listDatasets(deps: DatamintDeps, { caller, query, request }: Call): Promise<unknown> {
  const { offset, limit } = pageOf(query);
  const all = (await listCollections(deps, caller, await findHome(deps, caller))).filter(({ archived }) => !archived);
  const shown = all.slice(offset, offset + limit);
  const contents = await contentsOf(deps, shown);
  const data: Row[] = [];
  for (const collection of shown) {
    const ids = isNewest(request) ? await idsOf(deps, caller, collection) : [];
    data.push(toDataset(collection, caller, contents.get(collection.id), { resourceIds: ids, version: await lastVersion(deps, caller, collection) }));
  }
  return { data, totalCount: all.length };
}

/** The newest client sends its key twice, the guide's once: the one thing by which the two that ask for the same path can be told apart. */
const isNewest = (request: Call['request']): boolean => request.headers.authorization !== undefined;

/** The token of the archive: as JSON, or at the end of a stream of events that tells of the progress. */
async function prepare(deps: DatamintDeps, { caller, request, reply, query }: Call, collection: Collection, form: DatasetForm): Promise<unknown> {
  // Clients before 0.7 name a version by its number; `latest`, and a time, are what there is now.
  const wanted = textOf(query['version']);
  const version = wanted !== undefined && /^\d{1,9}$/.test(wanted) && collection.dataset ? { version: Number(wanted) } : {};
  if (isNewest(request)) return prepareDataset(deps, caller, collection, { form, ...version });
  const stream = new Readable({ read: () => undefined });
  void reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' }).send(stream);
  const say = (event: Row) => stream.push(`data: ${JSON.stringify(event)}\n\n`);
  let saidAt = 0;
  try {
    const onProgress = (processedImages: number, totalImages: number) => {
      if (Date.now() - saidAt < 250 && processedImages < totalImages) return;
      saidAt = Date.now();
      say({ processedImages, totalImages });
    };
    const zip = await prepareDataset(deps, caller, collection, { onProgress, form, ...version });
    say({ zip });
  } catch (error) {
    request.log.error({ err: error }, 'the archive of a dataset could not be prepared');
    stream.push(`event: error\ndata: ${JSON.stringify({ message: error instanceof Fault ? error.message : 'The dataset could not be prepared.' })}\n\n`);
  }
  stream.push(null);
  return undefined;
}

async function sendArchive(deps: DatamintDeps, { caller, reply }: Call, token: string): Promise<void> {
  const { name, entries } = await openDataset(deps, caller, token);
  const filename = `${name.replace(/[^\w .-]/g, '_')}.zip`;
  void reply
    .headers({ 'content-type': 'application/zip', 'content-length': zipLength(entries), 'content-disposition': `attachment; filename="${filename}"` })
    .send(Readable.from(zipStream(entries), { objectMode: false }));
}
