import type { AnnotationType } from '@fovea/contract';
import type { Skeleton } from '../shapes/pen.ts';

/** A class that can be given to shapes: one entry of the recipe, as far as the editor needs it. */
export interface LabelClass {
  readonly name: string;
  /** CSS colour in hexadecimal, `#rrggbb`. */
  readonly color: string;
  /** The shapes it may be drawn as; undefined: any. */
  readonly types?: readonly AnnotationType[] | undefined;
  readonly skeleton?: Skeleton | undefined;
}

/** Colours for labels without one of their own: well apart from each other on dark and on light pictures. */
const palette = [
  '#4c8dff', '#ff6b4a', '#2fbf71', '#c264ff', '#ffb020', '#12b5cb', '#f2569d', '#8bc34a',
  '#7d7dff', '#ff8f6b', '#00b894', '#d4a017', '#e84a5f', '#5ab1ef', '#a0c334', '#b388ff',
];

/** The labels of a task, by name. A label that the recipe does not know gets a colour that depends on its name only. */
export class LabelSet {
  readonly list: readonly LabelClass[];
  private readonly byName: Map<string, LabelClass>;

  constructor(list: readonly LabelClass[]) {
    this.list = list;
    this.byName = new Map(list.map((label) => [label.name, label]));
  }

  get(name: string): LabelClass | undefined {
    return this.byName.get(name);
  }

  color(name: string): string {
    return this.byName.get(name)?.color ?? palette[hash(name) % palette.length];
  }

  skeleton(name: string): Skeleton | undefined {
    return this.byName.get(name)?.skeleton;
  }

  allows(name: string, type: AnnotationType): boolean {
    const types = this.byName.get(name)?.types;
    return !types || types.includes(type);
  }

  /** The colour of the label at a place of the list, for recipes that give none. */
  static colorAt(index: number): string {
    return palette[index % palette.length];
  }
}

function hash(text: string): number {
  let value = 0;
  for (let index = 0; index < text.length; index++) value = (Math.imul(value, 31) + text.charCodeAt(index)) >>> 0;
  return value;
}
