import type { Annotation, AnnotationGeometry, AnnotationOperation, GeometryOf, Item, Rle } from '@fovea/contract';
import { kindOf, maskGeometry, stackMask, StackMask, TiledMask, tiledMask, volumeWith } from '@fovea/editor';
import { planesOf } from '../../item/scan/planes.ts';
import type { Places } from './places.ts';

/** How the slices of a volume are turned, so that the patient's front is up and their right on the left. */
export interface Flips {
  readonly x: boolean;
  readonly y: boolean;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a NIfTI file says of its voxels; DICOM slices are stored as they are looked at. */
export function flipsOf({ kind, summary, width, height, frames }: Pick<Item, 'kind' | 'summary' | 'width' | 'height' | 'frames'>): Flips | undefined {
  const affine = summary['affine'];
  if (kind !== 'nifti' || !isAffine(affine)) return undefined;
  const plane = planesOf({ shape: [frames ?? 1, height ?? 1, width ?? 1], affine }).find(({ through }) => through === 2);
  // Voxels whose rows run from front to back would have to be turned on their side: they are shown as stored.
  if (plane?.x !== 0 || (!plane.flipX && !plane.flipY)) return undefined;
  return { x: plane.flipX, y: plane.flipY };
}

function isAffine(value: unknown): value is number[][] {
  return Array.isArray(value) && value.length >= 3 && value.every((row) => Array.isArray(row) && row.length >= 3 && row.every((one) => typeof one === 'number'));
}

/** The affine of the flipped slices: their axes run the other way. */
export function flippedAffine(affine: number[][] | undefined, flips: Flips | undefined): number[][] | undefined {
  if (!affine || !flips) return affine;
  return affine.map(([i = 0, j = 0, ...rest]) => [flips.x ? -i : i, flips.y ? -j : j, ...rest]);
}

/** Turns pixels in place. */
export function flipPixels<T extends { [index: number]: number; subarray(from: number, to: number): T; slice(): T; set(from: T, at: number): void; reverse(): T }>(data: T, { width, height }: Size, { x, y }: Flips): void {
  for (let row = 0; x && row < height; row++) data.subarray(row * width, (row + 1) * width).reverse();
  if (!y) return;
  for (let row = 0; row < Math.floor(height / 2); row++) {
    const [top, bottom] = [data.subarray(row * width, (row + 1) * width), data.subarray((height - 1 - row) * width, (height - row) * width)];
    const kept = top.slice();
    top.set(bottom, 0);
    bottom.set(kept, 0);
  }
}

/** The same shape on the flipped picture, or back. */
export function flipGeometry(geometry: AnnotationGeometry, size: Size, flips: Flips): AnnotationGeometry {
  if (geometry.type === 'mask') return maskGeometry(flipMask(tiledMask(geometry), flips));
  if (geometry.type === 'volume') return flipVolume(geometry, flips);
  const matrix = { a: flips.x ? -1 : 1, b: 0, c: 0, d: flips.y ? -1 : 1, e: flips.x ? size.width : 0, f: flips.y ? size.height : 0 };
  return kindOf(geometry).transform(geometry, matrix);
}

function flipMask(mask: TiledMask, { x, y }: Flips): TiledMask {
  const { width, height } = mask;
  return new TiledMask(width, height).paint(true, (sink) => mask.eachSpan((row, from, to) => sink(y ? height - 1 - row : row, x ? width - to : from, x ? width - from : to)));
}

function flipVolume(geometry: GeometryOf<'volume'>, flips: Flips): GeometryOf<'volume'> {
  // An edit: only the frames that it changes, those that it empties too.
  if (geometry.slices) return { ...geometry, slices: geometry.slices.map(({ frame, rle }) => ({ frame, rle: rle && flipRle(rle, flips) })) };
  const stack = stackMask(geometry);
  if (!stack) return geometry;
  let flipped = new StackMask();
  for (const frame of stack.painted()) {
    const mask = stack.at(frame);
    if (mask) flipped = flipped.with(frame, flipMask(tiledMask(mask), flips));
  }
  return volumeWith(geometry, flipped);
}

function flipRle(rle: Rle, flips: Flips): Rle {
  const { size, counts } = maskGeometry(flipMask(tiledMask({ type: 'mask', rle }), flips)).rle;
  return { size, counts };
}

/** Places of slices that are shown upright: what goes out lies as the file does, what comes in as it is looked at. */
export function upright(places: Places, flips: Flips | undefined, size: Size): Places {
  if (!flips) return places;
  const turned = (operation: AnnotationOperation): AnnotationOperation => {
    if (operation.kind === 'delete' || !operation.content.geometry) return operation;
    const geometry = plain(flipGeometry(operation.content.geometry as AnnotationGeometry, size, flips));
    return { ...operation, content: { ...operation.content, geometry } } as AnnotationOperation;
  };
  return {
    itemIds: places.itemIds,
    outward(operation) {
      const { itemId, operation: out } = places.outward(operation);
      return { itemId, operation: turned(out) };
    },
    back: (itemId, operation) => places.back(itemId, turned(operation)),
    inward(annotation: Annotation) {
      const found = places.inward(annotation);
      return { ...found, geometry: flipGeometry(found.geometry, size, flips) };
    },
    load: (signal) => places.load(signal),
  };
}

/** Without what is computed on reading: it is written to the journal. */
function plain(geometry: AnnotationGeometry): AnnotationGeometry {
  return geometry.type === 'mask' ? { type: 'mask', rle: { size: geometry.rle.size, counts: geometry.rle.counts } } : geometry;
}
