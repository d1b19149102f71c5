import { newPlane, type Plane } from './plane.ts';

/**
 * Mean over a square of (2 radius + 1)², shrunk at the border to what lies inside; constant time per pixel by running
 * sums along rows and then along columns.
 */
export function boxBlur(plane: Plane, radius: number): Plane {
  if (radius < 1) return { ...plane, data: plane.data.slice() };
  return blurColumns(blurRows(plane, radius), radius);
}

function blurRows(plane: Plane, radius: number): Plane {
  const { width, height, data } = plane;
  const out = newPlane(width, height);
  const reach = Math.min(radius, width - 1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let sum = 0;
    for (let x = 0; x <= reach; x++) sum += data[row + x] as number;
    let count = reach + 1;
    for (let x = 0; x < width; x++) {
      out.data[row + x] = sum / count;
      if (x + radius + 1 < width) {
        sum += data[row + x + radius + 1] as number;
        count += 1;
      }
      if (x - radius >= 0) {
        sum -= data[row + x - radius] as number;
        count -= 1;
      }
    }
  }
  return out;
}

/** A whole row of sums at a time, so that memory is read in order. */
function blurColumns(plane: Plane, radius: number): Plane {
  const { width, height, data } = plane;
  const out = newPlane(width, height);
  const sums = new Float64Array(width);
  const reach = Math.min(radius, height - 1);
  for (let y = 0; y <= reach; y++)
    for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + (data[y * width + x] as number);
  let count = reach + 1;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) out.data[row + x] = (sums[x] as number) / count;
    const entering = y + radius + 1;
    const leaving = y - radius;
    if (entering < height) {
      for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + (data[entering * width + x] as number);
      count += 1;
    }
    if (leaving >= 0) {
      for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) - (data[leaving * width + x] as number);
      count -= 1;
    }
  }
  return out;
}

/**
 * Gaussian of standard deviation `sigma` pixels by three box filters whose variances add up to it
 * (P. Kovesi, "Fast almost-Gaussian filtering", DICTA 2010).
 */
export function gaussianBlur(plane: Plane, sigma: number): Plane {
  if (sigma <= 0) return { ...plane, data: plane.data.slice() };
  const ideal = Math.sqrt((12 * sigma * sigma) / 3 + 1);
  const lower = 2 * Math.floor((ideal - 1) / 2) + 1;
  const lowers = Math.round((12 * sigma * sigma - 3 * lower * lower - 12 * lower - 9) / (-4 * lower - 4));
  let out = plane;
  for (let pass = 0; pass < 3; pass++) out = boxBlur(out, ((pass < lowers ? lower : lower + 2) - 1) / 2);
  return out;
}

/**
 * Guided filter with a grey guide (K. He, J. Sun, X. Tang, "Guided image filtering", ECCV 2010 and TPAMI 2013, eq. 5, 6, 8):
 * smooths `input` while it follows the edges of `guide`. `epsilon` is in squared units of the guide: variations well
 * below its square root are smoothed away, edges well above it are kept.
 */
export function guidedFilter(guide: Plane, input: Plane, radius: number, epsilon: number): Plane {
  const { a, b } = guidedCoefficients(guide, input, radius, epsilon);
  const out = newPlane(guide.width, guide.height);
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = (a.data[i] as number) * (guide.data[i] as number) + (b.data[i] as number);
  }
  return out;
}

/**
 * The averaged linear coefficients of the guided filter, output = a · guide + b. Computed on a small picture and
 * enlarged they filter the large one (K. He, J. Sun, "Fast guided filter", arXiv 1505.00996).
 */
export function guidedCoefficients(
  guide: Plane,
  input: Plane,
  radius: number,
  epsilon: number,
): { a: Plane; b: Plane } {
  const meanGuide = boxBlur(guide, radius);
  const meanInput = boxBlur(input, radius);
  const meanProduct = boxBlur(multiply(guide, input), radius);
  const meanSquare = boxBlur(multiply(guide, guide), radius);
  const a = newPlane(guide.width, guide.height);
  const b = newPlane(guide.width, guide.height);
  for (let i = 0; i < a.data.length; i++) {
    const mg = meanGuide.data[i] as number;
    const mi = meanInput.data[i] as number;
    const variance = Math.max(0, (meanSquare.data[i] as number) - mg * mg);
    const slope = ((meanProduct.data[i] as number) - mg * mi) / (variance + epsilon);
    a.data[i] = slope;
    b.data[i] = mi - slope * mg;
  }
  return { a: boxBlur(a, radius), b: boxBlur(b, radius) };
}

export function multiply(left: Plane, right: Plane): Plane {
  const out = newPlane(left.width, left.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = (left.data[i] as number) * (right.data[i] as number);
  return out;
}

/** Mean of `values` weighted by `weights` within a blur of `sigma`: fills places of small weight from their surroundings. */
export function normalizedBlur(values: Plane, weights: Plane, sigma: number): Plane {
  const numerator = gaussianBlur(multiply(values, weights), sigma);
  const denominator = gaussianBlur(weights, sigma);
  const out = newPlane(values.width, values.height);
  for (let i = 0; i < out.data.length; i++) {
    const weight = denominator.data[i] as number;
    out.data[i] = weight > 1e-4 ? (numerator.data[i] as number) / weight : (values.data[i] as number);
  }
  return out;
}
