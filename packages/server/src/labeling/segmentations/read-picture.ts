import { encodeRle, runsFromBitmap } from '@fovea/geometry';
import type { Rle } from '@fovea/contract';
import sharp from 'sharp';
import { Fault } from '../../fault.ts';
import type { LabelNames } from './read-labels.ts';

const maxPixels = 2 ** 28;

/** The classes of a mask picture: one for each grey other than black, or each colour other than black. */
export async function readPicture(bytes: Uint8Array, frame: { width: number; height: number }, names: LabelNames): Promise<{ label: string; value: number; rle: Rle }[]> {
  const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new Fault('unsupported_media', `The picture cannot be read: ${(cause as Error).message.slice(0, 200)}`, { cause });
    });
  const { width, height, channels } = info;
  if (width !== frame.width || height !== frame.height) {
    throw new Fault('invalid_request', `The mask is ${width} × ${height} pixels, the frame ${frame.width} × ${frame.height}.`, { errors: [{ path: 'body', message: 'must have the size of the frame' }] });
  }
  const values = new Uint32Array(width * height);
  let isGrey = true;
  for (let at = 0; at < values.length; at++) {
    const [r = 0, g = 0, b = 0] = channels >= 3 ? data.subarray(at * channels, at * channels + 3) : [data[at * channels], data[at * channels], data[at * channels]];
    values[at] = (r << 16) | (g << 8) | b;
    isGrey &&= r === g && g === b;
  }
  const present = [...new Set(values)].filter((value) => value !== 0).sort((a, b) => a - b);
  if (present.length === 0) throw new Fault('invalid_request', 'The mask is black all over: it labels nothing.');
  if (present.length > 1_000) throw new Fault('invalid_request', `The mask has ${present.length} values: a photograph rather than a mask.`);
  return present.map((colour, index) => {
    const key = isGrey ? String(colour & 255) : `#${colour.toString(16).padStart(6, '0')}`;
    const label = names === undefined ? `label ${key}` : (names[key] ?? names[key.toUpperCase()]);
    if (label === undefined) throw new Fault('invalid_request', `In the name map the value ${key} has no name.`, { errors: [{ path: 'query.labels', message: `has no name for ${key}` }] });
    const bitmap = Uint8Array.from(values, (value) => (value === colour ? 1 : 0));
    return { label, value: isGrey ? colour & 255 : index + 1, rle: encodeRle(runsFromBitmap(bitmap, width, height)) };
  });
}
