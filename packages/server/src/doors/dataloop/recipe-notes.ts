import type { RecipeAttribute } from '@fovea/contract';
import type { StoredRecipe } from '../../labeling/recipes/store.ts';
import { fromWireId, toWireId } from './ids.ts';
import { asJson, type Json } from './json.ts';
import { attributeOfRecipe, type StoredAttribute } from './ontology-attributes.ts';
import { rootsOf, type LabelNotes } from './ontology-labels.ts';

/** What the door keeps on a recipe, under `dataloop` beside what others keep: of the recipe, and of the ontology that it holds. */
export interface RecipeNotes {
  recipe: Json & { ontologyIds?: string[] };
  ontology: {
    title?: string;
    /** Made by itself; no recipe took it yet. */
    alone?: boolean;
    deleted?: boolean;
    labels?: LabelNotes;
    attributes?: StoredAttribute[];
    /** Attributes of the first kind: a list of texts. */
    plainAttributes?: unknown[];
    metadata?: Json;
  };
}

export function recipeNotes(recipe: Pick<StoredRecipe, 'extra'>): RecipeNotes {
  const notes = asJson(asJson(recipe.extra)?.['dataloop']);
  return { recipe: asJson(notes?.['recipe']) ?? {}, ontology: (asJson(notes?.['ontology']) as RecipeNotes['ontology'] | undefined) ?? {} };
}

export function withNotes(recipe: Pick<StoredRecipe, 'extra'>, notes: RecipeNotes): Json {
  return { ...asJson(recipe.extra), dataloop: notes };
}

/** The id of the ontology that a recipe holds: that of the recipe, with an 8 where ids of ours have the version 7. */
export function ontologyIdOf(recipeId: string): string {
  const id = toWireId(recipeId);
  return `${id.slice(0, 12)}8${id.slice(13)}`;
}

/** The recipe that holds an ontology; undefined for text that is no id of one. */
export function recipeOfOntologyId(text: unknown): string | undefined {
  return typeof text === 'string' && /^[0-9a-f]{12}8[0-9a-f]{11}$/.test(text) ? fromWireId(`${text.slice(0, 12)}7${text.slice(13)}`) : undefined;
}

export function ontologyIdsOf(recipe: StoredRecipe): string[] {
  const { ontologyIds } = recipeNotes(recipe).recipe;
  return ontologyIds && ontologyIds.length > 0 ? ontologyIds : [ontologyIdOf(recipe.id)];
}

/** The attributes as they were sent; those that were made elsewhere, as the client would have sent them. */
export function attributesOf(recipe: Pick<StoredRecipe, 'attributes' | 'extra'>): StoredAttribute[] {
  const kept = new Map((recipeNotes(recipe).ontology.attributes ?? []).map((attribute) => [attribute.key, attribute]));
  return recipe.attributes.map((attribute: RecipeAttribute) => kept.get(attribute.key) ?? attributeOfRecipe(attribute));
}

export function showOntology(url: (path: string) => string, recipe: StoredRecipe): Json {
  const id = ontologyIdOf(recipe.id);
  const { ontology } = recipeNotes(recipe);
  return {
    id,
    url: url(`/ontologies/${id}`),
    title: ontology.title ?? recipe.name,
    creator: recipe.createdBy,
    roots: rootsOf({ labels: recipe.labels, notes: ontology.labels ?? {} }),
    attributes: ontology.plainAttributes ?? [],
    metadata: { ...ontology.metadata, system: { ...asJson(ontology.metadata?.['system']), projectIds: [recipe.projectId], system: false }, attributes: attributesOf(recipe) },
    createdAt: recipe.createdAt,
    updatedAt: recipe.updatedAt,
  };
}

export function showRecipe(url: (path: string) => string, recipe: StoredRecipe): Json {
  const id = toWireId(recipe.id);
  const { metadata, ...kept } = recipeNotes(recipe).recipe;
  return {
    description: null,
    examples: [],
    customActions: [],
    uiSettings: {},
    ...kept,
    instructions: kept['instructions'] ?? (recipe.instructions === '' ? null : recipe.instructions),
    id,
    url: url(`/recipes/${id}`),
    title: recipe.name,
    creator: recipe.createdBy,
    projectIds: [recipe.projectId],
    ontologyIds: ontologyIdsOf(recipe),
    metadata: { ...asJson(metadata), system: { ...asJson(asJson(metadata)?.['system']) } },
    createdAt: recipe.createdAt,
    updatedAt: recipe.updatedAt,
    updatedBy: recipe.createdBy,
  };
}
