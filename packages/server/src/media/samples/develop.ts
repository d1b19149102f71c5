import sharp from 'sharp';
import type { Layer } from './drawing.ts';
import { createRandom, type Random } from './random.ts';

/** Side of the texture fields; a power of two. */
const fieldSize = 512;
const fieldMask = fieldSize - 1;

let fields: { grain: Float32Array; cloud: Float32Array } | undefined;

/** Fine grain and soft clouds, about −1 to 1, made once and the same on every machine. */
function textureFields(): { grain: Float32Array; cloud: Float32Array } {
  if (fields) return fields;
  const random = createRandom(4_711);
  const grain = Float32Array.from({ length: fieldSize * fieldSize }, () => random.gauss());
  const cloud = new Float32Array(fieldSize * fieldSize);
  for (let cells = 8; cells <= 256; cells *= 2) addValueNoise(cloud, cells, 1.2 / Math.sqrt(cells), random);
  fields = { grain, cloud };
  return fields;
}

/** Random values on a coarse grid that repeats, with smooth passages between them. */
function addValueNoise(field: Float32Array, cells: number, strength: number, random: Random): void {
  const grid = Float32Array.from({ length: cells * cells }, () => random.between(-1, 1));
  const step = cells / fieldSize;
  for (let y = 0; y < fieldSize; y++) {
    const gridY = Math.floor(y * step);
    const below = ((gridY + 1) % cells) * cells;
    const ty = easing(y * step - gridY);
    for (let x = 0; x < fieldSize; x++) {
      const gridX = Math.floor(x * step);
      const right = (gridX + 1) % cells;
      const tx = easing(x * step - gridX);
      const top = (grid[gridY * cells + gridX] ?? 0) * (1 - tx) + (grid[gridY * cells + right] ?? 0) * tx;
      const bottom = (grid[below + gridX] ?? 0) * (1 - tx) + (grid[below + right] ?? 0) * tx;
      field[y * fieldSize + x] = (field[y * fieldSize + x] ?? 0) + (top * (1 - ty) + bottom * ty) * strength * 2;
    }
  }
}

const easing = (t: number): number => t * t * (3 - 2 * t);

/** A structured surface in the background, from `fromY` (a part of the height) down, or within the whole picture. */
export interface Surface {
  readonly kind: 'ground' | 'flat' | 'wood' | 'water';
  readonly fromY: number;
  readonly toY?: number;
  /** How much the lightness varies, 0–1. */
  readonly strength: number;
}

export interface Development {
  readonly surfaces: readonly Surface[];
  /** 0 keeps the background sharp; pixels of the final picture. */
  readonly softness: number;
  /** Standard deviation of the sensor's noise, in grey levels. */
  readonly noise: number;
  /** How much darker the corners are, 0–1. */
  readonly vignette: number;
  /** Factors of red, green and blue. */
  readonly tint: readonly [number, number, number];
}

export interface RawPicture {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Rasterises the layers and makes a photograph of them: textures, depth of field, vignette, tint, noise. */
export async function develop(picture: { width: number; height: number; back: Layer; front: Layer }, look: Development, seed: number): Promise<RawPicture> {
  const { width, height } = picture;
  const background = await sharp(picture.back.toSvg(width, height, 0.5)).flatten({ background: '#808080' }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  for (const surface of look.surfaces) applySurface(clamped(background.data), background.info, surface, seed);
  let soft = sharp(background.data, { raw: background.info });
  if (look.softness > 0) soft = soft.blur(Math.max(0.3, look.softness / 2));
  const [data, front] = await Promise.all([
    soft.resize(width, height, { kernel: 'linear', fit: 'fill' }).raw().toBuffer(),
    sharp(picture.front.toSvg(width, height)).ensureAlpha().raw().toBuffer(),
  ]);
  expose(clamped(data), front, { width, height, look, seed });
  return { data, width, height };
}

/** The same bytes, with values that are rounded and kept in range when they are set. */
function clamped(data: Buffer): Uint8ClampedArray {
  return new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
}

function applySurface(pixels: Uint8ClampedArray, { width, height }: { width: number; height: number }, surface: Surface, seed: number): void {
  const first = Math.max(0, Math.round(surface.fromY * height));
  const last = Math.min(height, Math.round((surface.toY ?? 1) * height));
  const shift = (seed * 7919) & fieldMask;
  const row = new Float32Array(width);
  for (let y = first; y < last; y++) {
    // Nearer rows of the ground show it larger.
    const near = (y - first + 6) / (height - first + 6);
    textures[surface.kind]({ row, y, near, shift });
    const strength = surface.strength * Math.min(1, (y - first) / (height * 0.04));
    let at = y * width * 3;
    for (let x = 0; x < width; x++) {
      const factor = 1 + (row[x] as number) * strength;
      pixels[at] = (pixels[at] as number) * factor;
      pixels[at + 1] = (pixels[at + 1] as number) * factor;
      pixels[at + 2] = (pixels[at + 2] as number) * factor;
      at += 3;
    }
  }
}

interface TextureRow {
  readonly row: Float32Array;
  readonly y: number;
  /** 0 at the horizon, 1 at the feet. */
  readonly near: number;
  readonly shift: number;
}

/** Each fills a row with how much lighter or darker the surface is, about −1 to 1. */
const textures: Record<Surface['kind'], (line: TextureRow) => void> = {
  ground({ row, y, near, shift }) {
    const { cloud, grain } = textureFields();
    const deep = ((260 / (near + 0.05) + shift) & fieldMask) * fieldSize;
    const fine = ((y + shift) & fieldMask) * fieldSize;
    const step = 0.9 / (near + 0.05);
    const start = -(row.length / 2) * step + shift + 64 * fieldSize;
    for (let x = 0; x < row.length; x++) {
      row[x] = (cloud[deep + ((start + x * step) & fieldMask)] as number) * 0.7 + (grain[fine + ((x + shift) & fieldMask)] as number) * 0.28 * near;
    }
  },
  wood({ row, y, shift }) {
    const { cloud, grain } = textureFields();
    const [along, across, fine] = [y + shift, y * 5 + shift, y + shift].map((line) => (line & fieldMask) * fieldSize) as [number, number, number];
    for (let x = 0; x < row.length; x++) {
      const ring = Math.sin((y * 0.16 + (cloud[along + (((x >> 3) + shift) & fieldMask)] as number) * 5) * 1.7);
      row[x] = ring * 0.28 + (cloud[across + (((x >> 4) + shift) & fieldMask)] as number) * 0.6 + (grain[fine + (((x >> 3) + shift) & fieldMask)] as number) * 0.12;
    }
  },
  water({ row, y, near, shift }) {
    const { cloud } = textureFields();
    const line = ((y * (9 - 5 * near) + shift) & fieldMask) * fieldSize;
    const step = 1 / (near * 3 + 0.6);
    for (let x = 0; x < row.length; x++) row[x] = (cloud[line + ((x * step + shift) & fieldMask)] as number) * 1.1;
  },
  flat({ row, y, shift }) {
    const { cloud, grain } = textureFields();
    const line = ((y + shift) & fieldMask) * fieldSize;
    for (let x = 0; x < row.length; x++) {
      const at = line + ((x + shift) & fieldMask);
      row[x] = (cloud[at] as number) * 0.5 + (grain[at] as number) * 0.25;
    }
  },
};

/** Pixels that share one strength of the vignette. */
const vignetteStep = 16;

const grains = new Map<number, Int8Array>();

/** The grain of a noise level; there are about a dozen levels. */
function grainOf(noise: number): Int8Array {
  const known = grains.get(noise);
  if (known) return known;
  const made = Int8Array.from(textureFields().grain, (value) => Math.max(-127, Math.min(127, Math.round(value * noise))));
  grains.set(noise, made);
  return made;
}

/** Lays the foreground over the background, and gives the whole vignette, tint and noise. */
function expose(pixels: Uint8ClampedArray, front: Uint8Array, { width, height, look, seed }: { width: number; height: number; look: Development; seed: number }): void {
  const grain = grainOf(look.noise);
  const shift = (seed * 104_729) >>> 0;
  const light = new Int32Array(Math.ceil(width / vignetteStep));
  for (let y = 0; y < height; y++) {
    const down = ((y / height - 0.5) * 2) ** 2;
    for (let step = 0; step < light.length; step++) {
      const corner = (((step + 0.5) * vignetteStep) / width - 0.5) ** 2 * 4 + down;
      light[step] = 1024 * (1 - look.vignette * corner * corner * 0.25);
    }
    const noiseRow = ((y * 3 + shift) & fieldMask) * fieldSize;
    exposeRow({ pixels, front, grain, light, y, width, noiseRow, jump: (y * 167 + shift) & fieldMask, tint: look.tint });
  }
}

interface ExposedRow {
  readonly pixels: Uint8ClampedArray;
  readonly front: Uint8Array;
  readonly grain: Int8Array;
  readonly light: Int32Array;
  readonly y: number;
  readonly width: number;
  readonly noiseRow: number;
  readonly jump: number;
  readonly tint: readonly [number, number, number];
}

/** Whole numbers and nothing called inside: this runs for every pixel of every photo. */
function exposeRow({ pixels, front, grain, light, y, width, noiseRow, jump, tint }: ExposedRow): void {
  const red = (tint[0] * 1024) | 0;
  const green = (tint[1] * 1024) | 0;
  const blue = (tint[2] * 1024) | 0;
  let at = y * width * 3;
  let over = y * width * 4;
  for (let x = 0; x < width; x++) {
    const alpha = front[over + 3] as number;
    const rest = 255 - alpha;
    const lit = light[x >> 4] as number;
    const noise = grain[noiseRow + ((x + jump) & fieldMask)] as number;
    const r = (((front[over] as number) * alpha + (pixels[at] as number) * rest) * 257) >> 16;
    const g = (((front[over + 1] as number) * alpha + (pixels[at + 1] as number) * rest) * 257) >> 16;
    const b = (((front[over + 2] as number) * alpha + (pixels[at + 2] as number) * rest) * 257) >> 16;
    pixels[at] = ((((r * lit) >> 10) * red) >> 10) + noise;
    pixels[at + 1] = ((((g * lit) >> 10) * green) >> 10) + noise;
    pixels[at + 2] = ((((b * lit) >> 10) * blue) >> 10) + noise;
    at += 3;
    over += 4;
  }
}
