import type { Dataset } from '@fovea/contract';
import { name as nameSchema } from '@fovea/contract';
import { z } from 'zod';
import { mergeMetadata } from '../../catalog/items/metadata.ts';
import { Fault } from '../../fault.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { idOf, parse, post, type Call, type DoorRoute } from './call.ts';
import { doneCommand } from './commands.ts';
import { origin, type DataloopDeps } from './context.ts';
import { datasetIdOf } from './datasets.ts';
import { itemFilter } from './dql/resources.ts';
import { readDql } from './dql/translate.ts';
import { toWireId } from './ids.ts';
import { asJson } from './json.ts';
import { begun } from './show-command.ts';
import { remotePath } from './upload.ts';

const flag = z.boolean().nullish();
const what = { withItemsAnnotations: flag, withMetadata: flag, withTaskAnnotationsStatus: flag };
const text = z.string().nullish();
const cloneBody = z.looseObject({ name: nameSchema.nullish(), filter: z.unknown().optional(), cloneDatasetParams: z.looseObject({ ...what, targetDirectory: text, targetDatasetId: text }).nullish() });
const mergeBody = z.looseObject({ name: nameSchema, datasetsIds: z.array(z.string()).min(1), projectIds: z.union([z.array(z.string()), z.string()]).nullish(), mergeDatasetParams: z.looseObject(what).nullish() });
const itemCloneBody = z.looseObject({
  targetDatasetId: z.string(),
  remoteFileName: text,
  metadata: z.record(z.string(), z.unknown()).nullish(),
  cloneDatasetParams: z.looseObject(what).nullish(),
  allowMany: flag,
});

/** Copies of datasets and of single items. */
export function copyRoutes(deps: DataloopDeps): DoorRoute[] {
  return [
    post('/datasets/:dataset/clone', (call) => cloneDataset(deps, call)),
    post('/datasets/merge', (call) => merge(deps, call)),
    post('/items/:item/clone', (call) => cloneItem(deps, call)),
  ];
}

/** A new dataset, or the items into one that is there: then a path that is taken keeps what it has. */
async function cloneDataset(deps: DataloopDeps, call: Call): Promise<unknown> {
  const datasetId = idOf(call, 'dataset');
  const body = parse(cloneBody, await call.body());
  const params = body.cloneDatasetParams ?? {};
  const folder = params.targetDirectory ? remotePath(params.targetDirectory) : '/';
  const into = params.targetDatasetId ?? undefined;
  const command = await deps.rooms.datasetCopies
    .clone(call.caller, datasetId, {
      ...(into === undefined ? { name: body.name ?? undefined } : { into: datasetIdOf(into) }),
      ...(folder === '/' ? {} : { folder }),
      filter: itemFilter(datasetId, readDql(asJson(body.filter) ?? {})),
      onConflict: 'first',
      ...chosen(params),
    })
    .catch(sameName);
  return begun(deps, call.caller, command);
}

function chosen(params: { withItemsAnnotations?: boolean | null | undefined; withMetadata?: boolean | null | undefined; withTaskAnnotationsStatus?: boolean | null | undefined }) {
  return { withAnnotations: params.withItemsAnnotations ?? true, withMetadata: params.withMetadata ?? true, withAnnotationStatus: params.withTaskAnnotationsStatus ?? true };
}

/** The words that the client's users know. */
function sameName(error: unknown): never {
  if (error instanceof Fault && error.code === 'conflict' && /named/.test(error.message)) throw new Fault('conflict', 'Dataset with same name already exist in the specified project');
  throw error;
}

async function merge(deps: DataloopDeps, call: Call): Promise<unknown> {
  const body = parse(mergeBody, await call.body());
  const sources = [...new Set(body.datasetsIds.map(datasetIdOf))];
  await needOneRecipe(deps, call, await Promise.all(sources.map((id) => deps.rooms.datasets.get(call.caller, id))));
  const [project] = [body.projectIds ?? []].flat();
  const command = await deps.rooms.datasetCopies
    .merge(call.caller, { name: body.name, description: '', sources, ...(project === undefined ? {} : { project }), filter: {}, onConflict: 'beside', ...chosen(body.mergeDatasetParams ?? {}) })
    .catch(sameName);
  return begun(deps, call.caller, command);
}

/** Datasets are merged that are labeled alike: by one recipe, or by recipes that say the same. */
async function needOneRecipe({ rooms }: DataloopDeps, { caller }: Call, datasets: readonly Dataset[]): Promise<void> {
  const ids = [...new Set(datasets.map((dataset) => dataset.recipeId))];
  if (ids.length < 2) return;
  const contents = await Promise.all(
    ids.map(async (id) => {
      if (id === null) return '[]';
      const { labels, attributes } = await rooms.recipes.get(caller, id);
      return JSON.stringify(labels.length + attributes.length === 0 ? [] : [labels.map(({ name, parent }) => [name, parent ?? null]).toSorted(), attributes]);
    }),
  );
  if (new Set(contents).size > 1) throw new Fault('invalid_request', 'Datasets with different recipes cannot be merged; give them one recipe first.');
}

/** One item, under its own name or another, with what is wanted of it. */
async function cloneItem(deps: DataloopDeps, call: Call): Promise<unknown> {
  const { items, annotations } = deps.rooms;
  const source = await items.getStored(call.caller, idOf(call, 'item'));
  const body = parse(itemCloneBody, await call.body());
  const params = chosen(body.cloneDatasetParams ?? {});
  const dataset = await items.authorizeUpload(call.caller, datasetIdOf(body.targetDatasetId));
  const { system, ...added } = body.metadata ?? {};
  const kept = params.withMetadata ? { metadata: source.metadata, system: asJson(asJson(source.extra)?.['system']) ?? {} } : { metadata: {}, system: {} };
  const { outcome, item } = await items.adopt(call.caller, dataset, {
    path: remotePath(body.remoteFileName ?? source.path),
    rule: body.allowMany ? 'beside' : 'error',
    blob: { sha256: source.sha256, size: source.sizeBytes },
    metadata: mergeMetadata(kept.metadata, added),
    extra: { system: mergeMetadata(kept.system, asJson(system) ?? {}) },
    ...(params.withMetadata ? { labels: source.labels, description: source.description } : {}),
    origin,
    sourceItemId: source.id,
  });
  if (outcome !== 'created') throw new Fault('conflict', `The dataset has an item at "${item.path}" already.`);
  if (params.withAnnotations) {
    const found = await annotations.ofItems([source.id]);
    if (found.length > 0) {
      await annotations.create(call.caller, item.id, found.map((annotation) => copyOf(annotation, params.withAnnotationStatus)));
    }
  }
  return doneCommand(deps, 'CloneItem', { returnedModelId: [toWireId(item.id)] });
}

/** An annotation as a new one of another item; the work that it came of stays behind. */
function copyOf(annotation: StoredAnnotation, withStatus: boolean) {
  const { type, label, geometry, attributes, frame, endFrame, keyframes, confidence, source, group, metadata, extra, blob } = annotation;
  return {
    type,
    label,
    geometry,
    attributes,
    frame,
    endFrame,
    confidence,
    source,
    metadata,
    extra,
    origin,
    ...(keyframes ? { keyframes } : {}),
    ...(group === undefined ? {} : { group }),
    ...(blob === null ? {} : { blob }),
    status: withStatus ? annotation.status : null,
  };
}
