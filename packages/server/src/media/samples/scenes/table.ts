import { darker, hsl, lighter, mix, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { drawFruit, type Fruit, fruits } from '../objects/fruit.ts';
import { circle, type Outline, rounded } from '../outline.ts';
import type { Random } from '../random.ts';
import { pickLight, type Shot } from './light.ts';

/** A kitchen table with fruit, cups and a bowl before a window out of focus. */
export function drawTable(scene: Scene, random: Random): Shot {
  const { width, height } = scene;
  const light = pickLight(random);
  const edge = height * random.between(0.3, 0.38);
  drawRoom(scene, random, edge, light.horizon);
  const wood = random.pick<Rgb>([[176, 122, 76], [204, 160, 110], [124, 82, 54], [214, 196, 172], [150, 104, 70]]);
  scene.back.rect({ x: 0, y: edge, width, height: height - edge }, scene.back.linear([[0, mix(wood, light.horizon, 0.32)], [0.4, wood], [1, darker(wood, 0.28)]]));
  scene.back.rect({ x: 0, y: edge, width, height: 5 }, lighter(wood, 0.4), 0.6);
  const unit = Math.min(width, height) * 0.086;
  const spots = layOut(random, width, height, edge, unit);
  const favourite = random.pick(fruits);
  for (const [index, spot] of spots.entries()) {
    const near = 0.72 + (0.5 * (spot.y - edge)) / (height - edge);
    const size = unit * near * random.between(0.9, 1.12);
    if (index === 0 && random.chance(0.6)) drawBowl(scene, random, spot.x, spot.y, unit * near * 2.3);
    else if (random.chance(0.2)) drawCup(scene, random, spot.x, spot.y, size * 1.15);
    else drawFruit(scene, random, random.chance(0.4) ? favourite : random.pick(fruits), { x: spot.x, y: spot.y, size });
  }
  return {
    light: light.name,
    hour: light.hour,
    look: { surfaces: [{ kind: 'wood', fromY: edge / height, strength: 0.2 }], softness: 5, noise: light.noise, vignette: 0.32, tint: light.tint },
  };
}

function drawRoom({ width, back }: Scene, random: Random, edge: number, glow: Rgb): void {
  const wall = hsl(random.pick([32, 44, 190, 150, 210, 12]), random.between(0.1, 0.3), random.between(0.5, 0.74));
  back.rect({ x: 0, y: 0, width, height: edge + 4 }, back.linear([[0, lighter(wall, 0.15)], [1, darker(wall, 0.22)]], [0, 0], [1, 0.6]));
  const left = width * random.between(0.05, 0.5);
  const wide = width * random.between(0.3, 0.42);
  back.rect({ x: left, y: -10, width: wide, height: edge * 0.86 }, lighter(wall, 0.6));
  for (const [column, row] of [[0, 0], [1, 0], [0, 1], [1, 1]] as const) {
    back.rect({ x: left + 14 + (column * (wide - 14)) / 2, y: -4 + (row * edge * 0.82) / 2, width: (wide - 42) / 2, height: edge * 0.38 }, back.linear([[0, lighter(glow, 0.55)], [1, mix(glow, [120, 160, 110], 0.4)]]));
  }
  for (let dot = 0; dot < 14; dot++) {
    const colour = hsl(random.between(20, 160), 0.4, 0.7);
    back.ellipse({ cx: random.between(0, width), cy: random.between(0, edge), rx: random.between(14, 44) }, back.radial([[0, colour, 0.35], [0.85, colour, 0.28], [1, colour, 0]]));
  }
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Places with room around them, the farthest first. */
function layOut(random: Random, width: number, height: number, edge: number, unit: number): Spot[] {
  const spots: Spot[] = [];
  const wanted = random.int(5, 12);
  for (let attempt = 0; attempt < 300 && spots.length < wanted; attempt++) {
    const spot = { x: random.between(0.07, 0.93) * width, y: random.between(edge + unit * 0.9, height - unit * 1.2) };
    const isFree = spots.every((other, index) => Math.hypot((other.x - spot.x) * 0.75, (other.y - spot.y) * 1.4) > unit * (index === 0 ? 2.9 : 1.75));
    if (isFree) spots.push(spot);
  }
  const [first, ...rest] = spots.toSorted((a, b) => a.y - b.y);
  return first ? [first, ...rest] : [];
}

function drawCup({ front: layer, truth }: Scene, random: Random, x: number, y: number, size: number): void {
  const glaze = random.chance(0.4) ? ([236, 232, 224] as Rgb) : hsl(random.between(0, 360), random.between(0.3, 0.6), random.between(0.36, 0.6));
  const side = random.chance(0.5) ? 1 : -1;
  const [top, bottom] = [y - size * 1.05, y + size * 0.85];
  layer.shadow({ cx: x + size * 0.25, cy: bottom, rx: size * 1.3, ry: size * 0.32 }, 0.75);
  const handle = { cx: x + side * size * 0.92, cy: y - size * 0.12 };
  layer.add(`<ellipse cx="${handle.cx}" cy="${handle.cy}" rx="${size * 0.42}" ry="${size * 0.46}" fill="none" stroke="rgb(${darker(glaze, 0.25).map(Math.round).join(',')})" stroke-width="${size * 0.19}"/>`);
  const body = rounded([[x - size * 0.86, top], [x + size * 0.86, top], [x + size * 0.7, bottom], [x - size * 0.7, bottom]], [0, 0, size * 0.34, size * 0.34]);
  layer.paint(body, layer.linear([[0, lighter(glaze, 0.08)], [0.25, lighter(glaze, 0.36)], [0.5, glaze], [1, darker(glaze, 0.48)]], [0, 0], [1, 0.12]));
  layer.ellipse({ cx: x, cy: top, rx: size * 0.86, ry: size * 0.26 }, lighter(glaze, 0.42));
  const drink = random.pick<Rgb>([[74, 42, 24], [168, 96, 36], [236, 226, 206]]);
  layer.ellipse({ cx: x, cy: top + size * 0.03, rx: size * 0.77, ry: size * 0.2 }, layer.linear([[0, darker(drink, 0.4)], [1, lighter(drink, 0.16)]]));
  const reach = size * 1.43;
  truth.box('cup', [[Math.min(x - size * 0.86, x + side * reach), top - size * 0.26], [Math.max(x + size * 0.86, x + side * reach), top - size * 0.26], [x, bottom]]);
}

function drawBowl(scene: Scene, random: Random, x: number, y: number, size: number): void {
  const { front: layer, truth } = scene;
  const glaze = hsl(random.pick([205, 28, 350, 165, 45]), random.between(0.1, 0.45), random.between(0.5, 0.8));
  const rim = y - size * 0.12;
  layer.shadow({ cx: x + size * 0.1, cy: y + size * 0.56, rx: size * 1.1, ry: size * 0.24 }, 0.75);
  layer.ellipse({ cx: x, cy: rim, rx: size, ry: size * 0.27 }, layer.linear([[0, darker(glaze, 0.5)], [1, darker(glaze, 0.2)]]));
  const inside: readonly Fruit[] = Array.from({ length: 5 }, () => random.pick(['apple', 'orange', 'lemon', 'plum', 'pear']));
  for (const [index, fruit] of inside.entries()) {
    const across = index < 3 ? (index - 1) * 0.5 : (index - 3.5) * 0.56;
    drawFruit(scene, random, fruit, { x: x + across * size, y: rim - size * (index < 3 ? 0.2 : 0.06), size: size * 0.3, hasShadow: false });
  }
  const half = circle(x, rim, size, size * 0.27, 48).slice(0, 25);
  const body: Outline = [...half, ...circle(x, rim, size * 0.99, size * 0.72, 48).slice(0, 25).toReversed()];
  const shell: Outline = circle(x, rim, size, size * 0.7, 48).slice(0, 25);
  layer.paint(body, layer.linear([[0, lighter(glaze, 0.12)], [0.28, lighter(glaze, 0.45)], [0.6, glaze], [1, darker(glaze, 0.5)]], [0, 0], [1, 0.3]));
  layer.stroke(half, lighter(glaze, 0.6), size * 0.035, 0.9);
  truth.polygon('bowl', [...shell, ...circle(x, rim, size, size * 0.27, 48).slice(25)]);
}
