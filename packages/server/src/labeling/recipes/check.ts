import type { AnnotationContent, Attributes, Recipe, RecipeAttribute } from '@fovea/contract';

/** What a recipe says about annotations; empty lists leave everything open. */
export type RecipeRules = Pick<Recipe, 'name' | 'labels' | 'attributes' | 'allowNewLabels'>;

export interface ContentFault {
  /** Within the annotation: `label`, `attributes.colour`, `keyframes.3.attributes.colour`. */
  path: string;
  message: string;
}

export interface CheckedContent extends Pick<AnnotationContent, 'label' | 'type' | 'attributes'> {
  keyframes?: readonly { attributes?: Attributes | undefined }[] | null | undefined;
}

const maxNamed = 30;

/** What of an annotation the recipe does not allow; each fault says what is. */
export function recipeFaults(recipe: RecipeRules, content: CheckedContent): ContentFault[] {
  return [...labelFaults(recipe, content), ...attributeFaults(recipe, content)];
}

/** True for a label that the recipe has not got and, as it says, takes up when it is first used. */
export function isNewLabel(recipe: RecipeRules, label: string): boolean {
  return recipe.allowNewLabels && !recipe.labels.some(({ name }) => name === label);
}

/** Whether the label is listed, and whether it may have this shape. */
export function labelFaults({ name: recipeName, labels, allowNewLabels }: RecipeRules, { label, type }: CheckedContent): ContentFault[] {
  const known = labels.find(({ name }) => name === label);
  if (!known && labels.length > 0 && !allowNewLabels) return [{ path: 'label', message: `"${label.slice(0, 100)}" is no label of the recipe "${recipeName}"; its labels are ${named(labels.map(({ name }) => name))}` }];
  const shapes = known?.geometry ?? [];
  // A volume is the masks of a stack: whoever may draw the one may paint the other.
  const isAllowed = shapes.length === 0 || shapes.includes(type) || (type === 'volume' && shapes.includes('mask'));
  return isAllowed ? [] : [{ path: 'type', message: `"${label}" may not be a ${type}; it may be ${named(shapes, ' or ')}` }];
}

/** Whether the values of attributes are of their types; attributes that the recipe does not know are let through. */
export function attributeFaults(recipe: RecipeRules, { label, attributes, keyframes }: CheckedContent): ContentFault[] {
  const known = new Map(attributesOf(recipe, label).map((attribute) => [attribute.key, attribute]));
  if (known.size === 0) return [];
  const of = (values: Attributes, at: string, onFrames: boolean): ContentFault[] =>
    Object.entries(values).flatMap(([key, value]) => {
      const attribute = known.get(key);
      if (!attribute || value === null) return [];
      if (onFrames && !attribute.perFrame) return [{ path: `${at}attributes.${key}`, message: 'is of the whole object and may not change from frame to frame' }];
      const message = valueFault(attribute, value);
      return message === undefined ? [] : [{ path: `${at}attributes.${key}`, message }];
    });
  return [...of(attributes, '', false), ...(keyframes ?? []).flatMap((keyframe, index) => of(keyframe.attributes ?? {}, `keyframes.${index}.`, true))];
}

/** Required attributes without a value; those of frames may have theirs at any key frame. */
export function missingFaults(recipe: RecipeRules, { label, attributes, keyframes }: CheckedContent): ContentFault[] {
  return attributesOf(recipe, label).flatMap((attribute) => {
    if (!attribute.required) return [];
    const values = [attributes[attribute.key], ...(keyframes ?? []).map((keyframe) => keyframe.attributes?.[attribute.key])];
    return values.some((value) => value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)) ? [] : [{ path: `attributes.${attribute.key}`, message: `is required of "${label}": ${expected(attribute)}` }];
  });
}

/** The attributes that a label has: those that it names, all where it names none. */
function attributesOf({ labels, attributes }: RecipeRules, label: string): readonly RecipeAttribute[] {
  const keys = labels.find(({ name }) => name === label)?.attributes;
  return keys === undefined ? attributes : attributes.filter(({ key }) => keys.includes(key));
}

function valueFault(attribute: RecipeAttribute, value: unknown): string | undefined {
  return isRight(attribute, value) ? undefined : `must be ${expected(attribute)}`;
}

function isRight({ type, values, min, max }: RecipeAttribute, value: unknown): boolean {
  const listed = (one: unknown) => typeof one === 'string' && (values === undefined || values.length === 0 || values.includes(one));
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && value >= (min ?? -Infinity) && value <= (max ?? Infinity);
    case 'boolean':
      return typeof value === 'boolean';
    case 'one_of':
      return listed(value);
    case 'many_of':
      return Array.isArray(value) && value.every(listed);
  }
}

function expected({ type, values = [], min, max }: RecipeAttribute): string {
  switch (type) {
    case 'text':
      return 'text';
    case 'number':
      return ['a number', ...(min === undefined ? [] : [`from ${min}`]), ...(max === undefined ? [] : [`up to ${max}`])].join(' ');
    case 'boolean':
      return 'true or false';
    case 'one_of':
      return values.length === 0 ? 'one text' : `one of ${named(values)}`;
    case 'many_of':
      return values.length === 0 ? 'an array of texts' : `an array of some of ${named(values)}`;
  }
}

function named(names: readonly string[], between = ', '): string {
  return names.slice(0, maxNamed).join(between) + (names.length > maxNamed ? `${between}… (${names.length} in all)` : '');
}
