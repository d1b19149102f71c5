import type { AttributeDefinition, LabelDefinition, LabelSet, Skeleton } from './dataset.ts';
import type { CapabilityTable } from './table.ts';

/** Labels by name with a number each, to which names that were not foreseen are added as they are met. */
export class LabelIndex {
  readonly #definitions: LabelDefinition[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(labels: LabelSet = { labels: [] }) {
    for (const definition of labels.labels) this.define(definition);
  }

  /** The number of a label, from 0. */
  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#definitions.length);
    return this.#definitions.push({ name }) - 1;
  }

  /** Adds a label, or what is new about one that is known; returns its number. */
  define(definition: LabelDefinition): number {
    const number = this.numberOf(definition.name);
    const given = Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined));
    this.#definitions[number] = { ...this.#definitions[number], ...given, name: definition.name };
    return number;
  }

  /** The definition of a label, which is added when it is new. */
  definition(name: string): LabelDefinition {
    return this.#definitions[this.numberOf(name)] ?? { name };
  }

  has(name: string): boolean {
    return this.#numbers.has(name);
  }

  /** The label with a number, if there is one. */
  at(number: number): LabelDefinition | undefined {
    return this.#definitions[number];
  }

  /** Adds attribute definitions that a label does not have yet. */
  addAttributes(name: string, attributes: readonly AttributeDefinition[]): void {
    const known = this.definition(name).attributes ?? [];
    const fresh = attributes.filter((attribute) => !known.some((other) => other.name === attribute.name));
    if (fresh.length > 0) this.define({ name, attributes: [...known, ...fresh] });
  }

  get labels(): LabelDefinition[] {
    return [...this.#definitions];
  }

  toSet(): LabelSet {
    return { labels: this.labels };
  }
}

/** Labels without what a format cannot carry of them. */
export function fitLabels(labels: LabelSet, { label: features }: CapabilityTable): LabelSet {
  return {
    labels: labels.labels.map((label) => ({
      name: label.name,
      ...(features.color.fit !== 'dropped' && label.color !== undefined && { color: label.color }),
      ...(features.parent.fit !== 'dropped' && label.parent !== undefined && { parent: label.parent }),
      ...(features.attributes.fit !== 'dropped' && label.attributes !== undefined && { attributes: label.attributes }),
      ...(features.skeleton.fit !== 'dropped' && label.skeleton !== undefined && { skeleton: label.skeleton }),
      ...(label.types !== undefined && { types: label.types }),
    })),
  };
}

/** A skeleton from names and pairs of places from 1, as COCO and its kin write it; pairs out of range are left out. */
export function skeletonOf(points: readonly string[], pairs: readonly (readonly [number, number])[]): Skeleton {
  const edges = pairs.flatMap(([from, to]): [string, string][] => {
    const [a, b] = [points[from - 1], points[to - 1]];
    return a !== undefined && b !== undefined ? [[a, b]] : [];
  });
  return { points, edges };
}

/** The edges of a skeleton as pairs of places from 1. */
export function skeletonPairs({ points, edges }: Skeleton): [number, number][] {
  return edges.map(([from, to]) => [points.indexOf(from) + 1, points.indexOf(to) + 1]);
}

/** A colour for a label without one: hues a golden angle apart, so that neighbours differ (`#rrggbb`). */
export function colorFor(number: number): string {
  const hue = (number * 137.508) % 360;
  const [saturation, lightness] = [0.65, 0.5];
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const value = lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** A colour as `[red, green, blue]` from 0 to 255; undefined when the text is no `#rrggbb`. */
export function rgbOf(color: string): [number, number, number] | undefined {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  return match
    ? [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16), Number.parseInt(match[3] ?? '', 16)]
    : undefined;
}

/** `[red, green, blue]` from 0 to 255 as `#rrggbb`. */
export function hexOf(rgb: readonly number[]): string {
  return `#${rgb
    .slice(0, 3)
    .map((value) =>
      Math.max(0, Math.min(255, Math.round(value)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
