import sharp from 'sharp';
import { type Rgb } from './colour.ts';
import { Layer, type Scene, Truth } from './drawing.ts';
import { carPaint, drawVehicle, type Vehicle } from './objects/car.ts';
import { circle } from './outline.ts';
import type { Random } from './random.ts';

/** A picture of an object by itself, with where in it the object is. */
export interface Sprite {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** Something that moves through a clip. */
export interface Mover {
  readonly label: string;
  readonly sprite: Sprite;
  /** Left top corner of the sprite at a time in seconds, in whole pixels. */
  readonly at: (seconds: number) => { readonly x: number; readonly y: number };
  /** Frames between two key frames of its track: few where it does not move straight. */
  readonly keyEvery: number;
}

async function rasterise(width: number, height: number, draw: (scene: Scene) => void): Promise<Sprite> {
  const scene: Scene = { width, height, back: new Layer(), front: new Layer(), truth: new Truth(width, height, 1) };
  draw(scene);
  const data = await sharp(scene.front.toSvg(width, height)).ensureAlpha().raw().toBuffer();
  const [told] = scene.truth.annotations();
  if (told?.geometry.type !== 'box') throw new Error('a sprite tells one box');
  const { x, y, width: wide, height: tall } = told.geometry;
  return { data, width, height, box: { x: Math.round(x), y: Math.round(y), width: Math.round(wide), height: Math.round(tall) } };
}

export interface Stage {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** Where the road begins. */
  readonly kerb: number;
  readonly tint: (colour: Rgb) => Rgb;
  readonly isNight: boolean;
}

/** Vehicles on two lanes and a ball that bounces across, the farthest first. */
export async function makeMovers(random: Random, stage: Stage): Promise<Mover[]> {
  const { height, width, kerb } = stage;
  const far = { y: kerb + height * 0.085, length: width * 0.235, direction: -1 };
  const near = { y: kerb + height * 0.275, length: width * 0.34, direction: 1 };
  const movers: Mover[] = [];
  for (const lane of [far, near]) {
    const count = random.int(1, 2) + (stage.seconds > 8 ? 1 : 0);
    // All on a lane keep their distance: one speed for the lane.
    const speed = (width * random.between(0.8, 1.25) * lane.direction) / Math.min(stage.seconds, 6);
    for (let place = 0; place < count; place++) movers.push(await passing(random, stage, lane, { speed, place }));
  }
  return [...movers, await bouncing(random, stage)];
}

async function passing(
  random: Random,
  stage: Stage,
  lane: { y: number; length: number; direction: number },
  { speed, place }: { speed: number; place: number },
): Promise<Mover> {
  const vehicle: Vehicle = random.pick(['sedan', 'hatchback', 'van', 'sedan', 'bus']);
  const label = vehicle === 'bus' ? 'bus' : vehicle === 'van' ? 'truck' : 'car';
  const [wide, tall] = [Math.ceil(lane.length * 2.4), Math.ceil(lane.length * 0.78)];
  const foot = Math.round(tall * 0.84);
  const paint = stage.tint(carPaint(random));
  const sprite = await rasterise(wide, tall, (scene) =>
    drawVehicle(scene, vehicle, paint, { x: wide / 2, y: foot, length: lane.length, mirrored: lane.direction < 0, isNight: stage.isNight }),
  );
  // The first is half inside when the clip begins; the others follow.
  const start = (lane.direction > 0 ? -0.35 * lane.length : stage.width - 0.6 * lane.length) - lane.direction * place * lane.length * random.between(2.1, 2.5);
  const y = Math.round(lane.y) - foot;
  return { label, sprite, keyEvery: 12, at: (seconds) => ({ x: Math.round(start + speed * seconds) - sprite.box.x, y }) };
}

async function bouncing(random: Random, stage: Stage): Promise<Mover> {
  const size = Math.round(stage.height * 0.036);
  const side = size * 3;
  const hue = random.pick<Rgb>([[226, 60, 46], [244, 190, 40], [60, 120, 220]]);
  const sprite = await rasterise(side, side, ({ front, truth }) => {
    const ball = circle(side / 2, side / 2, size, size, 48);
    front.paint(ball, hue);
    front.paint(ball, front.radial([[0, [255, 255, 255], 0.6], [0.35, [255, 255, 255], 0], [0.75, [20, 20, 50], 0.2], [1, [20, 20, 50], 0.6]], [0.34, 0.28], 0.8));
    truth.box('ball', ball);
  });
  const ground = stage.height * random.between(0.9, 0.94) - size * 2;
  const top = stage.height * random.between(0.2, 0.28);
  const period = random.between(0.8, 1.1);
  const direction = random.chance(0.5) ? 1 : -1;
  const speed = (direction * stage.width * 0.95) / Math.max(3, Math.min(stage.seconds, 8));
  const start = direction > 0 ? stage.width * 0.02 : stage.width * 0.95;
  return {
    label: 'ball',
    sprite,
    keyEvery: 2,
    at: (seconds) => {
      const phase = (seconds / period) % 1;
      return { x: Math.round(start + speed * seconds) - sprite.box.x, y: Math.round(ground - top * 4 * phase * (1 - phase)) - sprite.box.y };
    },
  };
}

/** Lays a sprite over a picture of red, green and blue. */
export function stamp(picture: { data: Buffer; width: number; height: number }, sprite: Sprite, { x: left, y: top }: { x: number; y: number }): void {
  const { data, width, height } = picture;
  for (let row = Math.max(0, -top); row < sprite.height && row + top < height; row++) {
    let from = (row * sprite.width + Math.max(0, -left)) * 4;
    let to = ((row + top) * width + Math.max(0, left)) * 3;
    const last = Math.min(sprite.width, width - left);
    for (let column = Math.max(0, -left); column < last; column++, from += 4, to += 3) {
      const alpha = sprite.data[from + 3] as number;
      if (alpha === 0) continue;
      const rest = 255 - alpha;
      for (let channel = 0; channel < 3; channel++) {
        data[to + channel] = (((sprite.data[from + channel] as number) * alpha + (data[to + channel] as number) * rest) * 257) >> 16;
      }
    }
  }
}
