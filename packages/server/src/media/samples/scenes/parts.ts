import type { Xy } from '@fovea/contract';
import { darker, lighter, mix, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { circle, type Outline, pathData, place, rounded } from '../outline.ts';
import type { Random } from '../random.ts';
import type { Shot } from './light.ts';

const metals: readonly [Rgb, ...Rgb[]] = [[176, 180, 186], [190, 186, 176], [198, 164, 96], [120, 124, 132], [186, 128, 92]];

/** Nuts, washers and bolts on an inspection table, seen from above; some have a scratch. */
export function drawParts(scene: Scene, random: Random): Shot {
  const { width, height, back } = scene;
  const table = random.pick<Rgb>([[64, 70, 78], [196, 200, 202], [52, 74, 88], [150, 148, 140]]);
  back.rect({ x: 0, y: 0, width, height }, back.radial([[0, lighter(table, 0.2)], [1, darker(table, 0.3)]], [0.38, 0.34], 0.85));
  const unit = Math.min(width, height) * random.between(0.055, 0.075);
  const taken: { x: number; y: number; reach: number }[] = [];
  for (let attempt = 0; attempt < 400 && taken.length < 22; attempt++) {
    const kind = random.pick(['nut', 'nut', 'washer', 'washer', 'bolt', 'bolt']);
    const size = unit * random.between(0.8, 1.25);
    const reach = size * (kind === 'bolt' ? 2.3 : 1.15);
    const at = { x: random.between(0.02, 0.98) * width, y: random.between(0.03, 0.97) * height, reach };
    if (taken.some((other) => Math.hypot(other.x - at.x, other.y - at.y) < (other.reach + reach) * 0.92)) continue;
    taken.push(at);
    const metal = random.pick(metals);
    const placing = { x: at.x, y: at.y, scale: size, angle: random.between(0, 2 * Math.PI) };
    if (kind === 'bolt') drawBolt(scene, random, metal, placing);
    else drawRing(scene, random, kind, metal, placing);
  }
  return {
    light: 'overcast',
    hour: 10,
    look: { surfaces: [{ kind: 'flat', fromY: 0, strength: 0.09 }], softness: 1, noise: 3, vignette: 0.38, tint: [1, 1, 1] },
  };
}

interface Lying {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly angle: number;
}

function dropShadow({ front: layer }: Scene, outline: Outline, size: number, hole?: Outline): void {
  for (const [reach, opacity] of [[0.2, 0.16], [0.13, 0.2], [0.06, 0.26]] as const) {
    const shift = (points: Outline): Outline => points.map(([x, y]): Xy => [x + size * reach, y + size * reach * 1.1]);
    layer.paint(hole ? [shift(outline), shift(hole)] : shift(outline), [6, 8, 16], opacity);
  }
}

function drawRing(scene: Scene, random: Random, kind: string, metal: Rgb, at: Lying): void {
  const { front: layer, truth } = scene;
  const isNut = kind === 'nut';
  const outline = isNut ? place(rounded(circle(0, 0, 1, 1, 6), 0.12), at) : place(circle(0, 0, 1, 1, 64), at);
  const bore = isNut ? 0.5 : random.between(0.4, 0.58);
  const hole = place(circle(0, 0, bore, bore, 40), at);
  dropShadow(scene, outline, at.scale, hole);
  layer.paint([outline, hole], layer.linear([[0, lighter(metal, 0.55)], [0.35, metal], [0.55, lighter(metal, 0.28)], [1, darker(metal, 0.5)]], [0, 0], [1, 1]));
  const ring = (radius: number, colour: Rgb, width: number, opacity: number): void => {
    const line = place(circle(0, 0, radius, radius, 48), at);
    layer.add(`<path d="${pathData(line)}" fill="none" stroke="rgb(${colour.map(Math.round).join(',')})" stroke-opacity="${opacity}" stroke-width="${(at.scale * width).toFixed(1)}"/>`);
  };
  if (isNut) {
    ring(0.82, lighter(metal, 0.6), 0.04, 0.6);
    for (let turn = 0; turn < 3; turn++) ring(bore + 0.02 + turn * 0.035, darker(metal, 0.6), 0.02, 0.7);
  } else {
    ring(0.96, lighter(metal, 0.7), 0.04, 0.55);
    ring(bore + 0.03, darker(metal, 0.5), 0.05, 0.6);
  }
  truth.polygon(kind, outline, { holes: [hole] });
  if (random.chance(0.22)) drawScratch(scene, random, metal, at, isNut ? 0.68 : (1 + bore) / 2);
}

function drawScratch({ front: layer, truth }: Scene, random: Random, metal: Rgb, at: Lying, radius: number): void {
  const start = random.between(0, 6.3);
  const arc = Array.from({ length: 9 }, (_, step): Xy => {
    const turn = start + step * 0.085;
    const reach = radius + Math.sin(step * 1.1 + start) * 0.07;
    return [Math.cos(turn) * reach, Math.sin(turn) * reach];
  });
  const line = place(arc, at);
  layer.stroke(line, mix(metal, [120, 48, 20], 0.85), at.scale * 0.075, 0.9);
  layer.stroke(line, [250, 240, 226], at.scale * 0.02, 0.8);
  const half = 0.05 * at.scale;
  truth.box('scratch', line.flatMap(([x, y]): Xy[] => [[x - half, y - half], [x + half, y + half]]));
}

function drawBolt(scene: Scene, random: Random, metal: Rgb, at: Lying): void {
  const { front: layer, truth } = scene;
  const length = random.between(1.5, 2.1);
  const head: Outline = [[-1.9, -0.62], [-1.3, -0.62], [-1.3, 0.62], [-1.9, 0.62]];
  const end = -1.3 + length * 1.6;
  const silhouette: Outline = [[-1.9, -0.62], [-1.3, -0.62], [-1.3, -0.3], [end - 0.14, -0.3], [end, -0.16], [end, 0.16], [end - 0.14, 0.3], [-1.3, 0.3], [-1.3, 0.62], [-1.9, 0.62]];
  const outline = place(rounded(silhouette, [0.1, 0.06, 0, 0.05, 0.05, 0.05, 0.05, 0, 0.06, 0.1]), at);
  dropShadow(scene, outline, at.scale);
  const shine = (from: Rgb): string => {
    const [nx, ny] = [-Math.sin(at.angle) / 2, Math.cos(at.angle) / 2];
    return layer.linear([[0, darker(from, 0.45)], [0.34, lighter(from, 0.62)], [0.5, from], [1, darker(from, 0.55)]], [0.5 - nx, 0.5 - ny], [0.5 + nx, 0.5 + ny]);
  };
  layer.paint(outline, shine(metal));
  const starts = -1.3 + length * 0.35;
  for (let thread = starts; thread < end - 0.1; thread += 0.13) {
    layer.stroke(place([[thread, -0.3], [thread + 0.07, 0.3]], at), darker(metal, 0.65), at.scale * 0.045, 0.7);
    layer.stroke(place([[thread + 0.055, -0.28], [thread + 0.125, 0.28]], at), lighter(metal, 0.5), at.scale * 0.025, 0.5);
  }
  layer.paint(place(rounded(head, 0.1), at), shine(lighter(metal, 0.06)));
  for (const facet of [-0.3, 0.3]) layer.stroke(place([[-1.88, facet], [-1.32, facet]], at), darker(metal, 0.6), at.scale * 0.035, 0.6);
  truth.polygon('bolt', outline);
}
