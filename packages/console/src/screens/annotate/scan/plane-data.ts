import type { Item } from '@fovea/contract';
import { stackMask, tiledMask, type Editor, type PictureWindow, type TiledMask } from '@fovea/editor';
import type { FrameStore, Stack } from '../../item/scan/frame-store.ts';
import type { Frame } from '../../item/scan/frame.ts';
import { planesOf, type Plane } from '../../item/scan/planes.ts';
import { createStore, type Store } from '../session/store.ts';

/** So many slices are fetched at once. */
const mostAtOnce = 6;
/** Painting again for every single slice that arrives would take longer than fetching them. */
const tellEvery = 16;

type Axis = 0 | 1 | 2;
type Vector = readonly [number, number, number];

/** A place in a volume: column, row, slice. */
export type Cross = readonly [number, number, number];

/**
 * The planes across a stack, cut out of its slices as they are kept for the stack itself: no second copy of the voxels.
 */
export class PlaneData {
  /** How many slices are there; grows while they are fetched. */
  readonly loaded: Store<number> = createStore(0);
  readonly size: Vector;
  private readonly frames: (Frame | undefined)[];
  private readonly store: FrameStore;
  private isEnded = false;

  constructor(store: FrameStore, size: Vector) {
    this.store = store;
    this.size = size;
    this.frames = Array.from({ length: size[2] }, () => undefined);
  }

  /** Fetches every slice, from the middle outwards. @throws what fetching a slice throws */
  async load(from: number): Promise<void> {
    const order = Array.from({ length: this.size[2] }, (_, index) => index).sort((a, b) => Math.abs(a - from) - Math.abs(b - from));
    let next = 0;
    let count = 0;
    const work = async () => {
      while (next < order.length && !this.isEnded) {
        const index = order[next++] ?? 0;
        this.frames[index] = await this.store.only(index);
        count += 1;
        if (count % tellEvery === 0 || count === order.length) this.loaded.set(count);
      }
    };
    await Promise.all(Array.from({ length: mostAtOnce }, work));
  }

  end(): void {
    this.isEnded = true;
  }

  /** Grey shades of a plane through a place, row by row; slices that are not there yet are black. */
  paint(plane: Plane, at: number, window: PictureWindow, into: Uint8ClampedArray): void {
    const scale = 255 / Math.max(window.width, 1e-9);
    const low = window.center - window.width / 2;
    this.eachRow(plane, (k, row) => {
      const frame = this.frames[k];
      if (frame?.kind !== 'values') {
        for (let x = 0; x < plane.width; x++) into.set([0, 0, 0, 255], (row * plane.width + x) * 4);
        return;
      }
      const [a, b] = [frame.slope * scale, (frame.intercept - low) * scale];
      for (let x = 0; x < plane.width; x++) {
        const value = a * (frame.data[this.pixelOf(plane, at, x)] ?? 0) + b;
        const shade = frame.inverse ? 255 - Math.min(255, Math.max(0, value)) : value;
        const to = (row * plane.width + x) * 4;
        into[to] = into[to + 1] = into[to + 2] = shade;
        into[to + 3] = 255;
      }
    });
  }

  /** The real value of a voxel (Hounsfield units of a CT); undefined while its slice is not there. */
  valueAt(frame: number, x: number, y: number): number | undefined {
    const found = this.frames[frame];
    if (found?.kind !== 'values') return undefined;
    return found.slope * (found.data[y * this.size[0] + x] ?? Number.NaN) + found.intercept;
  }

  /** Calls back with every pixel of a plane that a mask has. */
  eachPainted(plane: Plane, at: number, maskAt: (frame: number) => TiledMask | undefined, visit: (pixel: number) => void): void {
    this.eachRow(plane, (k, row) => {
      const mask = maskAt(k);
      if (!mask) return;
      for (let x = 0; x < plane.width; x++) {
        const pixel = this.pixelOf(plane, at, x);
        if (mask.has(pixel % this.size[0], Math.floor(pixel / this.size[0]))) visit(row * plane.width + x);
      }
    });
  }

  /** Rows of a plane across the stack are its slices. */
  private eachRow({ height, flipY }: Plane, visit: (slice: number, row: number) => void): void {
    for (let row = 0; row < height; row++) visit(flipY ? height - 1 - row : row, row);
  }

  /** The pixel of a slice that a column of the plane is. */
  private pixelOf({ through, flipX, width }: Plane, at: number, column: number): number {
    const along = flipX ? width - 1 - column : column;
    return through === 0 ? along * this.size[0] + at : at * this.size[0] + along;
  }
}

/** The two planes across a stack, each as radiologists look at it, with slices as its rows. */
export function planesAcross(size: Vector, affine: number[][] | undefined): Plane[] {
  const planes = planesOf({ shape: [size[2], size[1], size[0]], affine: affine ?? null });
  const across = planes.filter(({ through }) => through !== 2);
  return across.map((plane) => (plane.y === 2 ? plane : turned(plane)));
}

/** Of a stack that was not taken from head to foot, slices would be columns: the plane is laid on its side. */
function turned(plane: Plane): Plane {
  return { ...plane, x: plane.y, y: plane.x, flipX: plane.flipY, flipY: plane.flipX, width: plane.height, height: plane.width, spacing: [plane.spacing[1], plane.spacing[0]] };
}

/** From voxels to millimetres (RAS+) as the header of an item or its series says; undefined when it says nothing of it. */
export function affineOf(item: Item, stack: Stack, first: Frame | undefined): number[][] | undefined {
  if (first?.kind === 'values' && first.affine) return first.affine;
  const { spacing, orientation, spacingBetweenSlices, sliceThickness } = item.summary as Record<string, unknown>;
  if (!isNumbers(spacing, 2)) return undefined;
  const [rows = 1, columns = 1] = spacing;
  const through = stack.spacing ?? (typeof spacingBetweenSlices === 'number' ? spacingBetweenSlices : typeof sliceThickness === 'number' ? sliceThickness : 1);
  const cosines = isNumbers(orientation, 6) ? orientation : [1, 0, 0, 0, 1, 0];
  const [a, b] = [cosines.slice(0, 3), cosines.slice(3, 6)];
  const normal = [0, 1, 2].map((axis) => (a[(axis + 1) % 3] ?? 0) * (b[(axis + 2) % 3] ?? 0) - (a[(axis + 2) % 3] ?? 0) * (b[(axis + 1) % 3] ?? 0));
  // DICOM counts to the left and the back, NIfTI to the right and the front.
  return [0, 1, 2].map((axis) => {
    const sign = axis === 2 ? 1 : -1;
    return [sign * (a[axis] ?? 0) * columns, sign * (b[axis] ?? 0) * rows, sign * (normal[axis] ?? 0) * Math.abs(through || 1), 0];
  });
}

function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((one) => typeof one === 'number');
}

/** The voxel axes of a plane's columns and rows. */
export const axesOf = ({ x, y }: Plane): readonly [Axis, Axis] => [x, y];

/** What the planes show of the labels: for each record its colour, its opacity, and its mask by frame. */
export function paintedRecords(editor: Editor): { color: string; opacity: number; maskAt: (frame: number) => TiledMask | undefined }[] {
  const { labels, settings, document } = editor;
  return document.ordered().flatMap(({ geometry, label, hidden, frame }) => {
    if (hidden) return [];
    const look = { color: labels.color(label), opacity: settings.labelOpacity[label] ?? settings.maskOpacity };
    if (geometry.type === 'mask') {
      const mask = tiledMask(geometry);
      return [{ ...look, maskAt: (at: number) => (at === (frame ?? 0) ? mask : undefined) }];
    }
    const stack = geometry.type === 'volume' ? stackMask(geometry) : undefined;
    if (!stack) return [];
    return [{ ...look, maskAt: (at: number) => { const mask = stack.at(at); return mask && tiledMask(mask); } }];
  });
}
