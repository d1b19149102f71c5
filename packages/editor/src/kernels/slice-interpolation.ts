/** A mask on one slice: 1 for its pixels, row by row. */
export interface SliceMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The mask at a share (0–1) of the way from one slice to another: signed distances to both outlines are blended, and
 * what lies inside is taken (Raya, Udupa, "Shape-Based Interpolation of Multidimensional Objects", IEEE TMI 9(1), 1990).
 * Both are first laid upon each other by their centres of mass, so that an object that moves between the slices does not
 * vanish in between. Masks of one size; an empty one gives an empty one.
 */
export function interpolateSlices(from: SliceMask, to: SliceMask, share: number): SliceMask {
  const { width, height } = from;
  const [centerFrom, centerTo] = [centerOf(from), centerOf(to)];
  const data = new Uint8Array(width * height);
  if (!centerFrom || !centerTo) return { width, height, data };
  const [distanceFrom, distanceTo] = [signedDistance(from), signedDistance(to)];
  const shiftX = centerTo.x - centerFrom.x;
  const shiftY = centerTo.y - centerFrom.y;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const a = readAt(distanceFrom, width, height, x - shiftX * share, y - shiftY * share);
      const b = readAt(distanceTo, width, height, x + shiftX * (1 - share), y + shiftY * (1 - share));
      data[y * width + x] = a * (1 - share) + b * share < 0 ? 1 : 0;
    }
  }
  return { width, height, data };
}

function centerOf({ width, data }: SliceMask): { x: number; y: number } | undefined {
  let [x, y, count] = [0, 0, 0];
  for (let at = 0; at < data.length; at++) {
    if (data[at] === 0) continue;
    x += at % width;
    y += Math.floor(at / width);
    count++;
  }
  return count > 0 ? { x: x / count, y: y / count } : undefined;
}

/** Pixels to the outline: negative inside, positive outside; half a pixel at the pixels on both sides of it. */
export function signedDistance({ width, height, data }: SliceMask): Float32Array {
  const outside = squaredDistance(data, width, height, 1);
  const inside = squaredDistance(data, width, height, 0);
  const signed = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) {
    signed[at] = data[at] !== 0 ? 0.5 - Math.sqrt(inside[at]) : Math.sqrt(outside[at]) - 0.5;
  }
  return signed;
}

/**
 * The squared distance of each pixel to the nearest one that is set (`value` 1) or not set (0): exact, linear in time
 * (Felzenszwalb, Huttenlocher, "Distance Transforms of Sampled Functions", Theory of Computing 8, 2012).
 */
export function squaredDistance(data: Uint8Array, width: number, height: number, value: 0 | 1): Float64Array {
  const far = (width + height) ** 2 * 2;
  const out = new Float64Array(data.length);
  for (let at = 0; at < data.length; at++) out[at] = (data[at] !== 0 ? 1 : 0) === value ? 0 : far;
  const length = Math.max(width, height);
  const line = new Float64Array(length);
  const envelope = { places: new Int32Array(length), borders: new Float64Array(length + 1), result: new Float64Array(length) };
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) line[y] = out[y * width + x];
    lowerEnvelope(line, height, envelope);
    for (let y = 0; y < height; y++) out[y * width + x] = envelope.result[y];
  }
  for (let y = 0; y < height; y++) {
    line.set(out.subarray(y * width, (y + 1) * width));
    lowerEnvelope(line, width, envelope);
    out.set(envelope.result.subarray(0, width), y * width);
  }
  return out;
}

interface Envelope {
  readonly places: Int32Array;
  readonly borders: Float64Array;
  readonly result: Float64Array;
}

/** The lower envelope of a parabola at each place, read at each place. */
function lowerEnvelope(line: Float64Array, length: number, { places, borders, result }: Envelope): void {
  let last = 0;
  places[0] = 0;
  borders[0] = -Infinity;
  borders[1] = Infinity;
  const meet = (a: number, b: number) => (line[b] + b * b - (line[a] + a * a)) / (2 * b - 2 * a);
  for (let at = 1; at < length; at++) {
    let border = meet(places[last], at);
    while (border <= borders[last]) border = meet(places[--last], at);
    places[++last] = at;
    borders[last] = border;
    borders[last + 1] = Infinity;
  }
  let part = 0;
  for (let at = 0; at < length; at++) {
    while (borders[part + 1] < at) part++;
    result[at] = (at - places[part]) ** 2 + line[places[part]];
  }
}

/** Bilinear; beyond the edge the edge's value, and the way to it on top. */
function readAt(values: Float32Array, width: number, height: number, x: number, y: number): number {
  const insideX = Math.min(width - 1, Math.max(0, x));
  const insideY = Math.min(height - 1, Math.max(0, y));
  const beyond = Math.hypot(x - insideX, y - insideY);
  const [x0, y0] = [Math.min(width - 2, Math.floor(insideX)), Math.min(height - 2, Math.floor(insideY))];
  const [left, top] = [Math.max(0, x0), Math.max(0, y0)];
  const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
  const [fx, fy] = [insideX - left, insideY - top];
  const upper = values[top * width + left] * (1 - fx) + values[top * width + right] * fx;
  const lower = values[bottom * width + left] * (1 - fx) + values[bottom * width + right] * fx;
  return upper * (1 - fy) + lower * fy + beyond;
}
