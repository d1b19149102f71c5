import type { Xy } from '@fovea/contract';
import { darker, lighter, type Rgb } from '../colour.ts';
import type { Layer, Scene } from '../drawing.ts';
import { circle, type Outline } from '../outline.ts';
import type { Random } from '../random.ts';

export interface Planted {
  readonly x: number;
  /** Where the trunk meets the ground. */
  readonly y: number;
  readonly height: number;
  readonly leaf: Rgb;
  readonly shadow?: number;
}

/** A closed line that wavers about an ellipse. */
function crown(random: Random, cx: number, cy: number, rx: number, ry: number): Outline {
  const waves = [3, 5, 8, 13].map((count) => ({ count, phase: random.between(0, 6.3), size: random.between(0.3, 1) * (0.16 / Math.sqrt(count)) }));
  return circle(0, 0, 1, 1, 72).map(([x, y]): Xy => {
    const angle = Math.atan2(y, x);
    const reach = 1 + waves.reduce((sum, { count, phase, size }) => sum + Math.sin(angle * count + phase) * size, 0);
    return [cx + x * rx * reach, cy + y * ry * reach];
  });
}

/** Draws a broad-leaved tree and tells its outline: the crown with the trunk below it. */
export function drawTree({ front: layer, truth }: Scene, random: Random, at: Planted): void {
  const { x, y, height, leaf } = at;
  const [rx, ry] = [height * random.between(0.28, 0.36), height * random.between(0.33, 0.38)];
  const middle = y - height + ry;
  const trunk = height * random.between(0.028, 0.042);
  layer.shadow({ cx: x + rx * 0.25, cy: y, rx: rx * 1.05, ry: height * 0.045 }, at.shadow ?? 0.6);
  const bark: Rgb = [92, 70, 54];
  const base: Outline = [[x - trunk * 0.7, middle], [x + trunk * 0.7, middle], [x + trunk, y - trunk], [x + trunk * 1.7, y], [x - trunk * 1.7, y], [x - trunk, y - trunk]];
  layer.paint(base, layer.linear([[0, lighter(bark, 0.16)], [0.5, bark], [1, darker(bark, 0.5)]], [0, 0], [1, 0]));
  for (const side of [-1, 1]) layer.stroke([[x, middle + ry * 0.55], [x + side * rx * 0.45, middle + ry * 0.1]], darker(bark, 0.2), trunk * 0.7);
  const outline = crown(random, x, middle, rx, ry);
  layer.paint(outline, layer.linear([[0, lighter(leaf, 0.1)], [0.55, leaf], [1, darker(leaf, 0.5)]], [0.2, 0], [0.6, 1]));
  drawLeaves(layer, random, { x, y: middle, rx, ry, leaf });
  truth.polygon('tree', withTrunk(outline, x, trunk, y));
}

/** The crown with the trunk let in at its lowest part. */
function withTrunk(outline: Outline, x: number, trunk: number, y: number): Outline {
  const quarter = Math.round(outline.length / 4);
  return [...outline.slice(0, quarter - 1), [x + trunk, y - trunk], [x + trunk * 1.7, y], [x - trunk * 1.7, y], [x - trunk, y - trunk], ...outline.slice(quarter + 2)];
}

function drawLeaves(layer: Layer, random: Random, { x, y, rx, ry, leaf }: { x: number; y: number; rx: number; ry: number; leaf: Rgb }): void {
  for (let bunch = 0; bunch < 26; bunch++) {
    const angle = random.between(0, 2 * Math.PI);
    const reach = Math.sqrt(random.next()) * 0.78;
    const [cx, cy] = [x + Math.cos(angle) * rx * reach, y + Math.sin(angle) * ry * reach];
    const light = -Math.sin(angle) * reach - Math.cos(angle) * reach * 0.4;
    const size = rx * random.between(0.14, 0.26);
    const colour = light > 0 ? lighter(leaf, light * 0.32) : darker(leaf, -light * 0.42);
    layer.paint(crown(random, cx, cy, size, size * 0.8), colour, 0.62);
  }
}

/** Draws a fir tree and tells its outline. */
export function drawFir({ front: layer, truth }: Scene, random: Random, at: Planted): void {
  const { x, y, height, leaf } = at;
  const half = height * random.between(0.17, 0.22);
  layer.shadow({ cx: x + half * 0.3, cy: y, rx: half * 1.2, ry: height * 0.035 }, at.shadow ?? 0.5);
  const bark: Rgb = [80, 62, 50];
  layer.paint([[x - height * 0.018, y - height * 0.14], [x + height * 0.018, y - height * 0.14], [x + height * 0.024, y], [x - height * 0.024, y]], bark);
  const tiers = 6;
  const right: Xy[] = [];
  for (let tier = 0; tier < tiers; tier++) {
    const reach = half * ((tier + 1) / tiers) * random.between(0.92, 1.06);
    const bottom = y - height * 0.09 - height * 0.9 * (1 - (tier + 1) / tiers);
    right.push([x + reach, bottom], [x + reach * 0.58, bottom - height * 0.022]);
  }
  right.pop();
  const left = right.map(([px, py]): Xy => [2 * x - px + random.gauss() * half * 0.03, py]).toReversed();
  const outline: Outline = [[x, y - height], ...right, ...left];
  layer.paint(outline, layer.linear([[0, lighter(leaf, 0.16)], [0.5, leaf], [1, darker(leaf, 0.5)]], [0, 0.3], [1, 0.7]));
  for (let row = 1; row < right.length; row += 2) {
    const [px, py] = right[row] ?? [x, y];
    layer.stroke([[2 * x - px, py], [x, py + height * 0.02], [px, py]], darker(leaf, 0.55), height * 0.009, 0.45);
  }
  truth.polygon('tree', outline);
}

/** A low bush, only drawn: nobody labels it. */
export function drawBush({ front: layer }: Scene, random: Random, at: Planted): void {
  const { x, y, height, leaf } = at;
  layer.shadow({ cx: x, cy: y, rx: height * 1.2, ry: height * 0.18 }, 0.5);
  layer.paint(crown(random, x, y - height * 0.45, height * 0.95, height * 0.55), layer.linear([[0, lighter(leaf, 0.1)], [1, darker(leaf, 0.5)]]));
  drawLeaves(layer, random, { x, y: y - height * 0.45, rx: height * 0.8, ry: height * 0.42, leaf });
}
