import { luma } from '../imaging/colour.ts';
import { newPlane, type Plane } from '../imaging/plane.ts';
import { applyAffine, invertAffine, type Affine } from './camera-motion.ts';

/** A frame laid over the canvas on which the background is learnt. */
export interface PlacedFrame {
  data: Uint8Array;
  /** 1 where the frame covers the canvas; null where it covers all of it. */
  covered: Uint8Array | null;
  /** Share of the frame that lies on the canvas. */
  share: number;
}

/** Resamples a frame onto the canvas, bilinearly. `toCanvas` maps pixel centres less a half, as all coordinates here. */
export function placeFrame(
  frame: Uint8Array,
  size: { width: number; height: number },
  canvas: { width: number; height: number },
  toCanvas: Affine,
): PlacedFrame {
  const back = invertAffine(toCanvas);
  const out = {
    data: new Uint8Array(canvas.width * canvas.height * 3),
    covered: new Uint8Array(canvas.width * canvas.height),
    share: 0,
  };
  let count = 0;
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const at = applyAffine(back, x, y);
      if (at.x < 0 || at.y < 0 || at.x > size.width - 1 || at.y > size.height - 1) continue;
      const i = y * canvas.width + x;
      sample(frame, size, at, out.data, i * 3);
      out.covered[i] = 1;
      count += 1;
    }
  }
  out.share = count / (size.width * size.height);
  return out;
}

function sample(
  frame: Uint8Array,
  size: { width: number; height: number },
  at: { x: number; y: number },
  into: Uint8Array,
  q: number,
): void {
  const [x0, y0] = [Math.floor(at.x), Math.floor(at.y)];
  const [wx, wy] = [at.x - x0, at.y - y0];
  const p = (y0 * size.width + x0) * 3;
  const right = x0 + 1 < size.width ? 3 : 0;
  const below = y0 + 1 < size.height ? size.width * 3 : 0;
  for (let c = 0; c < 3; c++) {
    const top = (frame[p + c] as number) * (1 - wx) + (frame[p + right + c] as number) * wx;
    const bottom = (frame[p + below + c] as number) * (1 - wx) + (frame[p + below + right + c] as number) * wx;
    into[q + c] = Math.round(top * (1 - wy) + bottom * wy);
  }
}

export function lumaOf(data: Uint8Array | Float32Array, size: { width: number; height: number }): Plane {
  const out = newPlane(size.width, size.height);
  for (let i = 0, p = 0; i < out.data.length; i++, p += 3) {
    out.data[i] = luma(data[p] as number, data[p + 1] as number, data[p + 2] as number);
  }
  return out;
}
