import { boxBlur } from '../imaging/filters.ts';
import { lumaPlane, type Pixels } from '../imaging/colour.ts';
import { resizePlane, type Plane } from '../imaging/plane.ts';

const side = 32;
const kept = 8;

/** cos((2x + 1) u π / 2N) of the DCT-II, row u. */
const cosines = Array.from({ length: kept }, (_, u) =>
  Float32Array.from({ length: side }, (_, x) => Math.cos(((2 * x + 1) * u * Math.PI) / (2 * side))),
);

export interface PerceptualHash {
  /** The 64 bits in four parts of 16. */
  parts: [number, number, number, number];
  /** Mean absolute size of the coefficients behind the bits: near 0 the bits of a flat picture mean nothing. */
  texture: number;
}

/**
 * The DCT-based perceptual hash (C. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010,
 * section 3.2.1): luma at 32 × 32, the lowest 8 × 8 frequencies of its DCT without the constant, each compared with their
 * median. Unmoved by size, format, brightness, contrast; a few bits change with noise or a light crop.
 */
export function perceptualHash(pixels: Pixels, mirrored = false): PerceptualHash {
  const reach = Math.max(pixels.width, pixels.height) / side / 2;
  const small = resizePlane(boxBlur(lumaPlane(pixels), Math.max(0, Math.round(reach / 2))), side, side);
  const coefficients = lowFrequencies(small);
  // Mirroring left to right negates the coefficients of odd horizontal frequency.
  if (mirrored) for (let i = 0; i < 64; i++) if ((i % 8) & 1) coefficients[i] = -(coefficients[i] ?? 0);
  const sorted = coefficients.slice(1).sort();
  const median = sorted[31] ?? 0;
  const parts: PerceptualHash['parts'] = [0, 0, 0, 0];
  let texture = 0;
  for (let i = 1; i < 64; i++) {
    texture += Math.abs(coefficients[i] ?? 0) / 63;
    if ((coefficients[i] ?? 0) > median) parts[i >> 4] = (parts[i >> 4] ?? 0) | (1 << (i & 15));
  }
  return { parts, texture: texture / side };
}

function lowFrequencies(plane: Plane): Float32Array {
  const rows = new Float32Array(side * kept);
  for (let y = 0; y < side; y++) {
    for (let u = 0; u < kept; u++) {
      let sum = 0;
      for (let x = 0; x < side; x++)
        sum += (plane.data[y * side + x] as number) * ((cosines[u] as Float32Array)[x] as number);
      rows[y * kept + u] = sum;
    }
  }
  const out = new Float32Array(kept * kept);
  for (let v = 0; v < kept; v++) {
    for (let u = 0; u < kept; u++) {
      let sum = 0;
      for (let y = 0; y < side; y++)
        sum += (rows[y * kept + u] as number) * ((cosines[v] as Float32Array)[y] as number);
      out[v * kept + u] = sum / side;
    }
  }
  return out;
}

const bitCounts = Uint8Array.from({ length: 65_536 }, (_, value) => {
  let count = 0;
  for (let rest = value; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

/** Number of bits in which two hashes differ. */
export function hashDistance(a: PerceptualHash['parts'], b: PerceptualHash['parts']): number {
  return (
    (bitCounts[a[0] ^ b[0]] ?? 0) +
    (bitCounts[a[1] ^ b[1]] ?? 0) +
    (bitCounts[a[2] ^ b[2]] ?? 0) +
    (bitCounts[a[3] ^ b[3]] ?? 0)
  );
}

export function hashText(parts: PerceptualHash['parts']): string {
  return parts.map((part) => part.toString(16).padStart(4, '0')).join('');
}
