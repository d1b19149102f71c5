import type { Xy } from '@fovea/contract';
import { darker, hsl, lighter, mix, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { drawBush, drawFir, drawTree } from '../objects/plant.ts';
import { circle, type Outline, place, rounded, smooth } from '../outline.ts';
import type { Random } from '../random.ts';
import { drawSky, foliage, type Light, pickLight, type Shot } from './light.ts';

/** Hills with trees, houses, sheep and now and then a balloon. */
export function drawMeadow(scene: Scene, random: Random): Shot {
  const { width, height, back } = scene;
  const light = pickLight(random);
  const horizon = height * random.between(0.42, 0.52);
  drawSky(scene, random, light, horizon);
  drawRanges(scene, random, light, horizon);
  const grass = mix(hsl(random.between(70, 105), random.between(0.32, 0.48), random.between(0.38, 0.46)), light.horizon, 0.08);
  back.paint([...ridge(random, width, horizon + height * 0.05, height * 0.03), [width, height], [0, height]], back.linear([[0, mix(grass, light.horizon, 0.35)], [0.4, grass], [1, darker(grass, 0.32)]]));
  if (random.chance(0.4)) drawPath(scene, random, horizon + height * 0.1);
  if (random.chance(0.45)) drawBalloon(scene, random, width * random.between(0.15, 0.85), horizon * random.between(0.22, 0.5), height * random.between(0.055, 0.1));

  const near = (y: number): number => (y - horizon) / (height - horizon);
  const standing = Array.from({ length: random.int(7, 12) }, () => horizon + (height - horizon) * (0.12 + 0.78 * random.next() ** 1.4)).toSorted((a, b) => a - b);
  let houses = random.int(0, 2);
  for (const y of standing) {
    const x = width * random.between(0.03, 0.97);
    const scale = 0.35 + near(y) * 1.1;
    const what = random.next();
    if (houses > 0 && near(y) < 0.4) {
      drawHouse(scene, random, { x, y, size: height * 0.13 * (0.5 + scale * 0.8), light });
      houses--;
    } else if (what < 0.3) drawFir(scene, random, { x, y, height: height * 0.24 * scale, leaf: mix(hsl(random.between(128, 158), 0.34, random.between(0.24, 0.32)), light.horizon, 0.08) });
    else if (what < 0.52) drawTree(scene, random, { x, y, height: height * 0.26 * scale, leaf: foliage(random, light) });
    else if (what < 0.62) drawBush(scene, random, { x, y, height: height * 0.05 * scale, leaf: foliage(random, light) });
    else drawSheep(scene, random, { x, y, size: height * 0.048 * scale });
  }
  return {
    light: light.name,
    hour: light.hour,
    look: { surfaces: [{ kind: 'ground', fromY: horizon / height + 0.075, strength: 0.26 }], softness: 1.6, noise: light.noise, vignette: 0.24, tint: light.tint },
  };
}

/** A jagged or gentle line from left to right. */
function ridge(random: Random, width: number, y: number, swing: number): Xy[] {
  const waves = [1.3, 2.7, 5.1, 11, 23].map((count) => ({ count, phase: random.between(0, 6.3), size: random.between(0.4, 1) / count ** 0.8 }));
  return Array.from({ length: 97 }, (_, at): Xy => {
    const x = (at / 96) * width;
    return [x, y - swing * waves.reduce((sum, { count, phase, size }) => sum + Math.sin((x / width) * count * 3 + phase) * size, 0)];
  });
}

function drawRanges({ width, height, back }: Scene, random: Random, light: Light, horizon: number): void {
  const stone = mix(hsl(random.pick([214, 226, 260, 200]), 0.24, 0.44), light.horizon, 0.1);
  const ranges = random.int(2, 4);
  for (let range = 0; range < ranges; range++) {
    const far = 1 - (range + 1) / (ranges + 1);
    const colour = mix(mix(stone, [74, 108, 86], 1 - far - 0.2), light.horizon, far * 0.75);
    const line = ridge(random, width, horizon - height * far * 0.17, height * (0.07 * far + 0.025));
    back.paint([...line, [width, horizon + height * 0.2], [0, horizon + height * 0.2]], back.linear([[0, colour], [1, mix(colour, light.horizon, 0.45)]]));
  }
}

function drawPath({ width, height, back }: Scene, random: Random, top: number): void {
  const [from, to] = [width * random.between(0.3, 0.7), width * random.between(0.2, 0.8)];
  const bend = width * random.between(-0.25, 0.25);
  const side = (sign: number): Xy[] =>
    Array.from({ length: 25 }, (_, at): Xy => {
      const t = at / 24;
      const middle = (1 - t) ** 2 * from + 2 * t * (1 - t) * ((from + to) / 2 + bend) + t * t * to;
      return [middle + sign * (3 + t * t * width * 0.075), top + (height - top) * t];
    });
  back.paint([...side(-1), ...side(1).toReversed()], back.linear([[0, [196, 180, 146]], [1, [164, 138, 102]]]), 0.9);
}

function drawHouse({ front: layer, truth }: Scene, random: Random, at: { x: number; y: number; size: number; light: Light }): void {
  const { x, y, size } = at;
  const wall = random.pick<Rgb>([[232, 224, 208], [206, 170, 130], [190, 120, 96], [214, 210, 204]]);
  const roof = random.pick<Rgb>([[150, 74, 56], [98, 84, 80], [120, 60, 48]]);
  const [half, tall] = [size * 0.72, size * 0.62];
  layer.shadow({ cx: x + half * 0.3, cy: y, rx: half * 1.5, ry: size * 0.1 }, 0.6);
  layer.rect({ x: x - half, y: y - tall, width: half * 2, height: tall }, layer.linear([[0, lighter(wall, 0.1)], [1, darker(wall, 0.3)]], [0, 0], [1, 0.2]));
  const roofing: Outline = [[x - half * 1.12, y - tall], [x - half * 0.72, y - tall - size * 0.46], [x + half * 0.72, y - tall - size * 0.46], [x + half * 1.12, y - tall]];
  layer.rect({ x: x + half * 0.34, y: y - tall - size * 0.62, width: size * 0.12, height: size * 0.3 }, darker(wall, 0.4));
  layer.paint(roofing, layer.linear([[0, lighter(roof, 0.18)], [1, darker(roof, 0.25)]]));
  for (const column of [-0.62, 0.36]) {
    layer.rect({ x: x + half * column - 1.5, y: y - tall * 0.76, width: half * 0.36, height: tall * 0.36 }, [246, 244, 238]);
    layer.rect({ x: x + half * column + 1, y: y - tall * 0.72, width: half * 0.36 - 5, height: tall * 0.28 }, layer.linear([[0, [168, 190, 206]], [1, [62, 74, 90]]]));
  }
  layer.rect({ x: x - half * 0.14, y: y - tall * 0.56, width: half * 0.3, height: tall * 0.56 }, darker(roof, 0.35));
  truth.box('house', [...roofing, [x + half * 0.34, y - tall - size * 0.62], [x - half, y], [x + half, y]]);
}

function drawSheep({ front: layer, truth }: Scene, random: Random, at: { x: number; y: number; size: number }): void {
  const { x, y, size } = at;
  const mirrored = random.chance(0.5);
  const to = (points: Outline): Outline => place(points, { x, y, scale: size, mirrored });
  const wool: Rgb = random.chance(0.12) ? [74, 66, 60] : [238, 232, 220];
  const face: Rgb = random.chance(0.5) ? [48, 42, 40] : [206, 190, 170];
  layer.shadow({ cx: x + size * 0.1, cy: y, rx: size * 1.15, ry: size * 0.2 }, 0.6);
  for (const leg of [-0.62, -0.36, 0.3, 0.55]) layer.paint(to([[leg, -0.6], [leg + 0.13, -0.6], [leg + 0.11, 0], [leg + 0.02, 0]]), darker(face, 0.2));
  const fleece = circle(-0.05, -0.88, 0.92, 0.56, 60).map(([px, py], index): Xy => [px * (1 + 0.035 * Math.sin(index * 1.7)), py + 0.035 * Math.cos(index * 2.1)]);
  layer.paint(to(fleece), layer.linear([[0, lighter(wool, 0.4)], [0.5, wool], [1, darker(wool, 0.45)]]));
  for (let curl = 0; curl < 16; curl++) {
    const [turn, reach] = [random.between(0, 6.3), Math.sqrt(random.next()) * 0.8];
    const [spot] = to([[-0.05 + Math.cos(turn) * reach * 0.85, -0.88 + Math.sin(turn) * reach * 0.5]]);
    if (spot) layer.ellipse({ cx: spot[0], cy: spot[1], rx: size * 0.15, ry: size * 0.11 }, darker(wool, 0.16), 0.28);
  }
  const isGrazing = random.chance(0.5);
  const head: Outline = isGrazing ? smooth([[0.72, -0.92], [1.02, -0.86], [1.2, -0.42], [1.14, -0.12], [0.98, -0.12], [0.84, -0.5]], 5) : smooth([[0.7, -1.1], [0.84, -1.4], [1.08, -1.42], [1.4, -1.14], [1.38, -0.98], [1.02, -0.92]], 5);
  layer.paint(to(head), layer.linear([[0, lighter(face, 0.2)], [1, face]]));
  layer.paint(to(isGrazing ? smooth([[0.72, -0.9], [0.5, -0.78], [0.62, -0.66]], 4) : smooth([[0.82, -1.36], [0.6, -1.3], [0.74, -1.18]], 4)), darker(face, 0.15));
  truth.box('sheep', [...to(fleece), ...to(head), ...to([[-0.62, 0], [0.66, 0]])]);
}

function drawBalloon({ front: layer, truth }: Scene, random: Random, x: number, y: number, size: number): void {
  const colour = hsl(random.between(0, 360), 0.7, 0.52);
  const other = random.chance(0.5) ? hsl(random.between(0, 360), 0.75, 0.6) : ([250, 244, 230] as Rgb);
  const side = (reach: number): Xy[] => Array.from({ length: 21 }, (_, at): Xy => {
    const t = at / 20;
    const swell = Math.sin(Math.PI * Math.min(1, t * 0.82 + 0.001)) ** 0.62;
    return [x + reach * size * swell, y - size * 1.05 + t * size * 2.2];
  });
  const gores = 9;
  const envelope: Outline = [...side(-1), ...side(1).toReversed()];
  for (let gore = 0; gore < gores; gore++) {
    const [from, to] = [Math.sin((gore / gores - 0.5) * Math.PI), Math.sin(((gore + 1) / gores - 0.5) * Math.PI)];
    layer.paint([...side(from), ...side(to).toReversed()], gore % 2 === 0 ? colour : other);
  }
  layer.paint(envelope, layer.radial([[0, [255, 255, 255], 0.35], [0.45, [255, 255, 255], 0], [1, [10, 10, 40], 0.45]], [0.35, 0.3], 0.8));
  const [top, basket] = [y + size * 1.15, size * 0.24];
  for (const rope of [-1, 1]) layer.stroke([[x + rope * size * 0.42, top], [x + rope * basket * 0.45, top + size * 0.42]], [70, 60, 50], size * 0.02);
  const crate = rounded([[x - basket / 2, top + size * 0.4], [x + basket / 2, top + size * 0.4], [x + basket * 0.42, top + size * 0.62], [x - basket * 0.42, top + size * 0.62]], 2);
  layer.paint(crate, [120, 82, 48]);
  truth.box('hot air balloon', [...envelope, ...crate]);
}
