import { createHash } from 'node:crypto';
import type { AnnotationType, RecipeAttribute, RecipeLabel } from '@fovea/contract';
import { familyOf } from './params.ts';
import { isObject } from './work.ts';

type Params = Record<string, unknown>;

/** A label that answers can carry, and the geometries that may carry it. */
export interface Leaf {
  choice: string;
  display: string;
  parent: string | undefined;
  instances: boolean;
}

const shapes: Readonly<Record<string, readonly AnnotationType[]>> = {
  box: ['box', 'rotated_box'],
  polygon: ['polygon'],
  line: ['polyline'],
  point: ['point'],
  cuboid: ['cuboid'],
  ellipse: ['ellipse'],
};

/** The one geometry of the types that were made for it. */
export const legacyGeometry: Readonly<Record<string, string>> = {
  annotation: 'box',
  polygonannotation: 'polygon',
  lineannotation: 'line',
  pointannotation: 'point',
  cuboidannotation: 'cuboid',
  videoboxannotation: 'box',
  videocuboidannotation: 'cuboid',
};

/** The leaves of labels, which are texts or LabelDescriptions; a label with `subchoices` is only a menu. */
export function leaves(labels: unknown, parent?: string): Leaf[] {
  if (!Array.isArray(labels)) return [];
  return labels.flatMap((label: unknown): Leaf[] => {
    if (typeof label === 'string') return label === '' ? [] : [{ choice: label, display: label, parent, instances: false }];
    if (!isObject(label)) return [];
    // Entity recognition names its labels `name`.
    const choice = label['choice'] ?? label['name'] ?? label['label'];
    if (typeof choice !== 'string' || choice === '') return [];
    const { display = choice, subchoices } = label;
    if (Array.isArray(subchoices) && subchoices.length > 0) return leaves(subchoices, choice);
    return [{ choice, display: String(display), parent, instances: label['instance_label'] === true }];
  });
}

/** The geometries of a task with the leaves that each may carry. */
export function geometriesOf(type: string, params: Params): { kind: string; leaves: Leaf[]; options: Params }[] {
  const legacy = legacyGeometry[type];
  if (legacy !== undefined && !isObject(params['geometries'])) return [{ kind: legacy, leaves: leaves(params['objects_to_annotate']), options: params }];
  if (!isObject(params['geometries'])) return [];
  return Object.entries(params['geometries']).flatMap(([kind, options]) => (Object.hasOwn(shapes, kind) && isObject(options) ? [{ kind, leaves: leaves(options['objects_to_annotate']), options }] : []));
}

/** Label tree and attributes of a recipe, from the parameters of a project or a task: what people then label with. */
export function recipeContent(type: string, params: Params): { labels: RecipeLabel[]; attributes: RecipeAttribute[]; allowNewLabels: boolean; instructions: string; params: Params } {
  const labels = new Map<string, RecipeLabel>();
  const add = (leaf: Leaf, geometry: readonly AnnotationType[]): void => {
    if (leaf.parent !== undefined && !labels.has(leaf.parent)) labels.set(leaf.parent, { name: leaf.parent });
    const before = labels.get(leaf.choice);
    const merged = [...new Set([...(before?.geometry ?? []), ...geometry])];
    const parent = leaf.parent === leaf.choice ? undefined : leaf.parent;
    labels.set(leaf.choice, { name: leaf.choice, ...(leaf.display === leaf.choice ? {} : { displayName: leaf.display }), ...(parent === undefined ? {} : { parent }), ...(merged.length === 0 ? {} : { geometry: merged }) });
  };
  for (const { kind, leaves: own } of geometriesOf(type, params)) for (const leaf of own) add(leaf, shapes[kind] ?? []);
  for (const leaf of leaves(params['labels'])) add(leaf, labelShapes(type));
  for (const leaf of leaves(params['categories'])) add(leaf, ['classification']);
  for (const feature of features(params)) add(feature, ['box', 'polygon']);
  for (const leaf of leaves(params['choices'])) add(leaf, ['classification']);
  for (const leaf of questions(params)) add(leaf, []);
  for (const leaf of leaves(params['ontology'])) add(leaf, []);
  return { labels: withoutRounds([...labels.values()]), attributes: attributesOf(params), allowNewLabels: labels.size === 0, instructions: '', params: {} };
}

/** True when parameters say what may be labeled; then a task brings its own recipe. */
export function saysLabels(own: Params): boolean {
  return ['geometries', 'objects_to_annotate', 'labels', 'categories', 'features', 'choices', 'fields', 'repeatable_fields', 'annotation_attributes'].some((key) => own[key] !== undefined && own[key] !== null);
}

/** The same for the same labels and attributes. */
export function contentDigest(content: { labels: readonly RecipeLabel[]; attributes: readonly RecipeAttribute[] }): string {
  return createHash('sha256').update(JSON.stringify([content.labels, content.attributes])).digest('hex');
}

function labelShapes(type: string): readonly AnnotationType[] {
  if (type === 'segmentannotation') return ['mask', 'polygon'];
  if (type === 'namedentityrecognition') return ['text'];
  return familyOf(type) === 'lidar' ? ['cuboid'] : [];
}

/** Fields that are answered with text; what is written on the item under their names answers them too. */
function questions(params: Params): Leaf[] {
  const leaf = (choice: string, display: unknown): Leaf => ({ choice, display: typeof display === 'string' && display !== '' ? display : choice, parent: undefined, instances: false });
  const keyed = [params['fields'], params['repeatable_fields']].flatMap((fields) => (isObject(fields) ? Object.entries(fields).map(([key, text]) => leaf(key, text)) : []));
  const listed = Array.isArray(params['fields']) ? params['fields'].flatMap((field: unknown) => (isObject(field) && typeof field['field_id'] === 'string' ? [leaf(field['field_id'], field['title'])] : [])) : [];
  return [...keyed, ...listed].filter(({ choice }) => choice !== '');
}

function features(params: Params): Leaf[] {
  const list = Array.isArray(params['features']) ? (params['features'] as unknown[]) : [];
  return list.flatMap((feature): Leaf[] => {
    const label = isObject(feature) ? feature['label'] : feature;
    if (typeof label !== 'string') return leaves(isObject(feature) ? feature['labels'] : undefined);
    return [{ choice: label, display: label, parent: undefined, instances: false }];
  });
}

/** A label that is both a menu and a leaf elsewhere may end up below itself: it then stands alone. */
function withoutRounds(labels: RecipeLabel[]): RecipeLabel[] {
  const parents = new Map(labels.map((label) => [label.name, label.parent]));
  const goesRound = (name: string): boolean => {
    let at = parents.get(name);
    for (let steps = 0; at !== undefined && steps <= labels.length; steps++) {
      if (at === name) return true;
      at = parents.get(at);
    }
    return at !== undefined;
  };
  return labels.map(({ parent, ...label }) => (parent === undefined || goesRound(label.name) ? label : { ...label, parent }));
}

function attributesOf(params: Params): RecipeAttribute[] {
  const definitions = isObject(params['annotation_attributes']) ? params['annotation_attributes'] : {};
  return Object.entries(definitions).flatMap(([key, definition]): RecipeAttribute[] => {
    if (!isObject(definition) || key === '' || key.length > 200) return [];
    const title = typeof definition['description'] === 'string' ? definition['description'].slice(0, 500) : undefined;
    const base = { key, ...(title === undefined ? {} : { title }), required: definition['required'] === true, perFrame: false };
    switch (definition['type'] ?? 'category') {
      case 'category':
        return [{ ...base, type: definition['allow_multiple'] === true ? 'many_of' : 'one_of', values: leaves(definition['choices']).map((leaf) => leaf.choice) }];
      case 'number':
      case 'x_line':
      case 'y_line':
        return [{ ...base, type: 'number', ...bounds(definition) }];
      case 'angle':
        return [{ ...base, type: 'number', min: 0, max: 360 }];
      default:
        return [{ ...base, type: 'text' }];
    }
  });
}

function bounds(definition: Params): { min?: number; max?: number } {
  const { min, max } = definition;
  return { ...(typeof min === 'number' ? { min } : {}), ...(typeof max === 'number' ? { max } : {}) };
}
