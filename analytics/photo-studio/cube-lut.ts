import { InputError } from '../analytic.ts';
import type { Pixels } from '../imaging/colour.ts';

/** A lookup table of the Cube LUT Specification 1.0 (Adobe, 2013). Values are 0–1 fractions, red running fastest. */
export interface CubeLut {
  kind: '1d' | '3d';
  size: number;
  low: [number, number, number];
  high: [number, number, number];
  table: Float32Array;
}

/** Reads a .cube file. Throws InputError with the line number where the text is not one. */
export function parseCube(text: string): CubeLut {
  let kind: CubeLut['kind'] | undefined;
  let size = 0;
  const range = { low: [0, 0, 0] as [number, number, number], high: [1, 1, 1] as [number, number, number] };
  const values: number[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith('TITLE')) continue;
    const words = line.split(/\s+/);
    const [keyword = '', ...rest] = words;
    if (keyword === 'LUT_1D_SIZE' || keyword === 'LUT_3D_SIZE') {
      kind = keyword === 'LUT_1D_SIZE' ? '1d' : '3d';
      size = Number(rest[0]);
      if (!Number.isInteger(size) || size < 2 || size > (kind === '1d' ? 65_536 : 256))
        throw bad(index, 'has a size out of range');
    } else if (keyword === 'DOMAIN_MIN') range.low = triple(rest, index);
    else if (keyword === 'DOMAIN_MAX') range.high = triple(rest, index);
    else values.push(...triple(words, index));
  }
  if (kind === undefined) throw new InputError('the lookup table has no LUT_1D_SIZE or LUT_3D_SIZE');
  const expected = 3 * (kind === '1d' ? size : size ** 3);
  if (values.length !== expected)
    throw new InputError(`the lookup table has ${values.length / 3} rows where its size asks for ${expected / 3}`);
  return { kind, size, ...range, table: Float32Array.from(values) };
}

function triple(words: string[], index: number): [number, number, number] {
  const numbers = words.map(Number);
  if (numbers.length !== 3 || numbers.some((value) => !Number.isFinite(value)))
    throw bad(index, 'should hold three numbers');
  return numbers as [number, number, number];
}

function bad(index: number, problem: string): InputError {
  return new InputError(`the lookup table's line ${index + 1} ${problem}`);
}

/** Applies a lookup table in place, with linear (1D) or trilinear (3D) interpolation. */
export function applyCube(pixels: Pixels, lut: CubeLut): void {
  // The grid position of each of the 256 values, per channel.
  const position = [0, 1, 2].map((channel) =>
    Float32Array.from({ length: 256 }, (_, value) => {
      const low = lut.low[channel] ?? 0;
      const span = (lut.high[channel] ?? 1) - low;
      return Math.min(1, Math.max(0, (value / 255 - low) / span)) * (lut.size - 1);
    }),
  ) as [Float32Array, Float32Array, Float32Array];
  if (lut.kind === '1d') applyOne(pixels, lut, position);
  else applyThree(pixels, lut, position);
}

function applyOne(pixels: Pixels, lut: CubeLut, position: Float32Array[]): void {
  const tables = position.map((places, channel) =>
    Uint8Array.from(places, (place) => {
      const base = Math.min(lut.size - 2, Math.floor(place));
      const low = lut.table[base * 3 + channel] ?? 0;
      const high = lut.table[(base + 1) * 3 + channel] ?? 0;
      return toByte(low + (high - low) * (place - base));
    }),
  );
  for (let p = 0; p + 2 < pixels.data.length; p += pixels.channels) {
    for (let c = 0; c < 3; c++) pixels.data[p + c] = tables[c]?.[pixels.data[p + c] ?? 0] ?? 0;
  }
}

function applyThree(pixels: Pixels, lut: CubeLut, position: [Float32Array, Float32Array, Float32Array]): void {
  const { data, channels } = pixels;
  const { size, table } = lut;
  const stride = [3, 3 * size, 3 * size * size] as const;
  for (let p = 0; p + 2 < data.length; p += channels) {
    const x = position[0][data[p] as number] as number;
    const y = position[1][data[p + 1] as number] as number;
    const z = position[2][data[p + 2] as number] as number;
    const x0 = Math.min(size - 2, x | 0);
    const y0 = Math.min(size - 2, y | 0);
    const z0 = Math.min(size - 2, z | 0);
    const base = x0 * stride[0] + y0 * stride[1] + z0 * stride[2];
    for (let c = 0; c < 3; c++) {
      const at = (dx: number, dy: number, dz: number) =>
        table[base + c + dx * stride[0] + dy * stride[1] + dz * stride[2]] as number;
      const front = mix(mix(at(0, 0, 0), at(1, 0, 0), x - x0), mix(at(0, 1, 0), at(1, 1, 0), x - x0), y - y0);
      const back = mix(mix(at(0, 0, 1), at(1, 0, 1), x - x0), mix(at(0, 1, 1), at(1, 1, 1), x - x0), y - y0);
      data[p + c] = toByte(mix(front, back, z - z0));
    }
  }
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function toByte(fraction: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, fraction)));
}
