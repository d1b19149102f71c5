import { z } from 'zod';
import { notFound } from '../../fault.ts';
import { mergeMetadata } from '../../catalog/items/metadata.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredRecipe } from '../../labeling/recipes/store.ts';
import { get, idOf, pageOf, pageQuery, parse, patch, post, remove, type Call, type DoorRoute } from './call.ts';
import { origin, urlOf, type DataloopDeps } from './context.ts';
import { fromWireId } from './ids.ts';
import { asJson, asText, type Json } from './json.ts';
import { ontologyIdOf, ontologyIdsOf, recipeNotes, recipeOfOntologyId, showRecipe, withNotes, type RecipeNotes } from './recipe-notes.ts';

const created = z.looseObject({ title: z.string().nullish(), projectIds: z.array(z.string()).nullish(), ontologyIds: z.array(z.string()).nullish() });
const cloned = z.looseObject({ shallow: z.boolean().nullish() });

/** What is kept of a recipe as it was sent. */
const free = ['description', 'examples', 'customActions', 'uiSettings'] as const;

/** Recipes: ours, with the ontologies that they name. */
export function recipeRoutes(deps: DataloopDeps): DoorRoute[] {
  return [
    post('/recipes', (call) => create(deps, call)),
    get('/recipes', (call) => list(deps, call)),
    get('/recipes/:recipe', async (call) => show(deps, await need(deps, call.caller, idOf(call, 'recipe')))),
    patch('/recipes/:recipe', async (call) => {
      const { id } = await need(deps, call.caller, idOf(call, 'recipe'));
      const body = asJson(await call.body()) ?? {};
      return show(deps, await deps.rooms.recipes.revise(call.caller, id, (newest) => changed(newest, body, call.query['system'] === 'true')));
    }),
    post('/recipes/:recipe/clone', (call) => clone(deps, call)),
    remove('/recipes/:recipe', (call) => drop(deps, call)),
  ];
}

const show = (deps: DataloopDeps, recipe: StoredRecipe): Json => showRecipe((path) => urlOf(deps, path), recipe);

async function need({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, id: string): Promise<StoredRecipe> {
  const recipe = await rooms.recipes.get(caller, id);
  if (recipeNotes(recipe).ontology.alone) throw notFound('recipe', id);
  return recipe;
}

/** The recipe that holds an ontology which a new recipe names. */
async function holderOf({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, ontologyId: string): Promise<StoredRecipe> {
  const id = recipeOfOntologyId(ontologyId);
  if (id === undefined) throw notFound('ontology', ontologyId);
  return rooms.recipes.get(caller, id);
}

async function create(deps: DataloopDeps, call: Call): Promise<Json> {
  const body = parse(created, await call.body());
  const [first] = body.ontologyIds ?? [];
  const holder = first === undefined ? undefined : await holderOf(deps, call.caller, first);
  const title = asText(body.title) ?? 'Recipe';
  const sent = { ...body, ontologyIds: body.ontologyIds ?? [] };
  // The first recipe that names an ontology is the one that holds it.
  if (holder && recipeNotes(holder).ontology.alone) return show(deps, await deps.rooms.recipes.revise(call.caller, holder.id, (newest) => ({ ...changed(newest, sent, true, { alone: false }), name: title })));
  const base = holder ?? { labels: [], attributes: [], extra: null };
  const project = body.projectIds?.[0] ?? holder?.projectId ?? '';
  const { extra } = changed({ ...base, extra: null }, sent, true);
  return show(deps, await deps.rooms.recipes.create(call.caller, { project, name: title, labels: base.labels, attributes: base.attributes, instructions: '', allowNewLabels: true, params: {}, origin, extra }));
}

async function list(deps: DataloopDeps, call: Call): Promise<unknown> {
  const { page, pageSize } = pageQuery(call.query, 1_000);
  const names = (key: string) => asText(call.query[key])?.split(',').filter((part) => part !== '');
  const ontologies = names('ontologies');
  const title = asText(call.query['title']);
  const all = await deps.rooms.recipes.find(call.caller, { projectIds: names('projects')?.flatMap((id) => fromWireId(id) ?? []), ids: ontologies?.flatMap((id) => recipeOfOntologyId(id) ?? []), name: title }, { limit: pageSize, offset: page * pageSize });
  const shown = all.recipes.filter((recipe) => !recipeNotes(recipe).ontology.alone);
  return pageOf(shown.map((recipe) => show(deps, recipe)), { total: all.total - (all.recipes.length - shown.length), hasNextPage: (page + 1) * pageSize < all.total, pageSize });
}

async function clone(deps: DataloopDeps, call: Call): Promise<Json> {
  const source = await need(deps, call.caller, idOf(call, 'recipe'));
  const { shallow } = parse(cloned, await call.body());
  const notes = recipeNotes(source);
  const { ontologyIds: _ontologies, ...own } = notes.recipe;
  const recipe = shallow ? { ...own, ontologyIds: ontologyIdsOf(source) } : own;
  const { name, labels, attributes, instructions, allowNewLabels, params, projectId } = source;
  const extra = withNotes({ extra: null }, { recipe, ontology: notes.ontology });
  return show(deps, await deps.rooms.recipes.create(call.caller, { project: projectId, name, labels, attributes, instructions, allowNewLabels, params, origin, extra }));
}

async function drop(deps: DataloopDeps, call: Call): Promise<unknown> {
  const recipe = await need(deps, call.caller, idOf(call, 'recipe'));
  const { recipes: others } = await deps.rooms.recipes.find(call.caller, { projectIds: [recipe.projectId] }, { limit: 1_000, offset: 0 });
  const shared = others.some((other) => other.id !== recipe.id && recipeNotes(other).recipe.ontologyIds?.includes(ontologyIdOf(recipe.id)));
  if (shared) await deps.rooms.recipes.revise(call.caller, recipe.id, (newest) => changed(newest, {}, true, { alone: true }));
  else await deps.rooms.recipes.delete(call.caller, recipe.id);
  return {};
}

/** A recipe with what was sent of it: metadata is merged, everything else replaces. */
function changed(before: Pick<StoredRecipe, 'extra'>, body: Json, system: boolean, ontology: RecipeNotes['ontology'] = {}): { name?: string; instructions?: string; extra: Json } {
  const notes = recipeNotes(before);
  const recipe: RecipeNotes['recipe'] = { ...notes.recipe };
  for (const key of free) if (body[key] !== undefined) recipe[key] = body[key];
  const { system: sentSystem, ...metadata } = asJson(body['metadata']) ?? {};
  if (asJson(body['metadata'])) recipe['metadata'] = mergeMetadata(asJson(recipe['metadata']) ?? {}, { ...metadata, ...(system && asJson(sentSystem) ? { system: sentSystem } : {}) });
  if (Array.isArray(body['ontologyIds'])) recipe.ontologyIds = body['ontologyIds'].filter((id): id is string => typeof id === 'string');
  const name = asText(body['title']);
  const { instructions } = body;
  if (instructions !== undefined && instructions !== null && typeof instructions !== 'string') recipe['instructions'] = instructions;
  return {
    ...(name === undefined ? {} : { name }),
    ...(typeof instructions === 'string' ? { instructions } : {}),
    extra: withNotes(before, { recipe, ontology: { ...notes.ontology, ...ontology } }),
  };
}
