import type { Fitting, Format, LabelledAnnotation, LabelledItem } from '@fovea/formats';
import type { StoredAnnotation } from '../annotations/store.ts';
import { contentKey } from './content-key.ts';

type Known = { id: string; content: LabelledAnnotation; isTaken: boolean };
/** What an annotation says, and whether an image of the files said it already. */
type Form = { of: Known; content: LabelledAnnotation; numbers: readonly number[]; isTaken: boolean };

/** Coordinates closer than this, in pixels, are the same. */
const leastTolerancePx = 1e-3;

/**
 * The annotations that an item has already, to be told from new ones. Two are the same when they say the same, or when one is what the
 * format makes of the other: what was exported and comes back does not come twice.
 */
export class Present {
  readonly #known: readonly Known[];
  readonly #byKey: Map<string, Known[]>;
  readonly #image: LabelledItem;
  readonly #format: Format;
  #forms: Map<string, Form[]> | undefined;

  constructor(annotations: readonly StoredAnnotation[], image: LabelledItem, format: Format) {
    this.#known = annotations.map((annotation) => ({ id: annotation.id, content: annotation, isTaken: false }));
    this.#byKey = Map.groupBy(this.#known, ({ content }) => contentKey(content));
    this.#image = image;
    this.#format = format;
  }

  /** True when the item has this annotation; each of its own is found once. */
  take(content: LabelledAnnotation): boolean {
    if (this.#known.length === 0) return false;
    const same = this.#byKey.get(contentKey(content))?.find(({ isTaken }) => !isTaken);
    if (same) {
      same.isTaken = true;
      return true;
    }
    const numbers = numbersOf(content);
    const tolerance = Math.max(leastTolerancePx, 2 * this.#format.table.precisionPx);
    const form = cellsAround(content, numbers).flatMap((cell) => this.#fitted().get(cell) ?? []).find((one) => !one.isTaken && !(one.of.isTaken && one.content === one.of.content) && isNear(one, content, numbers, tolerance));
    if (!form) return false;
    form.isTaken = true;
    form.of.isTaken = true;
    return true;
  }

  /** Ids of those that no image of the files has. */
  rest(): string[] {
    return this.#known.filter(({ isTaken }) => !isTaken).map(({ id }) => id);
  }

  /** What the format makes of each, made when it is first needed. */
  #fitted(): Map<string, Form[]> {
    if (this.#forms) return this.#forms;
    const fitting = this.#format.fitting({ labels: [] }, { maxNotes: 0 });
    const forms = this.#known.flatMap((known) => (known.isTaken ? [] : piecesOf(fitting, this.#image, known)));
    forms.push(...this.#fittedTogether(fitting, new Set(forms.map(({ content }) => contentKey(content)))));
    return (this.#forms = Map.groupBy(forms, ({ content, numbers }) => cellOf(content, numbers, 0)));
  }

  /** What the format makes of all of them at once, where that differs: in formats of painted pixels, one covers another. */
  #fittedTogether(fitting: Fitting, alone: ReadonlySet<string>): Form[] {
    const pieces = fitting.fit({ ...this.#image, annotations: this.#known.map(({ content }) => content) })?.annotations ?? [];
    const owners = Map.groupBy(this.#known.filter(({ isTaken }) => !isTaken), ({ content }) => content.label);
    return pieces.flatMap((content): Form[] => {
      const [of] = alone.has(contentKey(content)) ? [] : (owners.get(content.label)?.splice(0, 1) ?? []);
      return of ? [{ of, content, numbers: numbersOf(content), isTaken: false }] : [];
    });
  }
}

function piecesOf(fitting: Fitting, image: LabelledItem, known: Known): Form[] {
  const pieces = fitting.fit({ ...image, annotations: [known.content] })?.annotations ?? [];
  return [known.content, ...pieces].map((content) => ({ of: known, content, numbers: numbersOf(content), isTaken: false }));
}

/** Where in a grid an annotation lies, so that only near ones are compared. */
function cellOf({ type, label }: LabelledAnnotation, numbers: readonly number[], offset: number): string {
  return `${type} ${Math.round(numbers[0] ?? 0) + offset} ${label}`;
}

function cellsAround(content: LabelledAnnotation, numbers: readonly number[]): string[] {
  return [-1, 0, 1].map((offset) => cellOf(content, numbers, offset));
}

/** All numbers of the geometry and its key frames, in the order of their names. */
function numbersOf({ geometry, keyframes }: LabelledAnnotation): number[] {
  const numbers: number[] = [];
  const gather = (value: unknown): void => {
    if (typeof value === 'number') numbers.push(value);
    else if (Array.isArray(value)) for (const one of value) gather(one);
    else if (typeof value === 'object' && value !== null) for (const [, one] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) gather(one);
  };
  if (geometry.type !== 'mask') gather(geometry);
  gather(keyframes);
  return numbers;
}

function isNear({ content, numbers }: Form, other: LabelledAnnotation, others: readonly number[], tolerance: number): boolean {
  if (numbers.length !== others.length || !numbers.every((number, index) => Math.abs(number - (others[index] ?? 0)) <= tolerance)) return false;
  return contentKey(withoutPlace(content)) === contentKey(withoutPlace(other));
}

/** What it says besides its coordinates. */
function withoutPlace(content: LabelledAnnotation): LabelledAnnotation {
  const geometry = content.geometry.type === 'mask' || content.geometry.type === 'text' ? content.geometry : ({ type: content.geometry.type } as LabelledAnnotation['geometry']);
  const { keyframes: _keyframes, group: _group, confidence, ...rest } = content;
  return { ...rest, geometry, confidence: confidence === null ? null : Math.round(confidence * 1e4) / 1e4 };
}
