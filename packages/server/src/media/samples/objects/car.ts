import type { Xy } from '@fovea/contract';
import { darker, hsl, lighter, mix, type Rgb } from '../colour.ts';
import type { Scene } from '../drawing.ts';
import { circle, type Outline, place, rounded } from '../outline.ts';
import type { Random } from '../random.ts';

/** Side views of 100 units length; wheels stand at y = 0, up is negative. */
interface Model {
  readonly label: string;
  readonly body: Outline;
  readonly radii: readonly number[];
  readonly windows: readonly Outline[];
  readonly wheels: readonly [number, number];
  readonly wheelRadius: number;
  readonly lampY: number;
}

const sedan: Model = {
  label: 'car',
  body: [[-50, -8], [-49, -17], [-33, -20.5], [-18, -31.5], [12, -32], [29, -21.5], [46, -19.5], [50, -12], [49, -6], [-48, -6]],
  radii: [3, 5, 7, 8, 9, 7, 6, 3, 2, 2],
  windows: [[[-27.5, -20.5], [-16.5, -29], [-3.2, -29.5], [-3.2, -20.5]], [[-1.2, -20.5], [-1.2, -29.5], [10.5, -29.2], [23, -20.5]]],
  wheels: [-30, 31],
  wheelRadius: 8,
  lampY: -16,
};
const hatchback: Model = {
  label: 'car',
  body: [[-44, -7], [-45, -19], [-40, -32], [-34, -35.5], [8, -36], [25, -23], [43, -20], [46, -12], [45, -6], [-43, -6]],
  radii: [3, 5, 6, 5, 10, 7, 7, 3, 2, 2],
  windows: [[[-37.5, -22], [-34, -32], [-20, -32.7], [-20, -22]], [[-17.5, -22], [-17.5, -32.8], [6.5, -33], [19.5, -22]]],
  wheels: [-28, 28],
  wheelRadius: 8,
  lampY: -17,
};
const van: Model = {
  label: 'truck',
  body: [[-52, -8], [-52, -46], [-47, -50], [22, -50], [34, -30], [48, -25], [52, -14], [51, -6], [-51, -6]],
  radii: [2, 4, 4, 6, 8, 7, 4, 2, 2],
  windows: [[[12, -28], [12, -44], [20.5, -44], [29.5, -28]]],
  wheels: [-32, 32],
  wheelRadius: 9,
  lampY: -20,
};
const bus: Model = {
  label: 'bus',
  body: [[-90, -8], [-90, -54], [-85, -60], [84, -60], [90, -52], [91, -8], [88, -6], [-88, -6]],
  radii: [2, 5, 6, 8, 8, 3, 2, 2],
  windows: [-82, -53, -24, 5, 34].map((left): Outline => [[left, -30], [left, -51], [left + 26, -51], [left + 26, -30]]).concat([[[64, -26], [64, -51], [84, -51], [86.5, -26]]]),
  wheels: [-56, 58],
  wheelRadius: 10,
  lampY: -16,
};

export type Vehicle = 'sedan' | 'hatchback' | 'van' | 'bus';
const models: Record<Vehicle, Model> = { sedan, hatchback, van, bus };

export function carPaint(random: Random): Rgb {
  const hue = random.pick([2, 12, 28, 44, 150, 196, 212, 222, 268, 340]);
  return random.chance(0.35) ? hsl(215, 0.08, random.pick([0.18, 0.32, 0.6, 0.85])) : hsl(hue, random.between(0.5, 0.78), random.between(0.35, 0.52));
}

export interface Parked {
  readonly x: number;
  /** Where the wheels stand. */
  readonly y: number;
  /** Pixels for a hundred units: about the length of a car. */
  readonly length: number;
  readonly mirrored: boolean;
  readonly isNight?: boolean;
}

/** Draws a vehicle seen from the side, and tells its box. */
export function drawVehicle({ front: layer, truth }: Scene, vehicle: Vehicle, paint: Rgb, at: Parked): void {
  const model = models[vehicle];
  const scale = at.length / 100;
  const to = (points: Outline): Outline => place(points, { x: at.x, y: at.y, scale, mirrored: at.mirrored });
  const spot = (x: number, y: number): Xy => to([[x, y]])[0] ?? [0, 0];
  const half = Math.abs(model.body[0]?.[0] ?? 50);
  layer.shadow({ cx: at.x, cy: at.y, rx: half * 1.16 * scale, ry: 6.5 * scale }, 0.75);

  const body = to(rounded(model.body, model.radii));
  layer.paint(body, layer.linear([[0, lighter(paint, 0.42)], [0.28, lighter(paint, 0.12)], [0.52, paint], [0.6, darker(paint, 0.12)], [1, darker(paint, 0.6)]]));
  const glass = layer.linear([[0, mix([185, 210, 230], paint, 0.08)], [0.45, [92, 112, 132]], [1, [34, 42, 54]]], [0, 0], [0.35, 1]);
  for (const window of model.windows) layer.paint(to(rounded(window, 1.6)), at.isNight ? layer.linear([[0, [70, 76, 90]], [1, [24, 28, 38]]]) : glass);

  const shoulder: Xy[] = [spot(-half + 3, model.lampY - 1.2), spot(half - 6, model.lampY - 1.2)];
  layer.stroke(shoulder, lighter(paint, 0.6), 0.6 * scale, 0.55);
  layer.stroke([spot(-half + 6, -10), spot(half - 5, -10)], darker(paint, 0.7), 0.9 * scale, 0.5);
  drawDoors(scale);

  const [rear, nose] = [spot(-half + 0.6, model.lampY + 0.5), spot(half - 1.6, model.lampY + 1.5)];
  layer.ellipse({ cx: rear[0], cy: rear[1], rx: 1.1 * scale, ry: 2.2 * scale }, [205, 32, 34]);
  layer.ellipse({ cx: nose[0], cy: nose[1], rx: 1.8 * scale, ry: 1.6 * scale }, [255, 246, 214]);
  if (at.isNight) layer.ellipse({ cx: nose[0], cy: nose[1], rx: 12 * scale, ry: 8 * scale }, layer.radial([[0, [255, 240, 190], 0.75], [1, [255, 240, 190], 0]]));
  for (const wheel of model.wheels) drawWheel(spot(wheel, -model.wheelRadius + 0.4), model.wheelRadius * scale);
  truth.box(model.label, [...body, ...model.wheels.flatMap((wheel) => to(circle(wheel, -model.wheelRadius + 0.4, model.wheelRadius)))]);

  function drawDoors(unit: number): void {
    if (vehicle === 'bus') {
      layer.paint(to([[-90, -27], [-90, -23], [91, -23], [91, -27]]), lighter(paint, 0.7), 0.8);
      return;
    }
    const seam = vehicle === 'van' ? 9 : -2.2;
    layer.stroke([spot(seam, model.lampY - 4), spot(seam - 0.8, -9)], darker(paint, 0.7), 0.5 * unit, 0.6);
    layer.stroke([spot(seam - 7, model.lampY - 1.6), spot(seam - 3, model.lampY - 1.6)], darker(paint, 0.6), 0.9 * unit, 0.8);
  }

  function drawWheel([cx, cy]: Xy, radius: number): void {
    layer.ellipse({ cx, cy, rx: radius * 1.16, ry: radius * 1.12 }, [14, 15, 19]);
    layer.ellipse({ cx, cy, rx: radius }, [27, 28, 33]);
    layer.ellipse({ cx, cy, rx: radius * 0.62 }, layer.linear([[0, [214, 218, 224]], [1, [112, 118, 128]]]));
    for (let spoke = 0; spoke < 5; spoke++) {
      const angle = (spoke / 5) * 2 * Math.PI + 0.3;
      layer.stroke([[cx, cy], [cx + Math.cos(angle) * radius * 0.55, cy + Math.sin(angle) * radius * 0.55]], [62, 66, 74], radius * 0.11, 0.8);
    }
    layer.ellipse({ cx, cy, rx: radius * 0.15 }, [54, 58, 66]);
  }
}
