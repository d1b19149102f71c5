import type { Xy } from '@fovea/contract';
import { darker, hsl, lighter, mix, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { drawPerson } from '../objects/person.ts';
import { circle, type Outline, place, rounded, smooth } from '../outline.ts';
import type { Random } from '../random.ts';
import { drawSky, pickLight, type Shot } from './light.ts';

/** Sand and sea with umbrellas, balls, buckets, people and sailing boats. */
export function drawBeach(scene: Scene, random: Random): Shot {
  const { width, height, back } = scene;
  const light = pickLight(random);
  const horizon = height * random.between(0.36, 0.44);
  const shore = horizon + height * random.between(0.14, 0.2);
  drawSky(scene, random, light, horizon);
  const sea = mix(hsl(random.between(186, 206), 0.55, 0.4), light.horizon, 0.16);
  back.rect({ x: 0, y: horizon, width, height: shore - horizon + 30 }, back.linear([[0, mix(sea, light.horizon, 0.35)], [0.3, darker(sea, 0.15)], [1, lighter(sea, 0.3)]]));
  const waterline = (offset: number): Xy[] => Array.from({ length: 49 }, (_, at): Xy => [(at / 48) * width, shore + offset + Math.sin(at * 0.34 + offset) * 6 + Math.sin(at * 0.13) * 10]);
  const sand = mix([228, 204, 162], light.horizon, 0.12);
  back.paint([...waterline(0), [width, height], [0, height]], back.linear([[0, darker(sand, 0.22)], [0.12, sand], [1, darker(sand, 0.1)]]));
  back.stroke(waterline(-4), [255, 255, 255], 9, 0.85);
  back.stroke(waterline(-20), [255, 255, 255], 4, 0.5);
  for (let boat = random.int(0, 3); boat > 0; boat--) drawBoat(scene, random, width * random.between(0.06, 0.94), horizon + (shore - horizon) * random.between(0.12, 0.5), height * random.between(0.045, 0.085));

  const spots = Array.from({ length: random.int(6, 10) }, (_, index) => ({ x: width * random.between(0.05, 0.95), y: shore + (height - shore) * (0.1 + 0.8 * ((index + random.next()) / 10)) }));
  for (const { x, y } of spots.toSorted((a, b) => a.y - b.y)) {
    const near = 0.5 + (0.85 * (y - shore)) / (height - shore);
    const what = random.next();
    if (what < 0.24) drawUmbrella(scene, random, x, y, height * 0.2 * near);
    else if (what < 0.46) drawPerson(scene, random, { x, y, height: height * 0.235 * near });
    else if (what < 0.8) drawBall(scene, random, x, y, height * 0.042 * near);
    else drawBucket(scene, random, x, y, height * 0.042 * near);
  }
  return {
    light: light.name,
    hour: light.hour,
    look: {
      surfaces: [{ kind: 'water', fromY: horizon / height, toY: shore / height, strength: 0.17 }, { kind: 'ground', fromY: shore / height + 0.02, strength: 0.1 }],
      softness: 1.4,
      noise: light.noise,
      vignette: 0.22,
      tint: light.tint,
    },
  };
}

function drawUmbrella({ front: layer, truth }: Scene, random: Random, x: number, y: number, size: number): void {
  const colour = hsl(random.between(0, 360), 0.68, 0.5);
  const other: Rgb = random.chance(0.7) ? [250, 246, 236] : hsl(random.between(0, 360), 0.6, 0.6);
  const lean = random.between(-0.16, 0.16);
  const to = (points: Outline): Outline => place(points, { x, y, scale: size, angle: lean });
  layer.shadow({ cx: x + size * 0.35, cy: y + size * 0.04, rx: size * 0.95, ry: size * 0.17 }, 0.6);
  layer.stroke(to([[0, 0.03], [0, -1.45]]), [222, 214, 200], size * 0.035);
  const rim = (t: number): Xy => [t * 0.88, -0.88 + 0.035 * Math.cos(t * 9)];
  const panels = 8;
  const canopy: Outline = Array.from({ length: 33 }, (_, at): Xy => [Math.cos(Math.PI - (at / 32) * Math.PI) * 0.88, -0.88 - Math.sin((at / 32) * Math.PI) * 0.54]);
  for (let panel = 0; panel < panels; panel++) {
    const [from, until] = [Math.sin((panel / panels - 0.5) * Math.PI), Math.sin(((panel + 1) / panels - 0.5) * Math.PI)];
    const arc = (reach: number): Xy[] => Array.from({ length: 9 }, (_, at): Xy => {
      const turn = (at / 8) * (Math.PI / 2);
      return [reach * 0.88 * Math.cos(turn), -0.88 - 0.54 * Math.sin(turn)];
    });
    layer.paint(to([...arc(from), ...arc(until).toReversed(), rim(until), [(from + until) * 0.44, -0.85], rim(from)]), panel % 2 === 0 ? colour : other);
  }
  layer.paint(to(canopy), layer.linear([[0, [255, 255, 255], 0.25], [0.45, [255, 255, 255], 0], [1, [20, 16, 50], 0.42]], [0.1, 0], [0.9, 1]));
  truth.polygon('umbrella', to([...canopy, [0.03, -0.88], [0.03, 0.03], [-0.03, 0.03], [-0.03, -0.88]]));
}

function drawBall({ front: layer, truth }: Scene, random: Random, x: number, y: number, size: number): void {
  const kind = random.pick(['beach', 'beach', 'football', 'plain']);
  const base: Rgb = kind === 'plain' ? hsl(random.between(0, 360), 0.72, 0.5) : [246, 246, 244];
  const centre = y - size * 0.96;
  const turn = random.between(0, 6.3);
  layer.shadow({ cx: x + size * 0.3, cy: y, rx: size * 1.2, ry: size * 0.26 }, 0.7);
  const outline = circle(x, centre, size, size, 56);
  layer.paint(outline, base);
  if (kind === 'beach') {
    const hue = random.between(0, 360);
    for (let panel = 0; panel < 3; panel++) {
      const from = turn + (panel / 3) * 2 * Math.PI;
      const wedge = Array.from({ length: 9 }, (_, at): Xy => [x + Math.cos(from + at * 0.13) * size, centre + Math.sin(from + at * 0.13) * size]);
      layer.paint(smooth([[x + size * 0.12, centre - size * 0.14], ...wedge.filter((_, at) => at % 4 === 0)], 6).map(([px, py]): Xy => {
        const reach = Math.hypot(px - x, py - centre);
        return reach > size ? [x + ((px - x) * size) / reach, centre + ((py - centre) * size) / reach] : [px, py];
      }), hsl(hue + panel * 120, 0.75, 0.5));
    }
  } else if (kind === 'football') {
    const patch = (cx: number, cy: number, radius: number): void => layer.paint(place(rounded(circle(0, 0, 1, 1, 5), 0.1), { x: cx, y: cy, scale: radius, angle: turn }), [34, 36, 42]);
    patch(x, centre, size * 0.32);
    for (let around = 0; around < 5; around++) {
      const angle = turn + (around / 5) * 2 * Math.PI + Math.PI / 5;
      patch(x + Math.cos(angle) * size * 0.76, centre + Math.sin(angle) * size * 0.76, size * 0.2);
    }
  }
  layer.paint(outline, layer.radial([[0, [255, 255, 255], 0.55], [0.35, [255, 255, 255], 0], [0.75, [20, 20, 50], 0.18], [1, [20, 20, 50], 0.6]], [0.34, 0.28], 0.8));
  truth.polygon('ball', outline, { attributes: { kind } });
}

function drawBucket({ front: layer, truth }: Scene, random: Random, x: number, y: number, size: number): void {
  const colour = hsl(random.between(0, 360), 0.7, 0.5);
  layer.shadow({ cx: x + size * 0.2, cy: y, rx: size * 1.1, ry: size * 0.24 }, 0.65);
  const body = rounded([[x - size * 0.86, y - size * 1.5], [x + size * 0.86, y - size * 1.5], [x + size * 0.62, y + size * 0.05], [x - size * 0.62, y + size * 0.05]], [0, 0, size * 0.14, size * 0.14]);
  layer.stroke(circle(x, y - size * 1.5, size * 0.82, size * 0.9, 40).slice(20, 41), [240, 240, 236], size * 0.07);
  layer.paint(body, layer.linear([[0, darker(colour, 0.12)], [0.25, lighter(colour, 0.35)], [0.55, colour], [1, darker(colour, 0.45)]], [0, 0], [1, 0]));
  layer.ellipse({ cx: x, cy: y - size * 1.5, rx: size * 0.86, ry: size * 0.2 }, darker(colour, 0.5));
  layer.ellipse({ cx: x, cy: y - size * 1.46, rx: size * 0.78, ry: size * 0.15 }, [206, 182, 140]);
  truth.box('bucket', [...body, [x - size * 0.86, y - size * 2.4], [x + size * 0.86, y - size * 2.4]]);
}

function drawBoat({ front: layer, truth }: Scene, random: Random, x: number, y: number, size: number): void {
  const hull = rounded([[x - size * 0.62, y - size * 0.16], [x + size * 0.74, y - size * 0.2], [x + size * 0.46, y + size * 0.1], [x - size * 0.5, y + size * 0.1]], size * 0.05);
  const sails: readonly Outline[] = [[[x + size * 0.04, y - size * 1.5], [x + size * 0.04, y - size * 0.24], [x + size * 0.66, y - size * 0.28]], [[x - size * 0.03, y - size * 1.36], [x - size * 0.03, y - size * 0.24], [x - size * 0.52, y - size * 0.22]]];
  const cloth: Rgb = random.chance(0.7) ? [252, 250, 244] : hsl(random.between(0, 40), 0.7, 0.55);
  layer.ellipse({ cx: x, cy: y + size * 0.16, rx: size * 0.7, ry: size * 0.06 }, [255, 255, 255], 0.4);
  layer.stroke([[x, y - size * 1.56], [x, y - size * 0.1]], [120, 104, 86], size * 0.035);
  for (const sail of sails) layer.paint(sail, layer.linear([[0, lighter(cloth, 0.3)], [1, darker(cloth, 0.2)]], [0, 0], [1, 0.3]));
  layer.paint(hull, layer.linear([[0, [236, 236, 236]], [0.5, hsl(random.between(180, 380), 0.5, 0.38)], [1, [30, 36, 54]]]));
  truth.box('boat', [...hull, ...sails.flat(), [x, y - size * 1.56]]);
}
