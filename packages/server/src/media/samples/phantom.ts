import { createRandom, type Random } from './random.ts';

/** An ellipsoid of one density. Millimetres in the patient: x to the left, y to the back, z to the head. */
interface Body {
  readonly at: readonly [x: number, y: number, z: number];
  readonly radii: readonly [x: number, y: number, z: number];
  /** Hounsfield units. */
  readonly hu: number;
  /** Radians in the axial plane. */
  readonly angle?: number;
  /** Paints only where there is air in the lungs already. */
  readonly insideLung?: boolean;
}

const endless = 1e6;
const lung = -855;

/** Where the made-up chest begins and ends, in millimetres along z. */
export const chestExtent = { bottom: -125, top: 125 } as const;

export interface Chest {
  readonly bodies: readonly Body[];
  readonly ribs: readonly { readonly z: number; readonly side: number }[];
  readonly seed: number;
}

/** A chest with lungs, heart, great vessels, liver, spine and ribs, and a lesion in the right lung. */
export function makeChest(seed: number): Chest {
  const random = createRandom(seed);
  const bodies: Body[] = [
    { at: [0, 5, 0], radii: [172, 121, 400], hu: -98 },
    { at: [0, 3, 0], radii: [154, 103, 380], hu: 48 },
    { at: [-71, -4, 8], radii: [60, 79, 128], hu: lung },
    { at: [69, 0, 8], radii: [57, 79, 128], hu: lung },
    ...vessels(random, -1),
    ...vessels(random, 1),
    { at: [0, 6, 40], radii: [31, 58, 105], hu: 30 },
    { at: [-62, 2, -118], radii: [88, 88, 74], hu: 92 },
    ...Array.from({ length: 14 }, (): Body => ({ at: [random.between(-115, -20), random.between(-50, 50), random.between(-125, -70)], radii: [random.between(2, 5), random.between(2, 5), random.between(6, 14)], hu: 140 })),
    { at: [76, 14, -124], radii: [64, 70, 62], hu: 46 },
    { at: [58, -34, -108], radii: [34, 24, 22], hu: -930 },
    { at: [96, 34, -112], radii: [30, 34, 42], hu: 118 },
    ...heart(),
    ...greatVessels(),
    ...airways(),
    ...spine(),
    ...lesion(random),
  ];
  const ribs = Array.from({ length: 11 }, (_, index) => index).flatMap((index) => [-1, 1].map((side) => ({ z: 150 - index * 24 + side * 0.8, side })));
  return { bodies, ribs, seed };
}

function heart(): Body[] {
  return [
    { at: [24, -28, -34], radii: [60, 50, 58], hu: -80 },
    { at: [25, -27, -33], radii: [55, 46, 54], hu: 105, angle: 0.5 },
    { at: [46, -14, -42], radii: [26, 18, 34], hu: 215, angle: 0.6 },
    { at: [6, -42, -36], radii: [28, 17, 36], hu: 190, angle: 0.4 },
    { at: [14, 6, -16], radii: [28, 15, 24], hu: 210 },
    { at: [-22, -22, -22], radii: [16, 22, 30], hu: 185 },
  ];
}

function greatVessels(): Body[] {
  const aorta = 235;
  const arch = Array.from({ length: 15 }, (_, step): Body => {
    const turn = (step / 14) * Math.PI;
    return { at: [6 - Math.cos(turn) * 14, 22 - Math.cos(turn) * 32, 58 + Math.sin(turn) * 22], radii: [12, 12, 12], hu: aorta };
  });
  return [
    { at: [21, 54, -60], radii: [12, 12, 120], hu: aorta },
    { at: [-8, -11, 22], radii: [15, 15, 46], hu: aorta },
    ...arch,
    { at: [-30, -8, 50], radii: [9, 10, 58], hu: 260 },
    { at: [10, -14, 20], radii: [14, 22, 14], hu: 205, angle: -0.5 },
    { at: [-22, 10, 16], radii: [24, 9, 10], hu: 205, angle: 0.3 },
    { at: [34, 12, 20], radii: [20, 9, 10], hu: 205, angle: -0.4 },
    { at: [-14, -6, 108], radii: [6, 6, 36], hu: aorta },
    { at: [8, 2, 108], radii: [5, 5, 36], hu: aorta },
    { at: [24, 14, 108], radii: [5, 5, 36], hu: aorta },
    { at: [8, 38, 40], radii: [7, 5, endless], hu: 32 },
  ];
}

function airways(): Body[] {
  const tube = (from: readonly [number, number, number], to: readonly [number, number, number], radius: number): Body[] =>
    Array.from({ length: 12 }, (_, step): Body => {
      const t = step / 11;
      return { at: [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t], radii: [radius, radius, radius], hu: -985 };
    });
  return [{ at: [0, 16, 105], radii: [9, 8, 66], hu: -985 }, ...tube([0, 17, 44], [-40, 14, 12], 6.5), ...tube([0, 17, 44], [42, 18, 8], 6)];
}

/** Vertebrae of 24 mm with discs between them, and what surrounds the canal behind. */
function spine(): Body[] {
  const bodies: Body[] = [
    { at: [-22, 92, 0], radii: [14, 17, endless], hu: 58 },
    { at: [22, 92, 0], radii: [14, 17, endless], hu: 58 },
  ];
  for (let z = -144; z <= 144; z += 24) {
    bodies.push({ at: [0, 72, z], radii: [20, 16, 16], hu: 620 }, { at: [0, 72, z], radii: [17, 13, 13], hu: 215 });
    bodies.push({ at: [-13, 90, z + 2], radii: [4.5, 9, 7], hu: 560 }, { at: [13, 90, z + 2], radii: [4.5, 9, 7], hu: 560 });
    bodies.push({ at: [-26, 92, z + 4], radii: [15, 4, 5], hu: 480, angle: -0.4 }, { at: [26, 92, z + 4], radii: [15, 4, 5], hu: 480, angle: 0.4 });
    bodies.push({ at: [0, 102, z], radii: [14, 3.5, 9], hu: 560 }, { at: [0, 108, z - 4], radii: [3.2, 9, 9], hu: 500 });
  }
  bodies.push({ at: [0, 72, 0], radii: [15, 12, endless], hu: 130 }, { at: [0, 93, 0], radii: [9, 7.5, endless], hu: 22 }, { at: [0, 93, 0], radii: [5.5, 4.5, endless], hu: 42 });
  // The discs' density must not reach into the vertebrae: these come once more, their inner part only.
  for (let z = -144; z <= 144; z += 24) bodies.push({ at: [0, 72, z], radii: [16.5, 13, 11], hu: 225 });
  bodies.push({ at: [0, -95, 30], radii: [17, 6, 95], hu: 420 }, { at: [0, -95, 30], radii: [13, 3.4, 90], hu: 160 });
  for (const side of [-1, 1]) bodies.push({ at: [side * 104, 72, 96], radii: [31, 3.6, 52], hu: 520, angle: side * -0.62 });
  return bodies;
}

/** An irregular nodule of a little over two centimetres, and a small one on the other side. */
function lesion(random: Random): Body[] {
  const [x, y, z] = [-80 + random.between(-8, 8), -14 + random.between(-12, 12), 46 + random.between(-10, 10)];
  const lobes = Array.from({ length: 9 }, (): Body => ({ at: [x + random.gauss() * 4.5, y + random.gauss() * 4.5, z + random.gauss() * 4], radii: [random.between(5, 9), random.between(5, 9), random.between(5, 8)], hu: 42 }));
  const spikes = Array.from({ length: 11 }, (_, index): Body => {
    const turn = (index / 11) * 2 * Math.PI;
    return { at: [x + Math.cos(turn) * 12, y + Math.sin(turn) * 12, z + random.gauss() * 4], radii: [random.between(5, 9), 0.9, 1.6], hu: -150, angle: turn, insideLung: true };
  });
  return [...spikes, ...lobes, { at: [x + 1, y - 1, z], radii: [3.4, 3, 3], hu: 18 }, { at: [88, 22, 20], radii: [3.4, 3.2, 3.4], hu: 30 }];
}

/** Vessels that branch out from the root of a lung, thinner with every fork. */
function vessels(random: Random, side: number): Body[] {
  const found: Body[] = [];
  const grow = (start: readonly [number, number, number], heading: readonly [number, number, number], radius: number, depth: number): void => {
    let [x, y, z] = start;
    let [dx, dy, dz] = heading;
    const steps = Math.round(random.between(9, 15));
    for (let step = 0; step < steps; step++) {
      [dx, dy, dz] = unit(dx + random.gauss() * 0.12, dy + random.gauss() * 0.12, dz + random.gauss() * 0.12);
      const stride = Math.max(1.4, radius * 0.85);
      [x, y, z] = [x + dx * stride, y + dy * stride, z + dz * stride];
      found.push({ at: [x, y, z], radii: [radius, radius, radius], hu: 60 + radius * 18, insideLung: true });
    }
    if (depth === 0 || radius < 0.7) return;
    for (let fork = 0; fork < 2; fork++) {
      const spread = 0.75;
      grow([x, y, z], unit(dx + random.gauss() * spread, dy + random.gauss() * spread, dz + random.gauss() * spread), radius * random.between(0.64, 0.8), depth - 1);
    }
  };
  for (let root = 0; root < 9; root++) {
    const turn = (root / 9) * 2 * Math.PI;
    grow([side * 34, 8, 14], unit(side * random.between(0.5, 1.1), Math.cos(turn) * 0.9, Math.sin(turn) * 1.2), random.between(3.4, 5), 5);
  }
  return found;
}

function unit(x: number, y: number, z: number): [number, number, number] {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}

export interface SliceGrid {
  readonly columns: number;
  readonly rows: number;
  /** Millimetres of a pixel's side. */
  readonly spacing: number;
  /** Millimetres along z that a slice gathers. */
  readonly thickness: number;
}

/** The density of an axial slice in Hounsfield units, with the noise of a scanner. */
export function sliceOf(chest: Chest, z: number, grid: SliceGrid): Float32Array {
  const { columns, rows, spacing } = grid;
  const density = new Float32Array(columns * rows).fill(-1000);
  // The trunk is widest in the middle and narrows towards neck and waist.
  const girth = 1 - 0.1 * Math.abs(z / 125) ** 2.2;
  for (const body of chest.bodies) paintBody(density, body, z, grid, girth);
  for (const rib of chest.ribs) paintRib(density, rib, z, grid, girth);
  paintTable(density, grid);
  const random = createRandom(chest.seed * 7_919 + Math.round(z * 16));
  let before = 0;
  for (let at = 0; at < density.length; at++) {
    // Neighbours share some of their noise, as after a scanner's filter.
    before = 0.5 * before + random.gauss() * 13;
    const y = Math.floor(at / columns) - rows / 2;
    const x = (at % columns) - columns / 2;
    const isInside = Math.hypot(x, y) * spacing < (columns * spacing) / 2;
    density[at] = isInside ? (density[at] as number) + before : -1024;
  }
  return density;
}

/** Paints where the body is, with the share of a pixel that it fills at its rim. */
function paintBody(density: Float32Array, body: Body, z: number, grid: SliceGrid, girth: number): void {
  const [rx, ry, rz] = body.radii;
  const away = (z - body.at[2]) / (rz + (rz < 10 ? grid.thickness * 0.35 : 0));
  if (Math.abs(away) >= 1) return;
  const shrink = Math.sqrt(1 - away * away);
  const isTrunk = body.radii[0] > 150;
  paintEllipse(density, grid, { x: body.at[0] * girth, y: body.at[1], rx: rx * (isTrunk ? girth : shrink), ry: ry * (isTrunk ? girth ** 0.5 : shrink), angle: body.angle ?? 0, hu: body.hu, insideLung: body.insideLung === true });
}

interface Patch {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  readonly angle: number;
  readonly hu: number;
  readonly insideLung: boolean;
}

function paintEllipse(density: Float32Array, { columns, rows, spacing }: SliceGrid, { x, y, rx, ry, angle, hu, insideLung }: Patch): void {
  const reach = Math.max(rx, ry) + spacing;
  const column = (mm: number): number => mm / spacing + columns / 2 - 0.5;
  const row = (mm: number): number => mm / spacing + rows / 2 - 0.5;
  const [left, right] = [Math.max(0, Math.floor(column(x - reach))), Math.min(columns - 1, Math.ceil(column(x + reach)))];
  const [top, bottom] = [Math.max(0, Math.floor(row(y - reach))), Math.min(rows - 1, Math.ceil(row(y + reach)))];
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const sharpness = Math.min(rx, ry) / spacing;
  for (let line = top; line <= bottom; line++) {
    for (let at = left; at <= right; at++) {
      const [px, py] = [(at - columns / 2 + 0.5) * spacing - x, (line - rows / 2 + 0.5) * spacing - y];
      const distance = Math.hypot((px * cos + py * sin) / rx, (py * cos - px * sin) / ry);
      const share = Math.min(1, Math.max(0, (1 - distance) * sharpness + 0.5));
      if (share === 0) continue;
      const index = line * columns + at;
      const present = density[index] as number;
      if (insideLung && present > -150 && present > hu - 60) continue;
      density[index] = present + (hu - present) * share;
    }
  }
}

/** A rib runs from the spine outwards, to the front and down: a slice cuts it once, at an angle. */
function paintRib(density: Float32Array, rib: { z: number; side: number }, z: number, grid: SliceGrid, girth: number): void {
  const along = (rib.z - z) / 82;
  if (along < 0 || along > 1) return;
  const turn = Math.PI / 2 - rib.side * (0.16 + along * 2.5);
  const [x, y] = [Math.cos(turn) * 146 * girth, Math.sin(turn) * 93];
  const slant = Math.atan2(Math.cos(turn) * 93, -Math.sin(turn) * 146 * girth);
  const isBone = along < 0.86;
  const patch = { x, y, angle: slant, insideLung: false };
  paintEllipse(density, grid, { ...patch, rx: 14, ry: 4.6, hu: isBone ? 560 : 110 });
  if (isBone) paintEllipse(density, grid, { ...patch, rx: 11, ry: 2.2, hu: 210 });
}

/** The shell of the table that the patient lies on. */
function paintTable(density: Float32Array, { columns, rows, spacing }: SliceGrid): void {
  for (let at = 0; at < columns; at++) {
    const x = (at - columns / 2 + 0.5) * spacing;
    if (Math.abs(x) > 178) continue;
    for (const [depth, hu] of [[0, -350], [14, -560]] as const) {
      const row = Math.round((136 + depth - (x / 178) ** 2 * 12) / spacing + rows / 2);
      for (const line of [row, row + 1]) if (line < rows) density[line * columns + at] = Math.max(hu, density[line * columns + at] as number);
    }
  }
}
