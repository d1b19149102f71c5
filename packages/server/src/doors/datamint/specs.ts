import type { AnnotationType, RecipeAttribute, RecipeLabel } from '@fovea/contract';
import { z } from 'zod';
import type { StoredRecipe } from '../../labeling/recipes/store.ts';
import { annotationSpec, definition } from './wire.ts';

export type Spec = z.infer<typeof annotationSpec>;
type Definition = { identifier: string; color: number[]; index: number };

/** What a worklist asks people for: a recipe of Fovea, with the vendor's own form of it beside. */
export interface Specs {
  annotations: Spec[];
  valueType: string;
  definitions: Definition[];
}

const shapes: Record<string, AnnotationType[]> = {
  segmentation: ['mask', 'polygon', 'volume'],
  point: ['point'],
  line: ['polyline'],
  distance: ['polyline'],
  angle: ['polyline'],
  region: ['polygon'],
  area: ['polygon'],
  spline: ['polygon', 'polyline'],
  square: ['box'],
  circle: ['ellipse'],
};

/** Definitions with indices from 1, each once, and with colours. */
export function completeDefinitions(given: readonly z.infer<typeof definition>[], known: readonly Definition[] = []): Definition[] {
  const taken = new Set(given.flatMap(({ index }) => index ?? []));
  const seen = new Set<string>();
  let next = 1;
  return given.flatMap(({ identifier, color, index }) => {
    if (seen.has(identifier)) return [];
    seen.add(identifier);
    while (taken.has(next)) next += 1;
    const number = index ?? next;
    taken.add(number);
    const old = known.find((one) => one.identifier === identifier);
    return [{ identifier, color: (color ?? old?.color ?? paletteColor(number)).slice(0, 3).map(Math.round), index: number }];
  });
}

/** Hues a golden angle apart, so that neighbours differ. */
function paletteColor(index: number): number[] {
  const hue = ((index - 1) * 137.508) % 360;
  const channel = (offset: number) => {
    const k = (offset + hue / 60) % 6;
    return Math.round(255 * (1 - 0.75 * Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}

/** The recipe that people label by. */
export function toRecipe({ annotations, valueType, definitions }: Specs): { labels: RecipeLabel[]; attributes: RecipeAttribute[]; params: Record<string, unknown>; allowNewLabels: boolean; instructions: string } {
  const labels = new Map<string, RecipeLabel>();
  for (const { identifier, color } of definitions) labels.set(identifier, { name: identifier, color: hexOf(color), geometry: shapes['segmentation'] });
  const attributes: RecipeAttribute[] = [];
  for (const { identifier, type, values, required } of annotations) {
    const name = identifier?.trim();
    if (!name || labels.has(name)) continue;
    const kinds = shapes[type];
    const attribute = attributeOf(name, type, values, required);
    if (attribute && !attributes.some(({ key }) => key === attribute.key)) attributes.push(attribute);
    labels.set(name, { name, geometry: kinds ?? ['classification'], ...(attribute ? { attributes: [attribute.key] } : {}) });
  }
  return { labels: [...labels.values()], attributes, params: { datamint: { annotations, valueType, definitions } }, allowNewLabels: labels.size === 0, instructions: '' };
}

function attributeOf(name: string, type: string, values: Spec['values'], required: boolean): RecipeAttribute | undefined {
  const base = { key: name.slice(0, 200), required, perFrame: false };
  if (type === 'category') return { ...base, type: 'one_of', values: values ?? [] };
  if (type === 'integer' || type === 'float') return { ...base, type: 'number' };
  return type === 'text' ? { ...base, type: 'text' } : undefined;
}

const hexOf = (color: readonly number[]): string => `#${color.slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/** The specs of a recipe: those that came through this door, and what was added to the labels in Fovea since. */
export function fromRecipe(recipe: StoredRecipe | undefined): Specs {
  const kept = (recipe?.params['datamint'] ?? {}) as Partial<Specs>;
  const definitions = kept.definitions ?? [];
  const annotations = kept.annotations ?? [];
  const named = new Set([...definitions.map(({ identifier }) => identifier), ...annotations.map(({ identifier }) => identifier)]);
  const added = (recipe?.labels ?? []).filter((label) => !named.has(label.name) && (label.geometry ?? ['mask']).some((shape) => shape === 'mask' || shape === 'volume'));
  const all = completeDefinitions([...definitions, ...added.map((label) => ({ identifier: label.name, color: rgbOf(label.color) }))]);
  return { annotations, valueType: kept.valueType ?? 'single_label', definitions: all };
}

function rgbOf(hex: string | undefined): number[] | undefined {
  const parts = /^#(..)(..)(..)$/.exec(hex ?? '')?.slice(1);
  return parts?.map((part) => Number.parseInt(part, 16));
}

/** What a dataset keeps by default: the segments, and what else was asked for. */
export function annotationSpecs(specs: Specs): Spec[] {
  const named = new Set(specs.annotations.filter(({ type }) => type === 'segmentation').map(({ identifier }) => identifier));
  const segments = specs.definitions.filter(({ identifier }) => !named.has(identifier));
  return [...specs.annotations, ...segments.map(({ identifier }): Spec => ({ type: 'segmentation', identifier, scope: 'frame', required: false }))];
}

export function segmentationGroups({ definitions }: Specs): Record<string, { index: number; color: number[] }> {
  return Object.fromEntries(definitions.map(({ identifier, index, color }) => [identifier, { index, color }]));
}
