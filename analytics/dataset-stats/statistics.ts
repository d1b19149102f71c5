import { annotationGeometry } from '@fovea/contract';
import { bounds } from '@fovea/geometry';
import { z } from 'zod';

const itemFacts = z.object({
  path: z.string().optional(),
  mediaType: z.string().default('unknown'),
  width: z.number().positive().nullish(),
  height: z.number().positive().nullish(),
  bytes: z.number().min(0).nullish(),
  durationSeconds: z.number().min(0).nullish(),
  frames: z.number().min(0).nullish(),
  labels: z.array(z.string()).default([]),
  annotations: z
    .array(z.object({ type: z.string().optional(), label: z.string(), geometry: annotationGeometry.optional() }))
    .default([]),
});
export const datasetFacts = z.union([
  z.object({ items: z.array(itemFacts) }),
  z.array(itemFacts).transform((items) => ({ items })),
]);
export type ItemFacts = z.infer<typeof itemFacts>;

/** Least, greatest, mean and the quarters of a list of numbers. */
export interface Spread {
  count: number;
  least: number;
  lowerQuarter: number;
  median: number;
  upperQuarter: number;
  most: number;
  mean: number;
}

export function spreadOf(values: number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return {
    count: sorted.length,
    least: at(0),
    lowerQuarter: at(0.25),
    median: at(0.5),
    upperQuarter: at(0.75),
    most: at(1),
    mean,
  };
}

export interface DatasetStatistics {
  items: number;
  annotatedItems: number;
  annotations: number;
  mediaTypes: Record<string, number>;
  annotationTypes: Record<string, number>;
  labels: { label: string; annotations: number; items: number }[];
  /** Entropy of the labels over that of an even spread: 1 balanced, near 0 one label only. */
  balance: number | null;
  sizes: [width: number, height: number][];
  bytes: number[];
  durations: number[];
  perItem: number[];
  /** Square root of the share of the picture that an object's box covers. */
  objectSizes: number[];
  /** Centres of the objects as counts over 16 × 16 cells of the picture. */
  places: number[][];
}

const cells = 16;

export function gatherStatistics(items: ItemFacts[]): DatasetStatistics {
  const out: DatasetStatistics = {
    items: items.length,
    annotatedItems: 0,
    annotations: 0,
    mediaTypes: {},
    annotationTypes: {},
    labels: [],
    balance: null,
    sizes: [],
    bytes: [],
    durations: [],
    perItem: [],
    objectSizes: [],
    places: Array.from({ length: cells }, () => Array.from({ length: cells }, () => 0)),
  };
  const labels = new Map<string, { annotations: number; items: number }>();
  for (const item of items) {
    addItem(out, item);
    const here = new Map<string, number>();
    for (const { label } of item.annotations) here.set(label, (here.get(label) ?? 0) + 1);
    for (const [label, count] of here) {
      const sum = labels.get(label) ?? { annotations: 0, items: 0 };
      labels.set(label, { annotations: sum.annotations + count, items: sum.items + 1 });
    }
  }
  out.labels = [...labels]
    .map(([label, counts]) => ({ label, ...counts }))
    .toSorted((a, b) => b.annotations - a.annotations || (a.label < b.label ? -1 : 1));
  out.balance = balanceOf(out.labels.map(({ annotations }) => annotations));
  return out;
}

function addItem(out: DatasetStatistics, item: ItemFacts): void {
  out.mediaTypes[item.mediaType] = (out.mediaTypes[item.mediaType] ?? 0) + 1;
  if (item.width && item.height) out.sizes.push([item.width, item.height]);
  if (typeof item.bytes === 'number') out.bytes.push(item.bytes);
  if (typeof item.durationSeconds === 'number') out.durations.push(item.durationSeconds);
  out.perItem.push(item.annotations.length);
  out.annotations += item.annotations.length;
  if (item.annotations.length > 0) out.annotatedItems += 1;
  for (const annotation of item.annotations) {
    const type = annotation.geometry?.type ?? annotation.type ?? 'unknown';
    out.annotationTypes[type] = (out.annotationTypes[type] ?? 0) + 1;
    const box = annotation.geometry === undefined ? undefined : bounds(annotation.geometry);
    if (box === undefined || !item.width || !item.height) continue;
    out.objectSizes.push(Math.sqrt(Math.min(1, (box.width * box.height) / (item.width * item.height))));
    const cell = (value: number, whole: number) =>
      Math.min(cells - 1, Math.max(0, Math.floor((value / whole) * cells)));
    const row = out.places[cell(box.y + box.height / 2, item.height)] ?? [];
    const column = cell(box.x + box.width / 2, item.width);
    row[column] = (row[column] ?? 0) + 1;
  }
}

/** Shannon's entropy of the shares over its greatest value, log of the number of labels (Pielou's evenness). */
function balanceOf(counts: number[]): number | null {
  if (counts.length < 2) return null;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const entropy = counts.reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
  return Math.round((entropy / Math.log(counts.length)) * 1e4) / 1e4;
}
