import type { Xy } from '@fovea/contract';
import { darker, hsl, lighter, mix, type Rgb } from '../colour.ts';
import type { Layer, Scene } from '../drawing.ts';
import { hairTones, skinTones } from '../objects/person.ts';
import { circle, type Outline, place, rounded, smooth } from '../outline.ts';
import type { Random } from '../random.ts';
import { pickLight, type Shot } from './light.ts';

/** Head and shoulders of somebody before a background far out of focus. Drawn in units of half the face's width. */
export function drawPortrait(scene: Scene, random: Random): Shot {
  const { width, height } = scene;
  const light = pickLight(random);
  drawBokeh(scene, random, light.horizon);
  const scale = Math.min(width, height) * random.between(0.175, 0.2);
  const at = { x: width * random.between(0.42, 0.58), y: height * random.between(0.4, 0.45), scale, angle: random.between(-0.05, 0.05) };
  const look: Looks = {
    skin: random.pick(skinTones),
    hair: random.pick(hairTones),
    cloth: hsl(random.between(0, 360), random.between(0.2, 0.6), random.between(0.25, 0.6)),
    isLong: random.chance(0.5),
    hasGlasses: random.chance(0.35),
    hasBeard: false,
  };
  drawFigure(scene, random, { ...look, hasBeard: !look.isLong && random.chance(0.35) }, (points) => place(points, at));
  return {
    light: light.name,
    hour: light.hour,
    look: { surfaces: [], softness: 9, noise: light.noise * 0.8, vignette: 0.4, tint: light.tint },
  };
}

interface Looks {
  readonly skin: Rgb;
  readonly hair: Rgb;
  readonly cloth: Rgb;
  readonly isLong: boolean;
  readonly hasGlasses: boolean;
  readonly hasBeard: boolean;
}

type To = (points: Outline) => Outline;

function drawBokeh({ width, height, back }: Scene, random: Random, glow: Rgb): void {
  const hue = random.pick([95, 130, 205, 28, 260]);
  const [far, near] = [hsl(hue, 0.28, random.between(0.3, 0.55)), hsl(hue + 40, 0.3, random.between(0.22, 0.4))];
  back.rect({ x: 0, y: 0, width, height }, back.linear([[0, mix(far, glow, 0.35)], [1, near]], [0.2, 0], [0.8, 1]));
  for (let patch = 0; patch < 12; patch++) {
    const colour = hsl(hue + random.between(-50, 60), 0.35, random.between(0.25, 0.65));
    back.ellipse({ cx: random.between(0, width), cy: random.between(0, height), rx: width * random.between(0.1, 0.3) }, back.radial([[0, colour, 0.55], [1, colour, 0]]));
  }
  for (let dot = 0; dot < 26; dot++) {
    const colour = mix(hsl(random.between(20, 60), 0.6, 0.75), glow, 0.5);
    const opacity = random.between(0.12, 0.4);
    back.ellipse({ cx: random.between(0, width), cy: random.between(0, height * 0.75), rx: random.between(14, 48) }, back.radial([[0, colour, opacity], [0.82, colour, opacity], [0.93, lighter(colour, 0.4), opacity * 1.3], [1, colour, 0]]));
  }
}

const faceShape: Outline = smooth([[0, -1.3], [0.56, -1.18], [0.9, -0.72], [0.97, -0.12], [0.9, 0.42], [0.66, 0.92], [0.32, 1.22], [0, 1.3], [-0.32, 1.22], [-0.66, 0.92], [-0.9, 0.42], [-0.97, -0.12], [-0.9, -0.72], [-0.56, -1.18]], 6);

function drawFigure({ front: layer, truth }: Scene, random: Random, looks: Looks, to: To): void {
  const { skin, hair, cloth } = looks;
  const mane: Outline = smooth(looks.isLong ? [[0, -1.66], [0.74, -1.5], [1.22, -0.9], [1.32, 0.1], [1.42, 1.2], [1.3, 2.1], [0.7, 2.35], [-0.7, 2.35], [-1.3, 2.1], [-1.42, 1.2], [-1.32, 0.1], [-1.22, -0.9], [-0.74, -1.5]] : [[0, -1.6], [0.66, -1.46], [1.08, -0.9], [1.08, -0.2], [0.9, 0.2], [-0.9, 0.2], [-1.08, -0.2], [-1.08, -0.9], [-0.66, -1.46]], 6);
  layer.paint(to(mane), layer.linear([[0, lighter(hair, 0.2)], [0.5, hair], [1, darker(hair, 0.45)]], [0.1, 0], [0.9, 1]));
  const shoulders: Outline = smooth([[-0.62, 1.72], [-1.3, 2.02], [-2.1, 2.36], [-2.55, 3.1], [-2.75, 5], [2.75, 5], [2.55, 3.1], [2.1, 2.36], [1.3, 2.02], [0.62, 1.72], [0, 1.95]], 6);
  const neck: Outline = rounded([[-0.5, 0.7], [0.5, 0.7], [0.62, 1.8], [0.2, 2.3], [-0.2, 2.3], [-0.62, 1.8]], 0.2);
  layer.paint(to(neck), layer.linear([[0, darker(skin, 0.42)], [0.45, darker(skin, 0.16)], [1, darker(skin, 0.06)]]));
  layer.paint(to(shoulders), layer.linear([[0, lighter(cloth, 0.14)], [0.45, cloth], [1, darker(cloth, 0.45)]], [0.1, 0], [0.9, 0.7]));
  drawCollar(layer, random, cloth, skin, to);
  for (const side of [-1, 1]) layer.paint(to(circle(side * 0.98, 0.05, 0.15, 0.28)), layer.linear([[0, darker(skin, 0.05)], [1, darker(skin, 0.25)]]));
  layer.paint(to(faceShape), layer.radial([[0, lighter(skin, 0.24)], [0.5, lighter(skin, 0.04)], [0.8, darker(skin, 0.1)], [1, darker(skin, 0.32)]], [0.4, 0.42], 0.68));
  if (looks.hasBeard) drawBeard(layer, hair, to);
  drawFeatures(layer, random, looks, to);
  drawFringe(layer, random, looks, to);
  if (looks.hasGlasses) drawGlasses();
  truth.polygon('person', outlineOf([to(mane), to(faceShape), to(neck), to(shoulders)]));
  truth.polygon('face', to(faceShape));

  function drawGlasses(): void {
    const frame: Rgb = random.pick([[34, 30, 32], [96, 58, 34], [160, 130, 70]]);
    const rims = [-1, 1].map((side) => to(rounded([[side * 0.42 - 0.31, -0.28], [side * 0.42 + 0.31, -0.28], [side * 0.42 + 0.27, 0.2], [side * 0.42 - 0.27, 0.2]], 0.16)));
    for (const rim of rims) {
      layer.paint(rim, layer.linear([[0, [255, 255, 255], 0.28], [0.5, [200, 220, 240], 0.08], [1, [255, 255, 255], 0.2]], [0, 0], [1, 1]));
      layer.stroke([...rim, ...rim.slice(0, 1)], frame, sizeOf(to) * 0.05);
    }
    layer.stroke(to([[-0.12, -0.14], [0, -0.2], [0.12, -0.14]]), frame, sizeOf(to) * 0.05);
    for (const side of [-1, 1]) layer.stroke(to([[side * 0.73, -0.18], [side * 0.97, -0.14]]), frame, sizeOf(to) * 0.05);
    truth.box('glasses', rims.flat());
  }
}

/** Pixels of one unit. */
function sizeOf(to: To): number {
  const [a = [0, 0], b = [1, 0]] = to([[0, 0], [1, 0]]);
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}

/** The rim of shapes that lie over each other, row by row. */
function outlineOf(shapes: readonly Outline[]): Outline {
  const rows = new Map<number, [number, number]>();
  for (const shape of shapes) {
    shape.forEach(([x1, y1], index) => {
      const [x2, y2] = shape[(index + 1) % shape.length] ?? [x1, y1];
      const steps = Math.max(1, Math.ceil(Math.abs(y2 - y1) / 4));
      for (let step = 0; step <= steps; step++) {
        const [x, row] = [x1 + ((x2 - x1) * step) / steps, Math.round((y1 + ((y2 - y1) * step) / steps) / 8)];
        const [low, high] = rows.get(row) ?? [x, x];
        rows.set(row, [Math.min(low, x), Math.max(high, x)]);
      }
    });
  }
  const ordered = [...rows].toSorted(([a], [b]) => a - b);
  return [...ordered.map(([row, [low]]): Xy => [low, row * 8]), ...ordered.toReversed().map(([row, [, high]]): Xy => [high, row * 8])];
}

function drawCollar(layer: Layer, random: Random, cloth: Rgb, skin: Rgb, to: To): void {
  if (random.chance(0.5)) {
    layer.paint(to(smooth([[-0.66, 1.72], [-0.3, 1.55], [0.3, 1.55], [0.66, 1.72], [0.36, 2.36], [0, 2.62], [-0.36, 2.36]], 6)), darker(skin, 0.1));
    layer.bend(to([[-0.66, 1.72], [-0.36, 2.36], [0, 2.62], [0.36, 2.36], [0.66, 1.72]]), darker(cloth, 0.3), sizeOf(to) * 0.06);
    return;
  }
  const white: Rgb = random.chance(0.5) ? [240, 240, 238] : lighter(cloth, 0.3);
  for (const side of [-1, 1]) layer.paint(to([[side * 0.6, 1.6], [side * 0.98, 1.98], [side * 0.5, 2.62], [0, 2.16]]), layer.linear([[0, white], [1, darker(white, 0.22)]]));
  layer.stroke(to([[0, 2.2], [0, 5]]), darker(cloth, 0.4), sizeOf(to) * 0.03, 0.7);
  for (let button = 0; button < 4; button++) layer.paint(to(circle(0.09, 2.7 + button * 0.55, 0.055)), lighter(cloth, 0.5));
}

function drawBeard(layer: Layer, hair: Rgb, to: To): void {
  const beard = smooth([[-0.93, 0.3], [-0.78, 0.52], [-0.42, 0.56], [0, 0.5], [0.42, 0.56], [0.78, 0.52], [0.93, 0.3], [0.72, 0.98], [0.34, 1.32], [0, 1.4], [-0.34, 1.32], [-0.72, 0.98]], 6);
  layer.paint(to(beard), layer.linear([[0, hair, 0.55], [0.4, hair, 0.9], [1, darker(hair, 0.3), 0.95]]));
}

function drawFeatures(layer: Layer, random: Random, { skin, hair }: Looks, to: To): void {
  const unit = sizeOf(to);
  const iris = random.pick<Rgb>([[92, 62, 38], [74, 108, 140], [84, 116, 84], [58, 40, 30]]);
  const smile = random.between(0.03, 0.13);
  for (const side of [-1, 1]) {
    const x = side * 0.42;
    layer.paint(to(circle(x, -0.06, 0.27, 0.2)), darker(skin, 0.3), 0.28);
    const almond = smooth([[x - 0.22, 0], [x - 0.08, -0.115], [x + 0.1, -0.115], [x + 0.22, 0], [x + 0.08, 0.085], [x - 0.08, 0.085]], 5);
    layer.paint(to(almond), [248, 244, 240]);
    layer.paint(to(circle(x, -0.02, 0.105)), layer.radial([[0, lighter(iris, 0.25)], [1, darker(iris, 0.4)]]));
    layer.paint(to(circle(x, -0.02, 0.05)), [14, 12, 14]);
    layer.paint(to(circle(x - 0.035, -0.055, 0.026)), [255, 255, 255]);
    layer.bend(to([[x - 0.235, 0.005], [x - 0.1, -0.115], [x + 0.1, -0.12], [x + 0.235, 0]]), darker(hair, 0.6), unit * 0.035);
    layer.bend(to([[x - side * 0.25, -0.31], [x + side * 0.02, -0.385], [x + side * 0.27, -0.3]]), darker(hair, 0.1), unit * 0.075, 0.85);
    layer.paint(to(circle(side * 0.52, 0.4, 0.3, 0.22)), layer.radial([[0, [220, 96, 84], 0.26], [1, [220, 96, 84], 0]]));
  }
  layer.bend(to([[0.1, -0.1], [0.13, 0.2], [0.18, 0.34]]), darker(skin, 0.3), unit * 0.035, 0.4);
  layer.bend(to([[-0.17, 0.36], [-0.07, 0.42], [0.07, 0.42], [0.18, 0.36]]), darker(skin, 0.45), unit * 0.04, 0.7);
  const lips = mix(skin, [176, 62, 66], random.between(0.3, 0.6));
  const mouth = smooth([[-0.34, 0.72 - smile], [-0.12, 0.66], [0, 0.69], [0.12, 0.66], [0.34, 0.72 - smile], [0.18, 0.82 + smile * 0.4], [0, 0.85 + smile * 0.4], [-0.18, 0.82 + smile * 0.4]], 6);
  layer.paint(to(mouth), layer.linear([[0, darker(lips, 0.2)], [0.5, lips], [1, lighter(lips, 0.16)]]));
  layer.bend(to([[-0.33, 0.72 - smile], [0, 0.745 + smile * 0.3], [0.33, 0.72 - smile]]), darker(lips, 0.5), unit * 0.026);
}

function drawFringe(layer: Layer, random: Random, { hair, isLong }: Looks, to: To): void {
  const part = random.between(-0.5, 0.5);
  const fringe: Outline = smooth(
    isLong
      ? [[part, -1.58], [0.62, -1.44], [1.06, -0.9], [1.14, 0.2], [1.02, 0.5], [0.94, -0.3], [0.7, -0.86], [part, -1.16], [-0.7, -0.86], [-0.94, -0.3], [-1.02, 0.5], [-1.14, 0.2], [-1.06, -0.9], [-0.62, -1.44]]
      : [[0, -1.58], [0.62, -1.44], [1.04, -0.92], [1.02, -0.28], [0.92, -0.32], [0.84, -0.74], [0.4 + part * 0.4, -0.94], [part, -0.82], [-0.5 + part * 0.4, -0.96], [-0.84, -0.74], [-0.92, -0.32], [-1.02, -0.28], [-1.04, -0.92], [-0.62, -1.44]],
    6,
  );
  layer.paint(to(fringe), layer.linear([[0, lighter(hair, 0.26)], [0.6, hair], [1, darker(hair, 0.25)]], [0.2, 0], [0.7, 1]));
  const unit = sizeOf(to);
  for (let strand = 0; strand < 9; strand++) {
    const x = random.between(-0.8, 0.8);
    layer.bend(to([[part * 0.8 + x * 0.2, -1.5], [part * 0.4 + x * 0.7, -1.36], [x * 1.02, -1.18 + Math.abs(x) * 0.22]]), lighter(hair, 0.4), unit * 0.02, 0.35);
  }
}
