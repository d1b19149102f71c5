import type { Item } from '@fovea/contract';
import type { ScanArray } from '@fovea/sdk';
import { fovea } from '../../../api/client.ts';
import { frameBytes, frameOf, type Frame } from './frame.ts';

/** One picture of a stack: a frame of an item. */
export interface Place {
  itemId: string;
  frame: number;
}

export interface Stack {
  places: Place[];
  /** Where the item itself stands in it. */
  start: number;
  /** The series that the places make, when there is one. */
  series: string | undefined;
  /** Between the slices of the series, in mm. */
  spacing: number | undefined;
  missing: number;
  notes: string[];
}

/** The pictures that belong together with an item: its frames, or the slices of its series in the order of the patient. */
export async function loadStack(item: Item, signal: AbortSignal): Promise<Stack> {
  const frames = Array.from({ length: Math.max(1, item.frames ?? 1) }, (_, frame) => ({ itemId: item.id, frame }));
  const alone: Stack = { places: frames, start: 0, series: undefined, spacing: undefined, missing: 0, notes: [] };
  if (item.kind === 'dicom') fetchEarly(item.id);
  const uid = item.summary['seriesInstanceUid'];
  if (item.kind !== 'dicom' || frames.length > 1 || typeof uid !== 'string') return alone;
  const series = await fovea.series.get(item.datasetId, uid, { signal });
  const shown = series.items.filter((one) => (one.frames ?? 0) > 0);
  const start = shown.findIndex((one) => one.id === item.id);
  if (start === -1 || shown.length === 1) return alone;
  const places = shown.flatMap((one) => Array.from({ length: one.frames ?? 1 }, (_, frame) => ({ itemId: one.id, frame })));
  const before = shown.slice(0, start).reduce((sum, one) => sum + (one.frames ?? 1), 0);
  return { places, start: before, series: uid, spacing: series.spacing ?? undefined, missing: series.gaps.reduce((sum, gap) => sum + gap.missing, 0), notes: series.notes };
}

/** The first frame of items that are being opened: it is fetched while their series is looked up. */
const early = new Map<string, Promise<ScanArray>>();

function fetchEarly(itemId: string): void {
  const array = fovea.scans.pixels(itemId, 0);
  // Whoever shows the frame asks again, and says what is wrong.
  array.catch(() => early.delete(itemId));
  early.clear();
  early.set(itemId, array);
}

function takeEarly({ itemId, frame }: Place): Promise<ScanArray> | undefined {
  const array = frame === 0 ? early.get(itemId) : undefined;
  if (array) early.delete(itemId);
  return array;
}

/** Stored values of so many bytes are kept: about a series of 500 slices of 512 × 512. */
const maxBytes = 288 * 1024 ** 2;
const ahead = 3;

/** Fetches frames, keeps those that were seen last, and the next ones before they are asked for. */
export class FrameStore {
  private readonly places: readonly Place[];
  private readonly frames = new Map<number, Promise<Frame>>();
  private readonly sizes = new Map<number, number>();
  private readonly stop = new AbortController();

  private readonly turn: (frame: Frame) => Frame;

  /** `turn`: what is done to each frame before it is shown. */
  constructor(places: readonly Place[], turn: (frame: Frame) => Frame = (frame) => frame) {
    this.places = places;
    this.turn = turn;
  }

  /** The frame at a place; its neighbours follow. */
  get(index: number): Promise<Frame> {
    const frame = this.load(index);
    frame.then(
      () => {
        for (let step = 1; step <= ahead; step++) for (const beside of [index + step, index - step]) if (beside >= 0 && beside < this.places.length) void this.load(beside).catch(() => undefined);
      },
      () => undefined,
    );
    return frame;
  }

  /** The frame at a place, and no other. */
  only(index: number): Promise<Frame> {
    return this.load(index);
  }

  close(): void {
    this.stop.abort();
    this.frames.clear();
  }

  private load(index: number): Promise<Frame> {
    const known = this.frames.get(index);
    if (known) {
      this.frames.delete(index);
      this.frames.set(index, known);
      return known;
    }
    const frame = this.fetch(index).then(this.turn);
    this.frames.set(index, frame);
    frame.then(
      (loaded) => {
        this.sizes.set(index, frameBytes(loaded));
        this.shrink();
      },
      () => this.frames.delete(index),
    );
    return frame;
  }

  private async fetch(index: number): Promise<Frame> {
    const place = this.places[index];
    if (!place) throw new RangeError(`There is no slice ${index}.`);
    const { signal } = this.stop;
    const array = await (takeEarly(place) ?? fovea.scans.pixels(place.itemId, place.frame, {}, { signal }));
    const frame = frameOf(array);
    if (frame) return frame;
    const response = await fovea.scans.frame(place.itemId, place.frame, {}, { signal });
    const bitmap = await createImageBitmap(await response.blob());
    return { kind: 'picture', width: bitmap.width, height: bitmap.height, bitmap };
  }

  private shrink(): void {
    let total = 0;
    for (const bytes of this.sizes.values()) total += bytes;
    for (const index of this.frames.keys()) {
      if (total <= maxBytes) return;
      const bytes = this.sizes.get(index);
      if (bytes === undefined) continue;
      this.frames.delete(index);
      this.sizes.delete(index);
      total -= bytes;
    }
  }
}
