import type { Xy } from '@fovea/contract';
import { darker, hsl, lighter, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { circle, type Outline, place, rounded, smooth } from '../outline.ts';
import type { Random } from '../random.ts';

export const skinTones: readonly [Rgb, ...Rgb[]] = [[246, 213, 186], [232, 187, 150], [205, 150, 110], [160, 108, 74], [118, 76, 50], [86, 56, 40]];
export const hairTones: readonly [Rgb, ...Rgb[]] = [[38, 28, 24], [72, 46, 30], [112, 72, 40], [176, 130, 70], [205, 170, 110], [150, 66, 34], [150, 150, 154], [26, 24, 30]];

export interface Standing {
  readonly x: number;
  /** Where the feet are. */
  readonly y: number;
  /** Pixels from head to feet. */
  readonly height: number;
  readonly isNight?: boolean;
}

/** Draws somebody standing or walking, from the front or the side, and tells the box. Drawn in units of a hundredth of the height. */
export function drawPerson({ front: layer, truth }: Scene, random: Random, at: Standing): void {
  const scale = at.height / 100;
  const mirrored = random.chance(0.5);
  const to = (points: Outline): Outline => place(points, { x: at.x, y: at.y, scale, mirrored });
  const line = (points: readonly Xy[]): readonly Xy[] => to(points);
  const skin = random.pick(skinTones);
  const hair = random.pick(hairTones);
  const shirt = hsl(random.between(0, 360), random.between(0.3, 0.75), random.between(0.38, 0.68));
  const trousers = hsl(random.pick([215, 220, 30, 0, 240]), random.between(0.1, 0.45), random.between(0.18, 0.42));
  const stride = random.between(1.5, 8);
  const swing = stride * 0.8;
  const hasSkirt = random.chance(0.28);
  layer.shadow({ cx: at.x + 3 * scale, cy: at.y - 0.5 * scale, rx: 17 * scale, ry: 3.6 * scale }, 0.6);

  const limb = (points: readonly Xy[], colour: Rgb, width: number): void => {
    layer.stroke(line(points), darker(colour, 0.18), width * scale);
    layer.stroke(line(points.map(([x, y]): Xy => [x - width * 0.1, y])), colour, width * 0.78 * scale);
  };
  // The far arm and leg, then the near ones.
  limb([[4.5, -78], [8 + swing * 0.3, -65], [7 + swing, -52]], darker(shirt, 0.2), 4.4);
  layer.ellipse({ ...centre(line([[7 + swing, -50.5]])), rx: 2.3 * scale }, skin);
  const legs: Rgb = hasSkirt ? skin : trousers;
  limb([[2.5, -48], [3 + stride * 0.5, -26], [3 + stride, -3.5]], darker(legs, 0.25), 6);
  limb([[-2.5, -48], [-3 - stride * 0.4, -26], [-3.4 - stride * 0.8, -3.5]], legs, 6.4);
  for (const foot of [3 + stride, -3.4 - stride * 0.8]) layer.paint(to(smooth([[foot - 3, -3.8], [foot + 1.4, -4], [foot + 5.2, -1.6], [foot + 5, 0], [foot - 3.2, 0]], 4)), darker(trousers, 0.55));

  const torso = rounded([[-8, -83], [-3, -86.5], [3, -86.5], [8, -83], [7.4, -66], [7, -46], [-7, -46], [-7.4, -66]], [5, 2, 2, 5, 6, 2, 2, 6]);
  if (hasSkirt) layer.paint(to(rounded([[-6, -56], [6, -56], [10.5, -31], [-10.5, -31]], 2)), layer.linear([[0, shirt], [1, darker(shirt, 0.28)]]));
  layer.paint(to(torso), layer.linear([[0, lighter(shirt, 0.14)], [0.5, shirt], [1, darker(shirt, 0.3)]], [0, 0], [1, 0.6]));
  layer.paint(to([[-2.2, -88], [2.2, -88], [2.4, -84.5], [0, -82.5], [-2.4, -84.5]]), darker(skin, 0.15));
  limb([[-7, -80.5], [-9.5, -66], [-8 - swing, -53]], shirt, 4.6);
  layer.ellipse({ ...centre(line([[-8 - swing, -51]])), rx: 2.4 * scale }, skin);
  if (random.chance(0.3)) drawBag();

  layer.paint(to(circle(0, -93, 5, 6.4)), layer.radial([[0, lighter(skin, 0.18)], [0.7, skin], [1, darker(skin, 0.22)]], [0.38, 0.4], 0.7));
  const isLong = random.chance(0.45);
  const cap = smooth([[-5.4, isLong ? -84 : -92], [-5.8, -96], [-3, -100], [2, -100.2], [5.4, -97], [5.2, -93.5], [3.4, -96.6], [-1.5, -96.4], [-3.4, -92], [-3.6, isLong ? -85 : -91]], 5);
  layer.paint(to(cap), layer.linear([[0, lighter(hair, 0.22)], [1, hair]]));

  const left = Math.min(-11, -10.6 - swing, -7 - stride);
  const right = Math.max(10, 9.5 + swing, 8.4 + stride);
  truth.box('person', to([[left, -100], [right, -100], [right, 0], [left, 0]]));

  function drawBag(): void {
    const colour = hsl(random.between(0, 360), 0.4, 0.35);
    layer.stroke(line([[5, -84], [-6, -60]]), darker(colour, 0.3), 1.1 * scale);
    const bag = rounded([[-12, -61], [-3, -61], [-2.6, -48], [-12.6, -48]], 2);
    layer.paint(to(bag), layer.linear([[0, lighter(colour, 0.15)], [1, darker(colour, 0.25)]]));
    truth.box('bag', to(bag));
  }
}

function centre(points: readonly Xy[]): { cx: number; cy: number } {
  const [cx = 0, cy = 0] = points[0] ?? [];
  return { cx, cy };
}
