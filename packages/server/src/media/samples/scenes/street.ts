import { darker, hsl, lighter, mix, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { carPaint, drawVehicle, type Vehicle } from '../objects/car.ts';
import { drawPerson } from '../objects/person.ts';
import { drawTree } from '../objects/plant.ts';
import { circle, place, rounded } from '../outline.ts';
import type { Random } from '../random.ts';
import { dim, drawSky, foliage, type Light, pickLight, type Shot } from './light.ts';

/** A street with nobody in it: sky, houses, pavement, road. */
export interface EmptyStreet {
  readonly light: Light;
  /** Where the road begins, in pixels from the top. */
  readonly kerb: number;
  readonly shot: Shot;
}

export function drawEmptyStreet(scene: Scene, random: Random, light: Light): EmptyStreet {
  const { height } = scene;
  const kerb = height * random.between(0.6, 0.65);
  drawSky(scene, random, light, kerb * 0.7);
  drawHouses(scene, random, light, kerb - height * 0.055);
  drawGround(scene, random, light, kerb);
  const surfaces = [
    { kind: 'ground', fromY: kerb / height, strength: 0.12 },
    { kind: 'flat', fromY: 0.1, toY: kerb / height, strength: 0.07 },
  ] as const;
  return { light, kerb, shot: { light: light.name, hour: light.hour, look: { surfaces, softness: 1.4, noise: light.noise, vignette: 0.22, tint: light.tint } } };
}

/** A street seen from across it: houses, pavement, people, trees, parked and passing vehicles. */
export function drawStreet(scene: Scene, random: Random): Shot {
  const { width, height } = scene;
  const { light, kerb, shot } = drawEmptyStreet(scene, random, pickLight(random, true));
  const unit = height / 960;
  if (random.chance(0.8)) drawTrees(scene, random, light, kerb, random.int(1, 3));
  if (random.chance(0.75)) drawLamp(scene, width * random.between(0.1, 0.9), kerb, 300 * unit, light);
  if (random.chance(0.5)) drawSign(scene, random, width * random.between(0.08, 0.92), kerb, 190 * unit);
  const walkers = random.int(2, 5);
  for (let walker = 0; walker < walkers; walker++) {
    drawPerson(scene, random, {
      x: width * (0.06 + (0.88 * (walker + random.between(0.15, 0.85))) / walkers),
      y: kerb - height * random.between(-0.008, 0.022),
      height: 152 * unit * random.between(0.9, 1.08),
    });
  }
  drawTraffic(scene, random, light, kerb);
  return shot;
}

export function drawTrees(scene: Scene, random: Random, light: Light, kerb: number, count: number): void {
  const { width, height } = scene;
  for (let tree = 0; tree < count; tree++) {
    drawTree(scene, random, { x: width * random.between(0.04, 0.96), y: kerb - height * 0.012, height: height * random.between(0.36, 0.5), leaf: foliage(random, light) });
  }
}

function drawHouses({ width, height, back }: Scene, random: Random, light: Light, foot: number): void {
  let x = -random.between(0, 90);
  while (x < width) {
    const wide = width * random.between(0.14, 0.24);
    const tall = height * random.between(0.3, 0.52);
    const wall = dim(hsl(random.pick([18, 30, 40, 8, 205, 48]), random.between(0.12, 0.42), random.between(0.56, 0.8)), light);
    const top = foot - tall;
    back.rect({ x, y: top, width: wide + 1, height: tall + 6 }, back.linear([[0, lighter(wall, 0.08)], [1, darker(wall, 0.2)]], [0, 0], [1, 1]));
    const roof = dim(random.pick<Rgb>([[134, 74, 58], [92, 84, 86], [110, 62, 50]]), light);
    if (random.chance(0.6)) back.paint([[x - 6, top], [x + wide * 0.12, top - tall * 0.13], [x + wide * 0.88, top - tall * 0.13], [x + wide + 6, top]], back.linear([[0, lighter(roof, 0.12)], [1, darker(roof, 0.15)]]));
    else back.rect({ x: x - 3, y: top - 8, width: wide + 6, height: 14 }, darker(wall, 0.3));
    drawWindows(back, random, { x, top, wide, tall, wall }, light);
    x += wide + (random.chance(0.18) ? random.between(20, 70) : 0);
  }
}

function drawWindows(back: Scene['back'], random: Random, house: { x: number; top: number; wide: number; tall: number; wall: Rgb }, light: Light): void {
  const { x, top, wide, tall, wall } = house;
  const [columns, rows] = [Math.max(2, Math.round(wide / 62)), Math.max(2, Math.round(tall / 92))];
  const hasShop = random.chance(0.5);
  const pane = back.linear([[0, mix(light.zenith, [230, 238, 244], 0.35)], [0.5, [96, 116, 138]], [1, [52, 62, 78]]], [0, 0], [0.6, 1]);
  for (let row = 0; row < rows - (hasShop ? 1 : 0); row++) {
    for (let column = 0; column < columns; column++) {
      const [w, h] = [(wide / columns) * 0.5, (tall / rows) * 0.56];
      const [left, up] = [x + (wide * (column + 0.5)) / columns - w / 2, top + (tall * (row + 0.5)) / rows - h / 2];
      const isLit = light.name === 'night' && random.chance(0.45);
      back.rect({ x: left - 3.5, y: up - 3.5, width: w + 7, height: h + 8 }, lighter(wall, 0.4));
      back.rect({ x: left, y: up, width: w, height: h }, isLit ? [255, 214, 140] : light.name === 'night' ? [26, 30, 48] : pane);
      back.rect({ x: left + w / 2 - 1.5, y: up, width: 3, height: h }, lighter(wall, 0.35));
      back.rect({ x: left - 6, y: up + h + 3, width: w + 12, height: 5 }, darker(wall, 0.25));
    }
  }
  if (!hasShop) return;
  const awning = hsl(random.between(0, 360), 0.5, light.name === 'night' ? 0.2 : 0.45);
  const [shopTop, shopTall] = [top + (tall * (rows - 1)) / rows, tall / rows];
  const isOpen = light.name === 'night';
  back.rect({ x: x + wide * 0.06, y: shopTop + shopTall * 0.22, width: wide * 0.88, height: shopTall * 0.8 }, isOpen ? back.linear([[0, [255, 226, 160]], [1, [196, 140, 80]]]) : back.linear([[0, [120, 138, 152]], [1, [46, 54, 66]]], [0, 0], [0.5, 1]));
  for (let stripe = 0; stripe < 8; stripe++) {
    back.rect({ x: x + wide * (0.04 + stripe * 0.115), y: shopTop + shopTall * 0.1, width: wide * 0.115, height: shopTall * 0.22 }, stripe % 2 === 0 ? awning : lighter(awning, 0.8));
  }
}

function drawGround({ width, height, back }: Scene, random: Random, light: Light, kerb: number): void {
  const stone = dim([178, 172, 164], light);
  const road = dim(mix([92, 94, 98], light.horizon, 0.1), light, 0.55);
  back.rect({ x: 0, y: kerb - height * 0.058, width, height: height * 0.07 }, back.linear([[0, darker(stone, 0.12)], [1, stone]]));
  back.rect({ x: 0, y: kerb, width, height: height - kerb }, back.linear([[0, darker(road, 0.14)], [0.35, road], [1, darker(road, 0.12)]]));
  back.rect({ x: 0, y: kerb, width, height: 7 }, lighter(stone, 0.22));
  back.rect({ x: 0, y: kerb + 7, width, height: 8 }, darker(stone, 0.5));
  const line = kerb + (height - kerb) * 0.5;
  const start = random.between(0, 160);
  for (let x = -start; x < width; x += 230) back.paint([[x, line], [x + 120, line], [x + 114, line + 11], [x - 8, line + 11]], dim([236, 234, 224], light, 0.4), 0.85);
}

function drawTraffic(scene: Scene, random: Random, light: Light, kerb: number): void {
  const { width, height } = scene;
  const isNight = light.name === 'night';
  const pick = (): Vehicle => random.pick(['sedan', 'sedan', 'hatchback', 'hatchback', 'van', 'bus']);
  const lanes = [{ y: kerb + height * 0.085, length: width * 0.235, mirrored: true, count: random.int(1, 3) }, { y: kerb + height * 0.275, length: width * 0.34, mirrored: false, count: random.int(0, 2) }];
  for (const lane of lanes) {
    let x = width * random.between(0.02, 0.28);
    for (let place = 0; place < lane.count; place++) {
      const vehicle = pick();
      const half = (vehicle === 'bus' ? 0.93 : 0.53) * lane.length;
      const paint = dim(carPaint(random), light, 0.5);
      drawVehicle(scene, vehicle, paint, { x: x + half, y: lane.y, length: lane.length, mirrored: lane.mirrored, isNight });
      x += 2 * half + width * random.between(0.05, 0.28);
    }
  }
}

function drawLamp({ front: layer, truth }: Scene, x: number, foot: number, tall: number, light: Light): void {
  const iron: Rgb = [52, 56, 62];
  layer.shadow({ cx: x, cy: foot - 4, rx: tall * 0.06, ry: tall * 0.012 }, 0.6);
  layer.stroke([[x, foot - 4], [x, foot - tall]], iron, tall * 0.022);
  layer.stroke([[x, foot - tall], [x + tall * 0.07, foot - tall * 1.05], [x + tall * 0.16, foot - tall * 1.05]], iron, tall * 0.02);
  const [cx, cy] = [x + tall * 0.17, foot - tall * 1.035];
  if (light.name === 'night') {
    layer.ellipse({ cx, cy: cy + 4, rx: tall * 0.55 }, layer.radial([[0, [255, 224, 150], 0.85], [0.25, [255, 214, 140], 0.28], [1, [255, 214, 140], 0]]));
    layer.ellipse({ cx: x + tall * 0.1, cy: foot, rx: tall * 0.8, ry: tall * 0.14 }, layer.radial([[0, [255, 220, 150], 0.35], [1, [255, 220, 150], 0]]));
  }
  layer.ellipse({ cx, cy, rx: tall * 0.055, ry: tall * 0.02 }, light.name === 'night' ? [255, 240, 200] : [214, 216, 212]);
  truth.box('street lamp', [[x - tall * 0.012, foot - tall * 1.06], [cx + tall * 0.055, foot - tall * 1.06], [cx + tall * 0.055, foot - 4], [x - tall * 0.012, foot - 4]]);
}

function drawSign({ front: layer, truth }: Scene, random: Random, x: number, foot: number, tall: number): void {
  layer.stroke([[x, foot - 4], [x, foot - tall]], [126, 130, 134], tall * 0.03);
  const kind = random.pick(['stop', 'limit', 'crossing']);
  const size = tall * 0.16;
  const at = { x, y: foot - tall, scale: size };
  const shape = kind === 'stop' ? place(circle(0, 0, 1, 1, 8), { ...at, angle: Math.PI / 8 }) : kind === 'limit' ? place(circle(0, 0, 1), at) : place(rounded([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]], 0.16), at);
  layer.paint(shape, kind === 'crossing' ? [30, 92, 176] : [198, 30, 36]);
  if (kind === 'limit') layer.ellipse({ cx: at.x, cy: at.y, rx: size * 0.74 }, [250, 250, 248]);
  if (kind === 'crossing') layer.paint(place([[0, -0.62], [0.64, 0.5], [-0.64, 0.5]], at), [246, 246, 246]);
  const text = kind === 'stop' ? 'STOP' : kind === 'limit' ? String(random.pick([30, 50, 60])) : '';
  // The letters are drawn as bars: what fonts a machine has must not change the picture.
  const bars = text.length;
  for (let bar = 0; bar < bars; bar++) {
    const left = at.x + size * (bar - bars / 2 + 0.15) * (kind === 'stop' ? 0.36 : 0.5);
    layer.rect({ x: left, y: at.y - size * 0.25, width: size * (kind === 'stop' ? 0.22 : 0.32), height: size * 0.5, radius: size * 0.09 }, kind === 'stop' ? [250, 250, 250] : [24, 24, 28]);
  }
  truth.box('traffic sign', shape, { sign: kind });
}
