import type { LabelledAnnotation } from './dataset.ts';

/** The usual way of formats that know whole numbers alone: see `wholeOrders`. */
export const wholeOrder = 'to whole numbers in the same order';

/** Drawing orders as whole numbers: as they are where all are, else by their rank among those of the item, from 0. */
export function wholeOrders(annotations: readonly LabelledAnnotation[]): (annotation: LabelledAnnotation) => number {
  const orders = [...new Set(annotations.map(({ zOrder = 0 }) => zOrder))].toSorted((a, b) => a - b);
  if (orders.every(Number.isInteger)) return ({ zOrder = 0 }) => zOrder;
  return ({ zOrder = 0 }) => orders.indexOf(zOrder);
}

/** What is read of a drawing order: 0 is what all have who say nothing. */
export function zOrderOf(value: number | undefined): { zOrder?: number } {
  return value === undefined || !Number.isFinite(value) || value === 0 ? {} : { zOrder: value };
}
