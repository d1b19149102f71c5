import { channelPlane, type Pixels } from '../imaging/colour.ts';
import { boxBlur } from '../imaging/filters.ts';
import { newPlane, type Plane } from '../imaging/plane.ts';

/**
 * How much each pixel looks like skin, 0 to 1, by its chroma alone: the box Cb 77–127, Cr 133–173 in YCbCr
 * (D. Chai, K. Ngan, "Face segmentation using skin-color map in videophone applications", IEEE CSVT 1999), which holds
 * for light and dark skin alike, with soft sides. The colours are averaged over a few pixels first, so that blemishes
 * and noise do not tear holes. `smoothing` is the radius of that average in pixels.
 */
export function skinLikelihood(pixels: Pixels, smoothing = 1): Plane {
  const red = boxBlur(channelPlane(pixels, 0), smoothing);
  const green = boxBlur(channelPlane(pixels, 1), smoothing);
  const blue = boxBlur(channelPlane(pixels, 2), smoothing);
  const out = newPlane(pixels.width, pixels.height);
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = skinOf(red.data[i] as number, green.data[i] as number, blue.data[i] as number);
  }
  return out;
}

export function skinOf(red: number, green: number, blue: number): number {
  const y = 0.299 * red + 0.587 * green + 0.114 * blue;
  if (y < 30) return 0;
  const cb = 128 + 0.564 * (blue - y);
  const cr = 128 + 0.713 * (red - y);
  return ramp(cb, 70, 77) * ramp(-cb, -133, -127) * ramp(cr, 131, 136) * ramp(-cr, -181, -173);
}

/** 0 up to `from`, 1 from `to` on. */
function ramp(value: number, from: number, to: number): number {
  return value <= from ? 0 : value >= to ? 1 : (value - from) / (to - from);
}
