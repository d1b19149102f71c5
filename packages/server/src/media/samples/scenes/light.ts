import { hsl, mix, type Rgb } from '../colour.ts';
import type { Development } from '../develop.ts';
import type { Layer, Scene } from '../drawing.ts';
import type { Random } from '../random.ts';

/** The hour decides what the sky looks like and what colour everything takes on. */
export interface Light {
  readonly name: 'morning' | 'noon' | 'evening' | 'overcast' | 'night';
  readonly hour: number;
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  readonly tint: readonly [number, number, number];
  readonly noise: number;
}

const lights: readonly [Light, ...Light[]] = [
  { name: 'morning', hour: 8, zenith: [96, 152, 210], horizon: [250, 226, 196], tint: [1.03, 1, 0.95], noise: 3.5 },
  { name: 'noon', hour: 13, zenith: [58, 128, 208], horizon: [196, 224, 242], tint: [1, 1, 1], noise: 2.6 },
  { name: 'evening', hour: 19, zenith: [92, 104, 164], horizon: [255, 186, 120], tint: [1.07, 0.97, 0.86], noise: 4.5 },
  { name: 'overcast', hour: 11, zenith: [168, 180, 192], horizon: [214, 219, 222], tint: [0.97, 0.985, 1], noise: 3.5 },
];
const night: Light = { name: 'night', hour: 22, zenith: [12, 16, 40], horizon: [58, 52, 92], tint: [0.98, 0.97, 1.04], noise: 7 };

export function pickLight(random: Random, withNight = false): Light {
  return withNight && random.chance(0.16) ? night : random.pick(lights);
}

/** What a drawer of scenes gives back: how to make a photograph of it, and what a person would say of the whole. */
export interface Shot {
  readonly look: Development;
  readonly light: Light['name'];
  readonly hour: number;
}

export type SceneDrawer = (scene: Scene, random: Random) => Shot;

export function drawSky({ width, back }: Scene, random: Random, light: Light, bottom: number): void {
  back.rect({ x: 0, y: 0, width, height: bottom + 4 }, back.linear([[0, light.zenith], [0.7, mix(light.zenith, light.horizon, 0.7)], [1, light.horizon]]));
  if (light.name === 'night') {
    for (let star = 0; star < 90; star++) back.ellipse({ cx: random.between(0, width), cy: random.between(0, bottom * 0.8), rx: random.between(0.7, 1.9) }, [255, 252, 235], random.between(0.3, 0.9));
    return;
  }
  const [sunX, sunY] = [random.between(0.1, 0.9) * width, bottom * (light.name === 'evening' ? 0.8 : 0.25)];
  if (light.name !== 'overcast') {
    const glow: Rgb = light.name === 'evening' ? [255, 214, 150] : [255, 250, 228];
    back.ellipse({ cx: sunX, cy: sunY, rx: bottom * 0.75 }, back.radial([[0, glow, 0.95], [0.09, glow, 0.85], [0.14, glow, 0.36], [1, glow, 0]]));
  }
  const clouds = light.name === 'overcast' ? 9 : random.int(2, 5);
  for (let cloud = 0; cloud < clouds; cloud++) drawCloud(back, random, random.between(-0.05, 1.05) * width, random.between(0.08, 0.72) * bottom, width * random.between(0.07, 0.15), light);
}

function drawCloud(back: Layer, random: Random, x: number, y: number, size: number, light: Light): void {
  const body = mix([255, 255, 255], light.horizon, light.name === 'evening' ? 0.55 : 0.25);
  const puff = back.radial([[0, body, 0.85], [0.5, body, 0.55], [1, body, 0]]);
  for (let part = 0; part < 9; part++) {
    const reach = random.between(-1, 1);
    const tall = (1 - reach * reach) * size * 0.35;
    back.ellipse({ cx: x + reach * size, cy: y - random.between(0, 1) * tall, rx: size * random.between(0.3, 0.5), ry: size * random.between(0.16, 0.28) }, puff);
  }
}

/** Colours of leaves and grass by season and light. */
export function foliage(random: Random, light: Light): Rgb {
  const summer = hsl(random.between(88, 128), random.between(0.3, 0.48), random.between(0.27, 0.38));
  const autumn = hsl(random.between(18, 48), random.between(0.5, 0.7), random.between(0.38, 0.46));
  const base = random.chance(0.16) ? autumn : summer;
  return light.name === 'night' ? mix(base, [14, 20, 44], 0.62) : mix(base, light.horizon, 0.1);
}

/** Colours sink into the dark at night. */
export function dim(colour: Rgb, light: Light, amount = 0.62): Rgb {
  return light.name === 'night' ? mix(colour, [14, 16, 42], amount) : colour;
}
