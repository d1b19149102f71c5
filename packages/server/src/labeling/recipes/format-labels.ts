import type { Recipe, RecipeAttribute, RecipeLabel } from '@fovea/contract';
import type { AttributeDefinition, LabelDefinition, LabelSet } from '@fovea/formats';

const attributeTypes = { text: 'text', number: 'number', boolean: 'boolean', one_of: 'select', many_of: 'multiselect' } as const;
const recipeTypes = { text: 'text', number: 'number', boolean: 'boolean', select: 'one_of', multiselect: 'many_of' } as const;

/** The labels of a recipe as formats carry them. */
export function labelsOfRecipe(recipe: Pick<Recipe, 'labels' | 'attributes'>): LabelSet {
  const attributes = recipe.attributes.map(toDefinition);
  return {
    labels: recipe.labels.map((label): LabelDefinition => {
      const own = label.attributes ? attributes.filter(({ name }) => label.attributes?.includes(name)) : attributes;
      const { keypoints } = label;
      return {
        name: label.name,
        ...(label.color !== undefined && { color: label.color }),
        ...(label.parent !== undefined && { parent: label.parent }),
        ...(label.geometry !== undefined && { types: label.geometry }),
        ...(own.length > 0 && { attributes: own }),
        ...(keypoints && { skeleton: { points: keypoints, edges: (label.skeleton ?? []).flatMap(([from, to]) => edgeOf(keypoints, from, to)) } }),
      };
    }),
  };
}

function edgeOf(points: readonly string[], from: number, to: number): [string, string][] {
  const [a, b] = [points[from], points[to]];
  return a !== undefined && b !== undefined ? [[a, b]] : [];
}

function toDefinition(attribute: RecipeAttribute): AttributeDefinition {
  return {
    name: attribute.key,
    type: attributeTypes[attribute.type],
    ...(attribute.values && { options: attribute.values }),
    ...(attribute.perFrame && { mutable: true }),
  };
}

/** Labels that a recipe does not have, with their attributes, as a change of it. Parents that would be missing come along. */
export function addedToRecipe(recipe: Pick<Recipe, 'labels' | 'attributes'>, found: LabelSet): Pick<Recipe, 'labels' | 'attributes'> {
  const known = new Set(recipe.labels.map(({ name }) => name));
  const fresh = found.labels.filter(({ name }) => !known.has(name));
  const names = new Set([...known, ...fresh.map(({ name }) => name)]);
  const parents = [...new Set(fresh.flatMap(({ parent }) => (parent !== undefined && parent !== '' && !names.has(parent) ? [parent] : [])))];
  const keys = new Set(recipe.attributes.map(({ key }) => key));
  const attributes = new Map<string, RecipeAttribute>();
  for (const definition of fresh.flatMap((label) => label.attributes ?? [])) if (!keys.has(definition.name)) attributes.set(definition.name, toRecipeAttribute(definition));
  return {
    labels: [...recipe.labels, ...parents.map((name) => ({ name })), ...fresh.map(toRecipeLabel)],
    attributes: [...recipe.attributes, ...attributes.values()],
  };
}

function toRecipeLabel(label: LabelDefinition): RecipeLabel {
  const { skeleton } = label;
  return {
    name: label.name,
    ...(label.color !== undefined && { color: label.color }),
    ...(label.parent !== undefined && label.parent !== '' && label.parent !== label.name && { parent: label.parent }),
    ...(label.attributes && label.attributes.length > 0 && { attributes: label.attributes.map(({ name }) => name) }),
    ...(skeleton && {
      keypoints: [...skeleton.points],
      skeleton: skeleton.edges.map(([from, to]): [number, number] => [skeleton.points.indexOf(from), skeleton.points.indexOf(to)]).filter(([from, to]) => from >= 0 && to >= 0),
    }),
  };
}

function toRecipeAttribute(definition: AttributeDefinition): RecipeAttribute {
  return {
    key: definition.name.slice(0, 200),
    type: recipeTypes[definition.type],
    ...(definition.options && { values: definition.options.slice(0, 1_000).map(String) }),
    required: false,
    perFrame: definition.mutable ?? false,
  };
}
