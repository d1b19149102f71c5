import type { AnnotationContent, GeometryOf, Keyframe } from '@fovea/contract';
import sharp from 'sharp';
import { develop, type RawPicture } from './develop.ts';
import { Layer, type Scene, Truth } from './drawing.ts';
import { makeMovers, type Mover, stamp } from './movers.ts';
import { createRandom } from './random.ts';
import { dim, pickLight } from './scenes/light.ts';
import { drawEmptyStreet, drawTrees } from './scenes/street.ts';
import { muxWebm, vp8OfWebp } from './webm.ts';

export interface SampleVideo {
  readonly name: string;
  /** WebM with VP8, every frame a key frame. */
  readonly bytes: Uint8Array;
  /** A track of boxes for each object, cut at the edges of the picture. */
  readonly truth: AnnotationContent[];
}

export interface VideoWish {
  readonly seconds: number;
  readonly fps: number;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
}

/** Frames that are encoded side by side. */
const atOnce = 4;

/**
 * Films a street with passing vehicles and a bouncing ball from a fixed camera. The same seed gives the same frames.
 * Needs no video encoder: a lossy WebP picture is a VP8 key frame in another wrapping.
 */
export async function drawVideo({ seconds, fps, width, height, seed }: VideoWish): Promise<SampleVideo> {
  const count = Math.max(1, Math.round(seconds * fps));
  const random = createRandom(seed);
  const scene: Scene = { width, height, back: new Layer(), front: new Layer(), truth: new Truth(width, height) };
  const light = pickLight(random);
  const { kerb, shot } = drawEmptyStreet(scene, random, light);
  drawTrees(scene, random, light, kerb, 2);
  // Hardly any grain: it would be most of what a frame takes up.
  const ground = await develop(scene, { ...shot.look, noise: 1 }, seed);
  const movers = await makeMovers(random, { width, height, seconds: count / fps, kerb, isNight: false, tint: (colour) => dim(colour, light) });

  const frames: Uint8Array[] = [];
  for (let first = 0; first < count; first += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - first) }, (_, at) => encodeFrame(ground, movers, (first + at) / fps));
    frames.push(...(await Promise.all(batch)));
  }
  const truth = movers.flatMap((mover, index) => trackOf(mover, { group: `${mover.label}-${index + 1}`, count, fps, width, height }));
  return { name: `street-${seed}.webm`, bytes: await muxWebm({ frames, fps, width, height }), truth };
}

async function encodeFrame({ data, width, height }: RawPicture, movers: readonly Mover[], seconds: number): Promise<Uint8Array> {
  const picture = { data: Buffer.from(data), width, height };
  for (const mover of movers) stamp(picture, mover.sprite, mover.at(seconds));
  return vp8OfWebp(await sharp(picture.data, { raw: { width, height, channels: 3 } }).webp({ quality: 72, effort: 1 }).toBuffer());
}

interface Clip {
  readonly group: string;
  readonly count: number;
  readonly fps: number;
  readonly width: number;
  readonly height: number;
}

/** The box of a mover inside the picture; undefined when it is outside, or only a sliver of it is inside. */
function boxAt(mover: Mover, seconds: number, { width, height }: Clip): GeometryOf<'box'> | undefined {
  const { x, y } = mover.at(seconds);
  const { box } = mover.sprite;
  const [left, top] = [Math.max(0, x + box.x), Math.max(0, y + box.y)];
  const [right, bottom] = [Math.min(width, x + box.x + box.width), Math.min(height, y + box.y + box.height)];
  if (right - left < box.width * 0.1 || bottom - top < box.height * 0.1) return undefined;
  return { type: 'box', x: left, y: top, width: right - left, height: bottom - top };
}

/** A track from the frame in which an object comes into the picture to the one in which it leaves: none comes back. */
function trackOf(mover: Mover, clip: Clip): AnnotationContent[] {
  const boxes = Array.from({ length: clip.count }, (_, frame) => boxAt(mover, frame / clip.fps, clip));
  const first = boxes.findIndex((box) => box !== undefined);
  const last = boxes.findLastIndex((box) => box !== undefined);
  const start = boxes[first];
  if (start === undefined) return [];
  const keyframes: Keyframe[] = [];
  for (let frame = first; frame <= last; frame++) {
    const box = boxes[frame];
    if (box && isKey(frame)) keyframes.push({ frame, geometry: box });
  }
  const end = boxes[last];
  if (end && last + 1 < clip.count) keyframes.push({ frame: last + 1, geometry: end, outside: true });
  return [{ type: 'box', label: mover.label, geometry: start, attributes: {}, frame: first, endFrame: last, keyframes, confidence: null, source: 'human', group: clip.group }];

  /** The ends, every few frames, and where the object begins or ceases to be cut off: there its box changes otherwise. */
  function isKey(frame: number): boolean {
    if (frame === first || frame === last || (frame - first) % mover.keyEvery === 0) return true;
    const isCut = (at: number): boolean => (boxes[at]?.width ?? 0) < mover.sprite.box.width;
    return isCut(frame) !== isCut(frame - 1) || isCut(frame) !== isCut(frame + 1);
  }
}
