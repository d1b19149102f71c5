import sharp from 'sharp';
import { InputError } from '../analytic.ts';
import { luma } from '../imaging/colour.ts';
import { asInputError, openStill, toRgb, uprightSize } from '../imaging/load.ts';
import type { OnnxModel } from './session.ts';
import type { OnnxInputSpec } from './spec.ts';

/** How the input's pixels lie over the picture: picture x = (input x − offsetX) / scaleX, likewise y. */
export interface Placement {
  /** Size of the model's input. */
  width: number;
  height: number;
  scaleX: number;
  scaleY: number;
  offsetX: number;
  offsetY: number;
  /** Size of the upright picture. */
  pictureWidth: number;
  pictureHeight: number;
}

export interface PreparedPicture {
  placement: Placement;
  data: Float32Array | Uint8Array;
  dims: number[];
}

/** The size that the model wants: of the spec, else of the model's own input; throws InputError where neither says. */
export function inputSize(model: OnnxModel, spec: OnnxInputSpec): { name: string; width: number; height: number } {
  const name = spec.name ?? model.session.inputNames[0] ?? '';
  const metadata = model.session.inputMetadata.find((input) => input.name === name);
  if (metadata === undefined)
    throw new InputError(`the model has no input ${name}; it has ${model.session.inputNames.join(', ')}`);
  const shape = metadata.isTensor ? metadata.shape : [];
  const [rows, columns] = spec.layout === 'nchw' ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const side = (wanted: number | undefined, own: string | number | undefined, what: string): number => {
    if (typeof own === 'number' && own > 0) {
      if (wanted !== undefined && wanted !== own)
        throw new InputError(`input.${what} is ${wanted}, but the model takes ${own} only`);
      return own;
    }
    if (wanted === undefined) throw new InputError(`input.${what} is needed: the model takes any`);
    return wanted;
  };
  return { name, width: side(spec.width, columns, 'width'), height: side(spec.height, rows, 'height') };
}

function placePicture(
  spec: OnnxInputSpec,
  input: { width: number; height: number },
  picture: { width: number; height: number },
): Placement {
  const base = { ...input, pictureWidth: picture.width, pictureHeight: picture.height };
  const [scaleX, scaleY] = [input.width / picture.width, input.height / picture.height];
  if (spec.fit === 'stretch') return { ...base, scaleX, scaleY, offsetX: 0, offsetY: 0 };
  const scale = spec.fit === 'letterbox' ? Math.min(scaleX, scaleY) : Math.max(scaleX, scaleY);
  const inner = {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
  return {
    ...base,
    scaleX: inner.width / picture.width,
    scaleY: inner.height / picture.height,
    offsetX: Math.floor((input.width - inner.width) / 2),
    offsetY: Math.floor((input.height - inner.height) / 2),
  };
}

/** Reads a picture, upright, and makes the numbers of the model's input of it. */
export async function preparePicture(
  path: string,
  spec: OnnxInputSpec,
  input: { width: number; height: number },
): Promise<PreparedPicture> {
  const { image, metadata } = await openStill(path);
  const placement = placePicture(spec, input, uprightSize(metadata));
  const inner = {
    width: Math.round(placement.pictureWidth * placement.scaleX),
    height: Math.round(placement.pictureHeight * placement.scaleY),
  };
  const opaque = metadata.hasAlpha ? image.flatten({ background: '#ffffff' }) : image;
  let work = opaque.autoOrient().resize({ ...inner, fit: 'fill' });
  const { offsetX, offsetY } = placement;
  if (offsetX > 0 || offsetY > 0) {
    const pad = { r: spec.padValue, g: spec.padValue, b: spec.padValue };
    work = work.extend({
      left: offsetX,
      top: offsetY,
      right: input.width - inner.width - offsetX,
      bottom: input.height - inner.height - offsetY,
      background: pad,
    });
  } else if (inner.width > input.width || inner.height > input.height) {
    work = work.extract({ left: -offsetX, top: -offsetY, ...input });
  }
  const { data, info } = await asInputError(work.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }));
  const pixels = toRgb(data, info);
  return { placement, ...tensorOf(pixels.data, pixels.channels, spec, input) };
}

/** The same from pixels in memory, stretched to the input. */
export async function preparePixels(
  pixels: { data: Uint8Array; width: number; height: number; channels: 3 | 4 },
  spec: OnnxInputSpec,
  input: { width: number; height: number },
): Promise<PreparedPicture> {
  const raw = { width: pixels.width, height: pixels.height, channels: pixels.channels };
  const data = await sharp(pixels.data, { raw })
    .removeAlpha()
    .resize({ ...input, fit: 'fill' })
    .raw()
    .toBuffer();
  const placement = placePicture({ ...spec, fit: 'stretch' }, input, pixels);
  return { placement, ...tensorOf(data, 3, spec, input) };
}

function tensorOf(
  data: Uint8Array,
  channels: number,
  spec: OnnxInputSpec,
  size: { width: number; height: number },
): Omit<PreparedPicture, 'placement'> {
  const planes = spec.channels === 'grey' ? 1 : 3;
  const count = size.width * size.height;
  const source = planes === 1 ? greyOf(data, channels, count) : data;
  const sourceStep = planes === 1 ? 1 : channels;
  const [planeStep, pixelStep] = spec.layout === 'nchw' ? [count, 1] : [1, planes];
  const out = spec.type === 'uint8' ? new Uint8Array(count * planes) : new Float32Array(count * planes);
  for (let plane = 0; plane < planes; plane++) {
    const from = spec.channels === 'bgr' ? 2 - plane : plane;
    const layout = { from, sourceStep, to: plane * planeStep, step: pixelStep, count };
    if (out instanceof Float32Array) fillFloats(out, source, valueTable(spec, plane), layout);
    else fillBytes(out, source, layout);
  }
  const dims = spec.layout === 'nchw' ? [1, planes, size.height, size.width] : [1, size.height, size.width, planes];
  return { data: out, dims };
}

interface PlaneLayout {
  from: number;
  sourceStep: number;
  to: number;
  step: number;
  count: number;
}

/** The number that each of the 256 pixel values becomes. */
function valueTable(spec: OnnxInputSpec, plane: number): Float32Array {
  const mean = spec.mean[plane] ?? spec.mean[0] ?? 0;
  const deviation = spec.std[plane] ?? spec.std[0] ?? 1;
  return Float32Array.from({ length: 256 }, (_, value) => (value * spec.scale - mean) / deviation);
}

/** Two loops, each for one type of array: one for both runs several times slower. */
function fillFloats(out: Float32Array, data: Uint8Array, table: Float32Array, layout: PlaneLayout): void {
  const { sourceStep, step, count } = layout;
  let p = layout.from;
  let q = layout.to;
  for (let i = 0; i < count; i++, p += sourceStep, q += step) out[q] = table[data[p] as number] as number;
}

function fillBytes(out: Uint8Array, data: Uint8Array, layout: PlaneLayout): void {
  const { sourceStep, step, count } = layout;
  let p = layout.from;
  let q = layout.to;
  for (let i = 0; i < count; i++, p += sourceStep, q += step) out[q] = data[p] as number;
}

function greyOf(data: Uint8Array, channels: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0, p = 0; i < count; i++, p += channels) {
    out[i] = Math.round(luma(data[p] as number, data[p + 1] as number, data[p + 2] as number));
  }
  return out;
}
