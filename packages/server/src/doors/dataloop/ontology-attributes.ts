import type { RecipeAttribute, RecipeLabel } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import { asJson, asText, type Json } from './json.ts';

/** An attribute as an ontology keeps it. */
export interface StoredAttribute {
  key: string;
  type: string;
  scope: string[];
  values: unknown[];
  range: Json | null;
  scriptData: { title: string; key: string; optional: boolean; multi: boolean };
}

/** An attribute that is sent, or one as it was given out before. */
export function storedAttribute(sent: Json): StoredAttribute {
  const script = asJson(sent['scriptData']) ?? {};
  const key = asText(sent['key']) ?? asText(script['key']);
  if (key === undefined) throw new Fault('invalid_request', 'An attribute needs a key.', { errors: [{ path: 'body.items.key', message: 'must be a text' }] });
  const scope = Array.isArray(sent['scope']) ? sent['scope'].filter((label): label is string => typeof label === 'string') : [];
  return {
    key,
    type: asText(sent['type']) ?? 'freeText',
    scope: scope.length > 0 ? scope : ['*'],
    values: Array.isArray(sent['values']) ? sent['values'] : [],
    range: asJson(sent['range']) ?? null,
    scriptData: {
      title: asText(sent['title']) ?? asText(script['title']) ?? key,
      key,
      optional: (sent['optional'] ?? script['optional']) !== false,
      multi: (sent['multi'] ?? script['multi']) === true,
    },
  };
}

/** The attribute in our words. */
export function recipeAttribute({ key, type, values, range, scriptData }: StoredAttribute): RecipeAttribute {
  const common = { key, title: scriptData.title, required: !scriptData.optional, perFrame: false };
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
  const [min, max] = [number(range?.['min']), number(range?.['max'])];
  switch (type) {
    case 'options':
      return { ...common, type: scriptData.multi ? 'many_of' : 'one_of', values: values.map(String) };
    case 'range':
      return { ...common, type: 'number', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    case 'boolean':
      return { ...common, type: 'boolean' };
    default:
      return { ...common, type: 'text' };
  }
}

/** An attribute of ours that did not come through the door. */
export function attributeOfRecipe(attribute: RecipeAttribute): StoredAttribute {
  const types = { text: 'freeText', number: 'range', boolean: 'boolean', one_of: 'options', many_of: 'options' } as const;
  return {
    key: attribute.key,
    type: types[attribute.type],
    scope: ['*'],
    values: attribute.values ?? [],
    range: attribute.type === 'number' ? { min: attribute.min ?? 0, max: attribute.max ?? 100, step: 1 } : null,
    scriptData: { title: attribute.title ?? attribute.key, key: attribute.key, optional: !attribute.required, multi: attribute.type === 'many_of' },
  };
}

/** Labels with the keys of the attributes whose scope names them; all when every attribute is for every label. */
export function scoped(labels: readonly RecipeLabel[], attributes: readonly StoredAttribute[]): RecipeLabel[] {
  const everywhere = attributes.every((attribute) => attribute.scope.includes('*'));
  return labels.map(({ attributes: _keys, ...label }) =>
    everywhere ? label : { ...label, attributes: attributes.filter(({ scope }) => scope.includes('*') || scope.includes(label.name)).map(({ key }) => key) },
  );
}
