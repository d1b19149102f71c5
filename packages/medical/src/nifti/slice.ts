import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { percentileWindow, toGrey } from '../dicom/grayscale.ts';
import type { Window } from '../dicom/grayscale.ts';
import type { Affine } from './affine.ts';
import { affineSpacing } from './affine.ts';
import { NiftiError } from './error.ts';
import type { NiftiHeader } from './header.ts';
import type { Volume, VoxelArray } from './parse.ts';
import { readVolume } from './read.ts';

export type Axis = 'i' | 'j' | 'k';

export interface SliceOptions {
  /** The axis that is looked along. */
  readonly axis: Axis;
  /** 0-based; the middle one when absent. */
  readonly index?: number;
  /** Point in time, 0-based. Default 0. */
  readonly time?: number;
  /** In real values. When absent: the header's display range, else the 1st to 99th percentile of the volume. */
  readonly window?: Window | 'percentile';
  /** Default `png`. */
  readonly format?: 'png' | 'jpeg';
  /**
   * False (the default): pixel (x, y) is voxel (i, j), (i, k) or (j, k), so that masks lie on it as they are. True: as
   * radiologists look at it: patient's right on the left, front or head up, with square pixels.
   */
  readonly upright?: boolean;
  /** Longest side in pixels; smaller slices are not enlarged. */
  readonly maxSize?: number;
}

/** Renders a slice of a NIfTI file as a PNG or JPEG image. @throws NiftiError */
export async function renderNiftiSlice(path: string, options: SliceOptions): Promise<Uint8Array> {
  return renderVolumeSlice(await readVolume(path, { time: options.time ?? 0 }), options);
}

/** What can be cut: a NIfTI volume, or one made of a DICOM series. */
export interface SliceSource extends Pick<Volume, 'dims' | 'data' | 'channels'> {
  readonly header: Pick<NiftiHeader, 'slope' | 'intercept' | 'affine' | 'displayMin' | 'displayMax'>;
}

export interface SlicePlane {
  readonly width: number;
  readonly height: number;
  readonly data: VoxelArray;
  /** Axes that run along x and y. */
  readonly x: 0 | 1 | 2;
  readonly y: 0 | 1 | 2;
}

const planes: Record<Axis, { x: 0 | 1; y: 1 | 2; along: 0 | 1 | 2 }> = {
  i: { x: 1, y: 2, along: 0 },
  j: { x: 0, y: 2, along: 1 },
  k: { x: 0, y: 1, along: 2 },
};

/** Cuts a plane out of a volume of three axes. @throws NiftiError when there is no such slice */
export function cutSlice(volume: SliceSource, axis: Axis, index?: number): SlicePlane {
  const { x, y, along } = planes[axis];
  const size = (dimension: number): number => volume.dims[dimension] ?? 1;
  const at = index ?? Math.floor(size(along) / 2);
  if (!Number.isInteger(at) || at < 0 || at >= size(along)) throw new NiftiError(`there is no slice ${at} along ${axis}: the volume has ${size(along)}`);
  const strides = [volume.channels, volume.channels * size(0), volume.channels * size(0) * size(1)];
  const [stepX = 0, stepY = 0, start = 0] = [strides[x], strides[y], (strides[along] ?? 0) * at];
  const [width, height] = [size(x), size(y)];
  const data = volume.data.slice(0, width * height * volume.channels);
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = start + row * stepY + column * stepX;
      for (let channel = 0; channel < volume.channels; channel++) data[to++] = volume.data[from + channel] ?? 0;
    }
  }
  return { width, height, data, x, y };
}

/** Renders a slice of a volume in memory (of three axes) as a PNG or JPEG image. @throws NiftiError */
export async function renderVolumeSlice(volume: SliceSource, options: SliceOptions): Promise<Uint8Array> {
  const { header } = volume;
  if (volume.channels === 2) throw new NiftiError('a volume of complex numbers cannot be shown');
  const plane = cutSlice(volume, options.axis, options.index);
  const isColour = volume.channels >= 3;
  const rescale = { slope: header.slope, intercept: header.intercept };
  const window = typeof options.window === 'object' ? options.window : displayWindow(volume, options.window === 'percentile');
  const pixels = isColour ? Uint8Array.from(plane.data) : toGrey(plane.data, rescale, { kind: 'window', window }, false);
  const channels = isColour ? (volume.channels as 3 | 4) : 1;
  let image = sharp(pixels, { raw: { width: plane.width, height: plane.height, channels }, limitInputPixels: false });
  if (channels === 1) image = image.toColourspace('b-w');
  if (options.upright === true) image = turnUpright(image, plane, header.affine);
  if (options.maxSize !== undefined) {
    const sized = await image.png().toBuffer();
    image = sharp(sized).resize({ width: options.maxSize, height: options.maxSize, fit: 'inside', withoutEnlargement: true });
    if (channels === 1) image = image.toColourspace('b-w');
  }
  return options.format === 'jpeg' ? image.jpeg({ quality: 90 }).toBuffer() : image.png({ compressionLevel: 6 }).toBuffer();
}

/** The header's display range, else the 1st to 99th percentile of the values. */
export function displayWindow({ header, data }: SliceSource, percentile = false): Window {
  const { displayMin, displayMax } = header;
  if (!percentile && Number.isFinite(displayMin) && Number.isFinite(displayMax) && displayMax > displayMin) {
    return { center: (displayMin + displayMax) / 2, width: displayMax - displayMin, function: 'LINEAR_EXACT' };
  }
  return percentileWindow(data, { slope: header.slope, intercept: header.intercept });
}

/** Flips by where the axes point (RAS+) and stretches to square pixels. */
function turnUpright(image: Sharp, plane: SlicePlane, affine: Affine): Sharp {
  const spacing = affineSpacing(affine);
  const direction = (axis: 0 | 1 | 2): { main: number; positive: boolean } => {
    const column = affine.map((row) => row[axis]);
    const main = column.reduce((best, value, at) => (Math.abs(value) > Math.abs(column[best] ?? 0) ? at : best), 0);
    return { main, positive: (column[main] ?? 0) > 0 };
  };
  // x should run to the patient's left or back, y (downwards) to the back or the feet: against R, A and S.
  let turned = direction(plane.x).positive ? image.flop() : image;
  if (direction(plane.y).positive) turned = turned.flip();
  const [sizeX, sizeY] = [spacing[plane.x], spacing[plane.y]];
  if (Math.abs(sizeX / sizeY - 1) < 0.01) return turned;
  const finest = Math.min(sizeX, sizeY);
  const limit = (pixels: number): number => Math.max(1, Math.min(8192, Math.round(pixels)));
  return turned.resize({ width: limit((plane.width * sizeX) / finest), height: limit((plane.height * sizeY) / finest), fit: 'fill' });
}
