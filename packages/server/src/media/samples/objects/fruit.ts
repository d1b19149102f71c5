import type { Xy } from '@fovea/contract';
import { darker, hsl, lighter, mix, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { circle, type Outline, place, smooth } from '../outline.ts';
import type { Random } from '../random.ts';

export type Fruit = 'apple' | 'orange' | 'lemon' | 'pear' | 'banana' | 'plum';
export const fruits: readonly [Fruit, ...Fruit[]] = ['apple', 'orange', 'lemon', 'pear', 'banana', 'plum'];

/** Outlines in a unit of half the fruit's width; y up is negative. */
const shapes: Record<Fruit, Outline> = {
  apple: smooth([[0, -0.82], [0.34, -0.95], [0.78, -0.78], [0.99, -0.22], [0.9, 0.38], [0.52, 0.86], [0.16, 0.9], [0, 0.84], [-0.16, 0.9], [-0.52, 0.86], [-0.9, 0.38], [-0.99, -0.22], [-0.78, -0.78], [-0.34, -0.95]], 6),
  orange: circle(0, 0, 0.98, 0.95, 56),
  lemon: smooth([[1.2, 0.02], [0.98, -0.26], [0.5, -0.66], [-0.05, -0.76], [-0.6, -0.62], [-0.98, -0.22], [-1.14, 0.02], [-0.96, 0.28], [-0.55, 0.66], [0, 0.76], [0.55, 0.64], [0.98, 0.28]], 6),
  pear: smooth([[0, -1.32], [0.24, -1.22], [0.36, -0.86], [0.5, -0.38], [0.82, 0.08], [0.9, 0.52], [0.6, 0.88], [0, 0.98], [-0.6, 0.88], [-0.9, 0.52], [-0.82, 0.08], [-0.5, -0.38], [-0.36, -0.86], [-0.24, -1.22]], 6),
  banana: smooth([[-1.5, -0.42], [-1.38, -0.56], [-1.22, -0.3], [-0.75, 0.08], [0, 0.24], [0.75, 0.06], [1.2, -0.36], [1.42, -0.74], [1.6, -0.68], [1.52, -0.22], [1.1, 0.42], [0.45, 0.76], [-0.3, 0.78], [-1, 0.42]], 6),
  plum: circle(0, 0, 0.8, 0.88, 48),
};

function skinOf(fruit: Fruit, random: Random): Rgb {
  switch (fruit) {
    case 'apple':
      return random.chance(0.35) ? hsl(random.between(78, 95), 0.6, 0.48) : hsl(random.between(-6, 10), 0.74, random.between(0.38, 0.46));
    case 'orange':
      return hsl(random.between(25, 32), 0.93, 0.52);
    case 'lemon':
      return hsl(random.between(50, 56), 0.9, 0.56);
    case 'pear':
      return hsl(random.between(62, 78), 0.55, 0.53);
    case 'banana':
      return hsl(random.between(46, 52), 0.88, 0.58);
    case 'plum':
      return hsl(random.between(275, 312), 0.38, 0.3);
  }
}

export interface Lying {
  readonly x: number;
  /** The middle of the fruit. */
  readonly y: number;
  /** Half the width in pixels. */
  readonly size: number;
  readonly hasShadow?: boolean;
}

/** Draws a fruit and tells its outline. */
export function drawFruit({ front: layer, truth }: Scene, random: Random, fruit: Fruit, at: Lying): void {
  const skin = skinOf(fruit, random);
  const angle = random.between(-0.22, 0.22);
  const mirrored = random.chance(0.5);
  const to = (points: Outline): Outline => place(points, { x: at.x, y: at.y, scale: at.size, angle, mirrored });
  const outline = to(shapes[fruit]);
  if (at.hasShadow !== false) {
    const reach = fruit === 'banana' ? 1.5 : 1.1;
    layer.shadow({ cx: at.x + at.size * 0.22, cy: at.y + at.size * 0.82, rx: at.size * reach * 1.15, ry: at.size * 0.34 }, 0.75);
  }
  const bounce = mix(skin, [190, 150, 110], 0.35);
  layer.paint(outline, layer.radial([[0, lighter(skin, 0.38)], [0.32, lighter(skin, 0.08)], [0.68, skin], [0.9, darker(skin, 0.42)], [1, darker(bounce, 0.35)]], [0.36, 0.3], 0.78));
  drawDetails();
  const [shine] = to([[fruit === 'banana' ? -0.2 : -0.36, fruit === 'banana' ? 0.36 : fruit === 'pear' ? 0.1 : -0.42]]);
  if (shine) layer.ellipse({ cx: shine[0], cy: shine[1], rx: at.size * (fruit === 'banana' ? 0.4 : 0.24), ry: at.size * 0.12, angle: -0.5 }, layer.radial([[0, [255, 255, 255], 0.75], [1, [255, 255, 255], 0]]));
  truth.polygon(fruit, outline);

  function drawDetails(): void {
    const stem: Rgb = [86, 62, 38];
    const line = (points: readonly Xy[]): readonly Xy[] => to(points);
    if (fruit === 'apple' || fruit === 'plum') {
      const top = fruit === 'apple' ? -0.8 : -0.86;
      for (let streak = 0; streak < (fruit === 'apple' ? 9 : 0); streak++) {
        const x = random.between(-0.7, 0.7);
        layer.stroke(line([[x * 0.4, -0.72], [x * 0.9, -0.1], [x * 0.8, 0.5]]), lighter(skin, 0.4), at.size * 0.03, 0.22);
      }
      layer.paint(to(circle(0, top + 0.04, 0.26, 0.1)), darker(skin, 0.6), 0.55);
      layer.stroke(line([[0, top + 0.06], [0.03, top - 0.2], [0.12, top - 0.34]]), stem, at.size * 0.085);
      if (random.chance(0.55)) layer.paint(to(smooth([[0.08, top - 0.2], [0.34, top - 0.5], [0.74, top - 0.46], [0.46, top - 0.2]], 5)), layer.linear([[0, [120, 172, 72]], [1, [56, 108, 44]]]));
    } else if (fruit === 'pear') {
      layer.stroke(line([[0, -1.26], [0.06, -1.52], [0.16, -1.62]]), stem, at.size * 0.09);
      for (let dot = 0; dot < 14; dot++) layer.ellipse({ ...spotOf(line([[random.between(-0.6, 0.6), random.between(-0.3, 0.75)]])), rx: at.size * 0.018 }, [120, 92, 40], 0.5);
    } else if (fruit === 'orange' || fruit === 'lemon') {
      for (let dot = 0; dot < 40; dot++) {
        const [turn, reach] = [random.between(0, 6.3), Math.sqrt(random.next()) * 0.7];
        layer.ellipse({ ...spotOf(line([[Math.cos(turn) * reach, Math.sin(turn) * reach]])), rx: at.size * 0.014 }, darker(skin, 0.35), 0.4);
      }
      if (fruit === 'orange') layer.paint(to(circle(0.12, -0.62, 0.09, 0.06)), [70, 88, 40]);
    } else {
      layer.stroke(line([[-1.1, -0.06], [-0.5, 0.4], [0.2, 0.52], [0.9, 0.26], [1.3, -0.24]]), darker(skin, 0.4), at.size * 0.045, 0.45);
      layer.paint(to(smooth([[1.42, -0.74], [1.54, -1.0], [1.68, -0.96], [1.6, -0.68]], 4)), [122, 104, 44]);
      layer.paint(to(circle(-1.46, -0.46, 0.09, 0.09)), [70, 54, 34]);
      for (let fleck = 0; fleck < 7; fleck++) layer.ellipse({ ...spotOf(line([[random.between(-0.9, 0.9), random.between(0.36, 0.6)]])), rx: at.size * 0.03 }, [120, 84, 36], 0.45);
    }
  }
}

function spotOf(points: readonly Xy[]): { cx: number; cy: number } {
  const [cx = 0, cy = 0] = points[0] ?? [];
  return { cx, cy };
}
