import { lumaPlane, type Pixels } from '../imaging/colour.ts';
import { gaussianBlur } from '../imaging/filters.ts';
import type { Rect } from '../imaging/plane.ts';

/** Tilts up to this many degrees are taken for a mistake, larger ones for intent. */
const maxTilt = 10;
const binsPerDegree = 4;

/**
 * The clockwise turn in degrees that sets the picture's lines upright, or 0: the peak of the histogram of edge
 * directions (taken modulo 90°, weighted by gradient), where it stands out clearly.
 */
export function findTilt(pixels: Pixels): number {
  const plane = gaussianBlur(lumaPlane(pixels), 1);
  const { width, height, data } = plane;
  const bins = new Float64Array(2 * maxTilt * binsPerDegree + 1);
  let total = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      // Scharr's kernel: its directions are true to a tenth of a degree, those of plain differences are not.
      const at = (dx: number, dy: number) => data[i + dy * width + dx] as number;
      const dx = (3 * (at(1, -1) - at(-1, -1)) + 10 * (at(1, 0) - at(-1, 0)) + 3 * (at(1, 1) - at(-1, 1))) / 16;
      const dy = (3 * (at(-1, 1) - at(-1, -1)) + 10 * (at(0, 1) - at(0, -1)) + 3 * (at(1, 1) - at(1, -1))) / 16;
      const strength = Math.hypot(dx, dy);
      if (strength < 24) continue;
      const angle = (Math.atan2(dy, dx) * 180) / Math.PI;
      const folded = angle - 90 * Math.round(angle / 90);
      total += strength;
      const bin = Math.round((folded + maxTilt) * binsPerDegree);
      if (bin >= 0 && bin < bins.length) bins[bin] = (bins[bin] ?? 0) + strength;
    }
  }
  return peak(bins, total);
}

/** The centre of the strongest stretch of 1.5°, if it holds five times what evenly spread directions would put there. */
function peak(bins: Float64Array, total: number): number {
  const reach = 3;
  let best = { sum: 0, centre: 0 };
  for (let at = reach; at < bins.length - reach; at++) {
    let sum = 0;
    let moment = 0;
    for (let k = -reach; k <= reach; k++) {
      sum += bins[at + k] ?? 0;
      moment += (bins[at + k] ?? 0) * (at + k);
    }
    if (sum > best.sum) best = { sum, centre: moment / sum };
  }
  const even = (total * (2 * reach + 1)) / (90 * binsPerDegree);
  if (total === 0 || best.sum < 5 * even) return 0;
  const tilt = best.centre / binsPerDegree - maxTilt;
  // Turning costs sharpness and border: leave what nobody sees.
  return Math.abs(tilt) < 0.3 ? 0 : -tilt;
}

/**
 * The largest upright rectangle without empty corners inside a picture turned by `degrees`, in pixels of the turned
 * picture (whose size is that of the bounding box), a pixel inside on every side.
 */
export function innerRect(width: number, height: number, degrees: number): Rect {
  const angle = (Math.abs(degrees) * Math.PI) / 180;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const outerWidth = width * cos + height * sin;
  const outerHeight = width * sin + height * cos;
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  let inner: { width: number; height: number };
  if (short <= 2 * sin * cos * long || Math.abs(sin - cos) < 1e-9) {
    // Two corners of the rectangle lie on the long sides' middle line.
    const half = 0.5 * short;
    inner = width >= height ? { width: half / sin, height: half / cos } : { width: half / cos, height: half / sin };
  } else {
    const cos2 = cos * cos - sin * sin;
    inner = { width: (width * cos - height * sin) / cos2, height: (height * cos - width * sin) / cos2 };
  }
  const whole = { width: Math.max(1, Math.floor(inner.width) - 2), height: Math.max(1, Math.floor(inner.height) - 2) };
  return { x: Math.round((outerWidth - whole.width) / 2), y: Math.round((outerHeight - whole.height) / 2), ...whole };
}
