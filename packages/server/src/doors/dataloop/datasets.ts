import type { Dataset } from '@fovea/contract';
import { isId, name as nameSchema } from '@fovea/contract';
import { z } from 'zod';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, idOf, pageOf, parse, patch, post, remove, type Call, type DoorRoute } from './call.ts';
import type { DataloopDeps } from './context.ts';
import { giveDefaultRecipe } from './default-recipe.ts';
import { directoryTree } from './directory-tree.ts';
import { satisfies, sorted } from './dql/evaluate.ts';
import { readDql } from './dql/translate.ts';
import { fromWireId, needId } from './ids.ts';
import { asJson, asText, type Json } from './json.ts';
import { queryAnnotations } from './query-annotations.ts';
import { queryItems } from './query-items.ts';
import { driverId, showDataset } from './show-dataset.ts';
import { ensureSystemDataset, systemDataset } from './system-dataset.ts';

const expiration = z.looseObject({ itemMaxDays: z.number().positive().max(36_500).nullish() }).nullish();
const datasetBody = z.looseObject({ name: nameSchema, projects: z.array(z.string()).min(1), createDefaultRecipe: z.boolean().nullish(), expirationOptions: expiration });
const datasetPatch = z.looseObject({ name: nameSchema.optional(), expirationOptions: expiration });

/** Datasets, and the queries on what is in them. */
export function datasetRoutes(deps: DataloopDeps): DoorRoute[] {
  const { datasets } = deps.rooms;
  const show = (caller: Caller, dataset: Dataset) => showDataset(deps, caller, dataset);
  const one = async (call: Call) => show(call.caller, await datasets.get(call.caller, idOf(call, 'dataset')));

  return [
    post('/datasets', async (call) => show(call.caller, await create(deps, call))),
    post('/datasets/query', (call) => list(deps, call)),
    // Clients of the first kind ask like this, and want a plain array.
    get('/datasets', async ({ caller, query }) => {
      const [projects, name] = [asText(query['projects'])?.split(','), asText(query['name'])];
      const system = name === systemDataset;
      if (system) await ensureSystemDataset(deps, caller, { systemSpace: true, filter: { name } }, projects);
      const found = (await visible(deps, caller, projects)).filter((dataset) => (name === undefined || dataset.name === name) && (system || dataset.name !== systemDataset));
      const shown = await Promise.all(found.map((dataset) => show(caller, dataset)));
      return shown.filter((dataset) => asText(query['creator']) === undefined || dataset['creator'] === query['creator']);
    }),
    get('/datasets/:dataset', one),
    patch('/datasets/:dataset', (call) => change(deps, call)),
    patch('/datasets/:dataset/unlock', one),
    remove('/datasets/:dataset', async (call) => {
      await datasets.delete(call.caller, idOf(call, 'dataset'));
      return {};
    }),
    get('/datasets/:dataset/directoryTree', async (call) => directoryTree(await deps.rooms.folders.all(call.caller, idOf(call, 'dataset')))),
    post('/datasets/:dataset/query', async (call) => {
      const datasetId = idOf(call, 'dataset');
      const dql = readDql(await call.body());
      const { resource } = dql;
      if (resource === 'annotations') return queryAnnotations(deps, call.caller, datasetId, dql);
      if (resource === 'items') return queryItems(deps, call.caller, datasetId, dql);
      throw new Fault('invalid_request', `A query on a dataset is for items or annotations, not for "${resource.slice(0, 50)}".`);
    }),
    get('/drivers', async ({ caller, query }) => {
      const { projectId } = query;
      const project = typeof projectId === 'string' && isId(projectId) ? await deps.rooms.projects.get(caller, projectId) : undefined;
      return project ? [showDriver(project)] : [];
    }),
    get('/drivers/:driver', async (call) => {
      const project = await deps.rooms.projects.get(call.caller, idOf(call, 'driver')).catch(() => undefined);
      if (!project) throw notFound('driver', call.params['driver'] ?? '');
      return showDriver(project);
    }),
  ];
}

/** Where the files of a project lie: the platform's own store. */
function showDriver(project: { id: string; createdBy: string; createdAt: string }): Json {
  return { id: driverId(project.id), name: 'Fovea internal', type: 'filesystem', creator: project.createdBy, createdAt: project.createdAt, metadata: {}, allowExternalDelete: false, allowExternalModification: false };
}

async function create(deps: DataloopDeps, call: Call): Promise<Dataset> {
  const body = parse(datasetBody, await call.body());
  const [project = ''] = body.projects;
  if (!isId(project)) throw notFound('project', project);
  const itemDays = body.expirationOptions?.itemMaxDays ?? null;
  const dataset = await deps.rooms.datasets.create(call.caller, { project, name: body.name, description: '', metadata: {}, itemDays }).catch((error: unknown) => {
    // The client knows a name that is taken as a bad request.
    throw error instanceof Fault && error.code === 'conflict' ? new Fault('invalid_request', error.message) : error;
  });
  return body.createDefaultRecipe === false ? dataset : giveDefaultRecipe(deps, call.caller, dataset);
}

/** All datasets of some projects, or of all that the caller sees; newest first. */
async function visible({ rooms }: DataloopDeps, caller: Caller, projects: readonly string[] | undefined): Promise<Dataset[]> {
  const found: Dataset[] = [];
  for (const project of projects ?? [undefined]) {
    if (project !== undefined && !isId(project)) continue;
    let cursor: string | undefined;
    do {
      const page = await rooms.datasets.list(caller, { project, limit: 1_000, cursor });
      found.push(...page.data);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }
  return found;
}

/** Of an unknown name the client makes its own error, when it gets an empty page. */
async function list(deps: DataloopDeps, call: Call): Promise<unknown> {
  const dql = readDql(await call.body());
  const { projects } = dql.context;
  const ids = Array.isArray(projects) ? projects.filter((id): id is string => typeof id === 'string') : undefined;
  await ensureSystemDataset(deps, call.caller, dql, ids);
  const found = (await visible(deps, call.caller, ids)).filter((dataset) => dql.systemSpace || dataset.name !== systemDataset);
  const rows: Json[] = [];
  for (const dataset of found) {
    // What a filter can ask for without counting is asked first.
    const shown = await showDataset(deps, call.caller, { ...dataset, itemCount: 0 });
    if (asksForCounts(dql.filter) || satisfies(shown, dql.filter)) rows.push(await showDataset(deps, call.caller, dataset));
  }
  const matching = sorted(rows.filter((row) => satisfies(row, dql.filter)), dql.sort ?? { id: 'ascending' });
  const offset = dql.page * dql.pageSize;
  const items = matching.slice(offset, offset + dql.pageSize);
  return pageOf(items, { total: matching.length, hasNextPage: offset + items.length < matching.length && dql.pageSize > 0, pageSize: dql.pageSize });
}

const asksForCounts = (filter: unknown): boolean => /itemsCount|annotat/.test(JSON.stringify(filter ?? {}));

/** The whole JSON comes back, changed here and there; what can be set is taken from it. */
async function change(deps: DataloopDeps, call: Call): Promise<unknown> {
  const id = idOf(call, 'dataset');
  const body = parse(datasetPatch, await call.body());
  const { system, ...metadata } = asJson(body['metadata']) ?? {};
  const recipes = asJson(system)?.['recipes'];
  const recipeId = Array.isArray(recipes) ? (recipes[0] === undefined ? null : needId(recipes[0], 'recipe')) : undefined;
  // That the recipe is one the caller may use is for the room of recipes to say.
  if (recipeId) await deps.rooms.recipes.get(call.caller, recipeId);
  const updated = await deps.rooms.datasets.update(call.caller, id, {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(asJson(body['metadata']) ? { metadata } : {}),
    ...(recipeId === undefined ? {} : { recipeId }),
    ...('expirationOptions' in body ? { itemDays: body.expirationOptions?.itemMaxDays ?? null } : {}),
  });
  return showDataset(deps, call.caller, updated);
}

/** The dataset that a body names; `not_found` for text that is no id. */
export function datasetIdOf(value: unknown): string {
  const id = fromWireId(value);
  if (id === undefined) throw notFound('dataset', String(value));
  return id;
}
