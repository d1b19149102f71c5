/** One Gaussian of a mixture. */
interface Component {
  readonly weight: number;
  readonly mean: readonly [number, number, number];
  /** The inverse covariance: xx, xy, xz, yy, yz, zz. */
  readonly inverse: readonly [number, number, number, number, number, number];
  /** weight / √det: the height of the Gaussian, without the constant that all share. */
  readonly height: number;
}

/**
 * Colours as a mixture of Gaussians with full covariances: what an area looks like. Fitted by k-means, which is enough
 * for cuts (Rother, Kolmogorov, Blake, "GrabCut", SIGGRAPH 2004, section 3).
 */
export class ColorMixture {
  private readonly components: readonly Component[];

  /** Colours three values each. */
  constructor(colors: Float64Array, count = 5) {
    this.components = fit(colors, kMeans(colors, count), count);
  }

  /** Minus the logarithm of the density, up to a constant that is the same for every mixture. */
  cost(r: number, g: number, b: number): number {
    let density = 0;
    for (const { mean, inverse, height } of this.components) {
      const [x, y, z] = [r - mean[0], g - mean[1], b - mean[2]];
      const [xx, xy, xz, yy, yz, zz] = inverse;
      const away = x * x * xx + y * y * yy + z * z * zz + 2 * (x * y * xy + x * z * xz + y * z * yz);
      density += height * Math.exp(-away / 2);
    }
    return -Math.log(Math.max(density, 1e-300));
  }
}

/** The nearest of `count` centres for each colour; centres begin far from each other, so that the same input gives the same output. */
function kMeans(colors: Float64Array, count: number): Uint8Array {
  const size = colors.length / 3;
  const centers = spreadCenters(colors, Math.min(count, size));
  const nearest = new Uint8Array(size);
  for (let round = 0; round < 8; round++) {
    const sums = new Float64Array(centers.length * 4);
    for (let at = 0; at < size; at++) {
      const [r, g, b] = [colors[at * 3], colors[at * 3 + 1], colors[at * 3 + 2]];
      let least = Infinity;
      for (let center = 0; center < centers.length; center++) {
        const [cr, cg, cb] = centers[center];
        const away = (r - cr) ** 2 + (g - cg) ** 2 + (b - cb) ** 2;
        if (away >= least) continue;
        least = away;
        nearest[at] = center;
      }
      const base = nearest[at] * 4;
      sums[base] += r;
      sums[base + 1] += g;
      sums[base + 2] += b;
      sums[base + 3]++;
    }
    for (let center = 0; center < centers.length; center++) {
      const members = sums[center * 4 + 3];
      if (members > 0) centers[center] = [sums[center * 4] / members, sums[center * 4 + 1] / members, sums[center * 4 + 2] / members];
    }
  }
  return nearest;
}

/** Each next centre is the colour farthest from all before it, among a sample. */
function spreadCenters(colors: Float64Array, count: number): [number, number, number][] {
  const size = colors.length / 3;
  const stride = Math.max(1, Math.floor(size / 2000));
  const centers: [number, number, number][] = [[colors[0], colors[1], colors[2]]];
  while (centers.length < count) {
    let [farthest, most] = [0, -1];
    for (let at = 0; at < size; at += stride) {
      let least = Infinity;
      for (const [r, g, b] of centers) least = Math.min(least, (colors[at * 3] - r) ** 2 + (colors[at * 3 + 1] - g) ** 2 + (colors[at * 3 + 2] - b) ** 2);
      if (least > most) [farthest, most] = [at, least];
    }
    centers.push([colors[farthest * 3], colors[farthest * 3 + 1], colors[farthest * 3 + 2]]);
  }
  return centers;
}

function fit(colors: Float64Array, nearest: Uint8Array, count: number): Component[] {
  const size = nearest.length;
  const components: Component[] = [];
  for (let component = 0; component < count; component++) {
    const sums = new Float64Array(9);
    let members = 0;
    for (let at = 0; at < size; at++) {
      if (nearest[at] !== component) continue;
      const [r, g, b] = [colors[at * 3], colors[at * 3 + 1], colors[at * 3 + 2]];
      const products = [r, g, b, r * r, r * g, r * b, g * g, g * b, b * b];
      for (let value = 0; value < 9; value++) sums[value] += products[value];
      members++;
    }
    if (members > 0) components.push(gaussian(sums, members, size));
  }
  return components;
}

function gaussian(sums: Float64Array, members: number, size: number): Component {
  const [mr, mg, mb, rr, rg, rb, gg, gb, bb] = sums.map((sum) => sum / members);
  // A little of its own in each direction keeps areas of one colour from having no volume at all.
  const floor = 4;
  const xx = rr - mr * mr + floor;
  const yy = gg - mg * mg + floor;
  const zz = bb - mb * mb + floor;
  const [xy, xz, yz] = [rg - mr * mg, rb - mr * mb, gb - mg * mb];
  const determinant = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
  const weight = members / size;
  return {
    weight,
    mean: [mr, mg, mb],
    inverse: [
      (yy * zz - yz * yz) / determinant,
      (xz * yz - xy * zz) / determinant,
      (xy * yz - xz * yy) / determinant,
      (xx * zz - xz * xz) / determinant,
      (xy * xz - xx * yz) / determinant,
      (xx * yy - xy * xy) / determinant,
    ],
    height: weight / Math.sqrt(determinant),
  };
}
