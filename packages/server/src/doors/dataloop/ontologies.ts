import { z } from 'zod';
import { notFound } from '../../fault.ts';
import { mergeMetadata } from '../../catalog/items/metadata.ts';
import type { Caller } from '../../identity/caller.ts';
import type { RecipeContent, StoredRecipe } from '../../labeling/recipes/store.ts';
import { get, pageOf, pageQuery, parse, patch, post, put, remove, type Call, type DoorRoute } from './call.ts';
import { origin, urlOf, type DataloopDeps } from './context.ts';
import { fromWireId } from './ids.ts';
import { asJson, asJsons, asText, type Json } from './json.ts';
import { recipeAttribute, scoped, storedAttribute, type StoredAttribute } from './ontology-attributes.ts';
import { labelsOfRoots, mergeLabels, type Labels } from './ontology-labels.ts';
import { attributesOf, ontologyIdOf, ontologyIdsOf, recipeNotes, recipeOfOntologyId, showOntology, withNotes, type RecipeNotes } from './recipe-notes.ts';

const created = z.looseObject({ roots: z.array(z.unknown()).nullish(), projectIds: z.array(z.string()).min(1, 'must name a project'), attributes: z.array(z.unknown()).nullish(), title: z.string().nullish() });
const labelChange = z.looseObject({ labelsNode: z.array(z.looseObject({ tag: z.string() })).max(10_000), upsert: z.boolean().default(false) });
const attributeChange = z.looseObject({ items: z.array(z.looseObject({})).max(1_000), upsert: z.boolean().default(true) });
const attributeKeys = z.looseObject({ keys: z.array(z.string()).max(1_000) });

/** What an ontology consists of, in the words of both sides. */
interface Ontology {
  labels: Labels;
  attributes: StoredAttribute[];
  notes: RecipeNotes['ontology'];
}

/** Ontologies: each is the labels and attributes of a recipe of ours, under an id of its own. */
export function ontologyRoutes(deps: DataloopDeps): DoorRoute[] {
  return [
    post('/ontologies', (call) => create(deps, call)),
    get('/ontologies', (call) => list(deps, call)),
    get('/ontologies/:ontology', async (call) => show(deps, await need(deps, call.caller, call.params['ontology'] ?? ''))),
    put('/ontologies/:ontology', async (call) => {
      const body = asJson(await call.body()) ?? {};
      return change(deps, call, (now) => replaced(now, body));
    }),
    remove('/ontologies/:ontology', (call) => drop(deps, call)),
    patch('/ontologies/:ontology/labels', async (call) => {
      const { labelsNode, upsert } = parse(labelChange, await call.body());
      return change(deps, call, (now) => ({ ...now, labels: mergeLabels(now.labels, labelsNode, upsert) }));
    }),
    patch('/ontologies/:ontology/addLabels', async (call) => {
      const { labelsNode } = parse(labelChange, await call.body());
      return change(deps, call, (now) => ({ ...now, labels: mergeLabels(now.labels, labelsNode, true) }));
    }),
    patch('/ontologies/:ontology/attributes', async (call) => {
      const { items, upsert } = parse(attributeChange, await call.body());
      return change(deps, call, (now) => ({ ...now, attributes: mergeAttributes(now.attributes, items.map(storedAttribute), upsert) }));
    }),
    remove('/ontologies/:ontology/attributes', async (call) => {
      const { keys } = parse(attributeKeys, await call.body());
      return change(deps, call, (now) => ({ ...now, attributes: now.attributes.filter((attribute) => !keys.includes(attribute.key)) }));
    }),
  ];
}

const show = (deps: DataloopDeps, recipe: StoredRecipe): Json => showOntology((path) => urlOf(deps, path), recipe);

async function need({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, wireId: string): Promise<StoredRecipe> {
  const id = recipeOfOntologyId(wireId);
  const recipe = id === undefined ? undefined : await rooms.recipes.find(caller, { ids: [id] }, { limit: 1, offset: 0 }).then(({ recipes: [found] }) => found);
  if (!recipe || recipeNotes(recipe).ontology.deleted) throw notFound('ontology', wireId);
  return recipe;
}

/** Changes an ontology, and the recipes that share it. */
async function change(deps: DataloopDeps, call: Call, make: (ontology: Ontology) => Ontology & { title?: string | undefined }): Promise<Json> {
  const { id, projectId } = await need(deps, call.caller, call.params['ontology'] ?? '');
  const after = await deps.rooms.recipes.revise(call.caller, id, (newest) => contentOf(newest, make(ontologyOf(newest))));
  const { recipes: others } = await deps.rooms.recipes.find(call.caller, { projectIds: [projectId] }, { limit: 1_000, offset: 0 });
  for (const other of others.filter((recipe) => recipe.id !== id && ontologyIdsOf(recipe)[0] === ontologyIdOf(id))) {
    await deps.rooms.recipes.revise(call.caller, other.id, () => ({ labels: after.labels, attributes: after.attributes }));
  }
  return show(deps, after);
}

async function create(deps: DataloopDeps, call: Call): Promise<Json> {
  const body = parse(created, await call.body());
  const labels = labelsOfRoots({ labels: [], notes: {} }, asJsons(body.roots ?? []));
  const sent = body.attributes ?? [];
  const attributes = asJsons(sent).map(storedAttribute);
  const plain = sent.filter((attribute) => asJson(attribute) === undefined);
  const title = body.title ?? 'Ontology';
  const ontology = { labels, attributes, notes: { title, alone: true, ...(plain.length > 0 ? { plainAttributes: plain } : {}) } };
  const content = contentOf({ labels: [], attributes: [], extra: null }, ontology);
  const made = await deps.rooms.recipes.create(call.caller, { project: body.projectIds[0] ?? '', name: title, instructions: '', allowNewLabels: true, params: {}, ...content, origin });
  return show(deps, made);
}

async function list(deps: DataloopDeps, call: Call): Promise<unknown> {
  const { page, pageSize } = pageQuery(call.query, 1_000);
  const names = (key: string) => asText(call.query[key])?.split(',').filter((part) => part !== '');
  const ids = names('ids')?.flatMap((id) => recipeOfOntologyId(id) ?? []);
  const found = await deps.rooms.recipes.find(call.caller, { projectIds: names('projects')?.flatMap((id) => fromWireId(id) ?? []), ids }, { limit: pageSize, offset: page * pageSize });
  const shown = found.recipes.filter((recipe) => !recipeNotes(recipe).ontology.deleted).map((recipe) => show(deps, recipe));
  return pageOf(shown, { total: found.total, hasNextPage: (page + 1) * pageSize < found.total, pageSize });
}

async function drop(deps: DataloopDeps, call: Call): Promise<unknown> {
  const recipe = await need(deps, call.caller, call.params['ontology'] ?? '');
  if (recipeNotes(recipe).ontology.alone) await deps.rooms.recipes.delete(call.caller, recipe.id);
  // A recipe stays when the ontology that it holds is deleted: it has no labels then.
  else await change(deps, call, () => ({ labels: { labels: [], notes: {} }, attributes: [], notes: { deleted: true } }));
  return {};
}

function ontologyOf(recipe: StoredRecipe): Ontology {
  const notes = recipeNotes(recipe).ontology;
  return { labels: { labels: recipe.labels, notes: notes.labels ?? {} }, attributes: attributesOf(recipe), notes };
}

type Kept = Pick<StoredRecipe, 'labels' | 'attributes' | 'extra'>;

function contentOf(before: Kept, { labels, attributes, notes, title }: Ontology & { title?: string | undefined }): Pick<RecipeContent, 'labels' | 'attributes'> & { extra: Json } {
  const ours = before.attributes.filter(({ key }) => attributes.some((attribute) => attribute.key === key));
  const kept = { ...notes, ...(title === undefined ? {} : { title }), labels: labels.notes, attributes };
  return {
    labels: scoped(labels.labels, attributes),
    // What only our attributes say (that they differ from frame to frame) stays.
    attributes: attributes.map((attribute) => ({ ...recipeAttribute(attribute), perFrame: ours.find(({ key }) => key === attribute.key)?.perFrame ?? false })),
    extra: withNotes(before, { recipe: recipeNotes(before).recipe, ontology: kept }),
  };
}

/** A whole ontology in place of the one that is there: its tree, and what else it names. */
function replaced(now: Ontology, body: Json): Ontology & { title?: string | undefined } {
  const metadata = asJson(body['metadata']);
  const { attributes, system: _system, ...rest } = metadata ?? {};
  return {
    labels: Array.isArray(body['roots']) ? labelsOfRoots(now.labels, asJsons(body['roots'])) : now.labels,
    attributes: Array.isArray(attributes) ? asJsons(attributes).map(storedAttribute) : now.attributes,
    notes: { ...now.notes, metadata: mergeMetadata(now.notes.metadata ?? {}, rest) },
    title: asText(body['title']),
  };
}

function mergeAttributes(now: readonly StoredAttribute[], sent: readonly StoredAttribute[], upsert: boolean): StoredAttribute[] {
  const unknown = sent.find(({ key }) => !now.some((attribute) => attribute.key === key));
  if (!upsert && unknown) throw notFound('attribute', unknown.key);
  const changed = new Map(sent.map((attribute) => [attribute.key, attribute]));
  return [...now.map((attribute) => changed.get(attribute.key) ?? attribute), ...sent.filter(({ key }) => !now.some((attribute) => attribute.key === key))];
}
