import sharp from 'sharp';
import type { OutputFile } from '../analytic.ts';

/** Measures of decoded pictures, for tests. */
export interface Raw {
  data: Buffer;
  width: number;
  height: number;
  channels: number;
}

export async function raw(source: string | Buffer | OutputFile | undefined): Promise<Raw> {
  const input = typeof source === 'string' || Buffer.isBuffer(source) ? source : source!.path;
  const { data, info } = await sharp(input).raw().toBuffer({ resolveWithObject: true });
  return { data, ...info };
}

export function mean(picture: Raw, channel?: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < picture.data.length; i++) {
    const at = i % picture.channels;
    if (channel === undefined ? at < 3 : at === channel) {
      sum += picture.data[i]!;
      count += 1;
    }
  }
  return sum / count;
}

export function meanDifference(left: Raw, right: Raw): number {
  let sum = 0;
  for (let i = 0; i < left.width * left.height; i++) {
    for (let c = 0; c < 3; c++)
      sum += Math.abs(left.data[i * left.channels + c]! - right.data[i * right.channels + c]!);
  }
  return sum / (3 * left.width * left.height);
}

/** Mean of the pixels of a disc, per channel. */
export function disc(picture: Raw, cx: number, cy: number, radius: number): number[] {
  const sums = Array.from({ length: picture.channels }, () => 0);
  let count = 0;
  for (let y = Math.floor(cy - radius); y <= cy + radius; y++) {
    for (let x = Math.floor(cx - radius); x <= cx + radius; x++) {
      if (Math.hypot(x - cx, y - cy) > radius) continue;
      count += 1;
      for (let c = 0; c < picture.channels; c++)
        sums[c]! += picture.data[(y * picture.width + x) * picture.channels + c]!;
    }
  }
  return sums.map((sum) => sum / count);
}

/** Standard deviation of what a blur takes away (radius 4), within a rectangle: the fine texture. */
export async function texture(
  source: string | Buffer | OutputFile,
  rect: { left: number; top: number; width: number; height: number },
): Promise<number> {
  const input = typeof source === 'string' || Buffer.isBuffer(source) ? source : source.path;
  const cut = await sharp(input).extract(rect).removeAlpha().greyscale().raw().toBuffer();
  const blurred = await sharp(cut, { raw: { width: rect.width, height: rect.height, channels: 1 } })
    .blur(4)
    .greyscale()
    .raw()
    .toBuffer();
  let sum = 0;
  for (let i = 0; i < cut.length; i++) sum += (cut[i]! - blurred[i]!) ** 2;
  return Math.sqrt(sum / cut.length);
}
