import type { AnnotationType, Recipe, RecipeAttribute, RecipeLabel } from '@fovea/contract';
import { LabelSet, type LabelClass, type Skeleton, type ToolId } from '@fovea/editor';

/** What may be labeled and how, as the page needs it: of a recipe, or of the annotations where there is none. */
export interface Labeling {
  readonly labels: readonly RecipeLabel[];
  readonly attributes: readonly RecipeAttribute[];
  readonly instructions: string;
  readonly allowNewLabels: boolean;
  /** Analytics that whoever holds a task may ask; absent without a recipe. */
  readonly suggestions?: readonly string[];
}

export function labelingOf(recipe: Recipe | undefined, usedLabels: readonly string[]): Labeling {
  if (recipe) return recipe;
  return { labels: [...new Set(usedLabels)].toSorted().map((name) => ({ name })), attributes: [], instructions: '', allowNewLabels: true };
}

/** The labels of a recipe for the editor; one without a colour gets the next of the palette. */
export function toLabelClasses(labels: readonly RecipeLabel[]): LabelClass[] {
  return labels.map((label, index) => ({
    name: label.name,
    color: label.color ?? LabelSet.colorAt(index),
    types: label.geometry,
    skeleton: label.keypoints && toSkeleton(label.keypoints, label.skeleton ?? []),
  }));
}

/** Points without a place of their own stand on a circle at first. */
function toSkeleton(names: readonly string[], pairs: readonly (readonly [number, number])[]): Skeleton {
  const points = names.map((name, index) => {
    const angle = (index / names.length) * 2 * Math.PI - Math.PI / 2;
    return { name, x: 0.5 + 0.5 * Math.cos(angle), y: 0.5 + 0.5 * Math.sin(angle) };
  });
  const edges = pairs.flatMap(([from, to]) => {
    const [a, b] = [names[from], names[to]];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  return { points, edges };
}

/** The attributes that a label has. */
export function attributesOf(labeling: Labeling, label: string): readonly RecipeAttribute[] {
  const keys = labeling.labels.find(({ name }) => name === label)?.attributes;
  return keys ? labeling.attributes.filter(({ key }) => keys.includes(key)) : labeling.attributes;
}

/** What each tool draws; tools that are not here change what is there. */
const drawn: Partial<Record<ToolId, readonly AnnotationType[]>> = {
  point: ['point'],
  box: ['box'],
  rotated_box: ['rotated_box'],
  polygon: ['polygon'],
  polyline: ['polyline'],
  ellipse: ['ellipse'],
  cuboid: ['cuboid'],
  keypoints: ['keypoints'],
  brush: ['mask', 'volume'],
  threshold_brush: ['mask', 'volume'],
  eraser: ['mask', 'volume'],
  fill: ['mask', 'volume'],
  live_wire: ['polygon'],
  wand: ['polygon', 'mask', 'volume'],
  smart_box: ['polygon', 'mask', 'volume'],
  superpixels: ['polygon', 'mask', 'volume'],
  ask_model: ['polygon', 'mask', 'volume'],
  cut: ['polygon'],
  hole: ['polygon'],
};

export function toolFits(tool: ToolId, types: readonly AnnotationType[] | undefined): boolean {
  const makes = drawn[tool];
  return !makes || !types || makes.some((type) => types.includes(type));
}

/** The tools that draw something a label of the list may be. */
export function usableTools(tools: readonly ToolId[], labels: readonly LabelClass[]): ToolId[] {
  if (labels.length === 0) return [...tools];
  return tools.filter((tool) => labels.some(({ types }) => toolFits(tool, types)));
}

/** The tool to take up with a label: the one in hand when it fits, else the first that draws what the label may be. */
export function toolFor(label: LabelClass | undefined, current: ToolId, tools: readonly ToolId[]): ToolId {
  const types = label?.types;
  if (!types || drawn[current]?.some((type) => types.includes(type))) return current;
  const [first] = types;
  return tools.find((tool) => first !== undefined && drawn[tool]?.includes(first)) ?? 'select';
}
