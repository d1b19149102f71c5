import type { AnnotationContent, Attributes } from '@fovea/contract';
import sharp from 'sharp';
import { develop, type RawPicture } from './develop.ts';
import { Layer, type Scene, Truth } from './drawing.ts';
import { createRandom, type Random } from './random.ts';
import { drawBeach } from './scenes/beach.ts';
import type { SceneDrawer, Shot } from './scenes/light.ts';
import { drawMeadow } from './scenes/meadow.ts';
import { drawParts } from './scenes/parts.ts';
import { drawPortrait } from './scenes/portrait.ts';
import { drawStreet } from './scenes/street.ts';
import { drawTable } from './scenes/table.ts';

export interface SamplePhoto {
  readonly name: string;
  /** JPEG, or PNG for the pictures of parts. */
  readonly bytes: Uint8Array;
  /** What is in the picture, in the coordinates of the upright picture: a classification of the whole, then the objects. */
  readonly truth: AnnotationContent[];
}

type SceneName = 'street' | 'table' | 'meadow' | 'beach' | 'portrait' | 'parts';

const drawers: Record<SceneName, SceneDrawer> = { street: drawStreet, table: drawTable, meadow: drawMeadow, beach: drawBeach, portrait: drawPortrait, parts: drawParts };
/** The order in which kinds of picture come: also a handful shows them all. */
const round: readonly SceneName[] = ['street', 'table', 'meadow', 'portrait', 'beach', 'parts', 'street', 'table', 'meadow', 'beach'];

/** Photos that are drawn side by side. */
const atOnce = 4;

/**
 * Draws photographs of made-up scenes, 1280 × 960 or upright, each with the truth of what is in it. The same seed gives
 * the same pictures. Some carry EXIF: a camera, a time, a place, an orientation other than upright.
 */
export async function* drawPhotos({ count, seed }: { count: number; seed: number }): AsyncGenerator<SamplePhoto> {
  const pending: Promise<SamplePhoto>[] = [];
  for (let index = 0; index < count || pending.length > 0; index++) {
    if (index < count) {
      const photo = drawPhoto(index, seed);
      // The caller may stop early; what was begun then ends unheard.
      photo.catch(() => undefined);
      pending.push(photo);
    }
    if (index >= count || pending.length >= atOnce) {
      const next = pending.shift();
      if (next) yield await next;
    }
  }
}

async function drawPhoto(index: number, seed: number): Promise<SamplePhoto> {
  const random = createRandom(seed * 1_000_003 + index);
  const name = round[index % round.length] ?? 'street';
  const isPortrait = name === 'portrait' || (name === 'meadow' && random.chance(0.2)) || (name === 'table' && random.chance(0.25));
  const [width, height] = isPortrait ? [960, 1280] : [1280, 960];
  const scene: Scene = { width, height, back: new Layer(), front: new Layer(), truth: new Truth(width, height) };
  const shot = drawers[name](scene, random);
  const picture = await develop(scene, shot.look, seed + index);
  const isPng = name === 'parts';
  const bytes = isPng ? await encodePng(picture) : await encodeJpeg(picture, random, shot, index);
  return { name: `${name}-${String(index + 1).padStart(4, '0')}.${isPng ? 'png' : 'jpg'}`, bytes, truth: [classification(name, shot), ...scene.truth.annotations()] };
}

function classification(scene: SceneName, { light }: Shot): AnnotationContent {
  const attributes: Attributes = scene === 'parts' ? {} : { light };
  return { type: 'classification', label: scene, geometry: { type: 'classification' }, attributes, frame: null, endFrame: null, confidence: null, source: 'human' };
}

const raw = ({ data, width, height }: RawPicture) => sharp(data, { raw: { width, height, channels: 3 } });

function encodePng(picture: RawPicture): Promise<Buffer> {
  // Noise does not compress: a machine camera's picture is kept small by being grey.
  return raw(picture).toColourspace('b-w').png({ compressionLevel: 4, adaptiveFiltering: false }).toBuffer();
}

/** Quarter turns that bring the stored picture upright, by EXIF orientation. */
const turns: Record<number, number> = { 1: 0, 3: 180, 6: 90, 8: 270 };

async function encodeJpeg(picture: RawPicture, random: Random, shot: Shot, index: number): Promise<Buffer> {
  const orientation = random.chance(0.2) ? random.pick([3, 6, 6, 8]) : 1;
  const stored = orientation === 1 ? raw(picture) : raw(picture).rotate(360 - (turns[orientation] ?? 0));
  const image = stored.jpeg({ quality: 86 });
  if (orientation === 1 && random.chance(0.2)) return image.toBuffer();
  return image.withExif(exif(random, shot, index)).withMetadata({ orientation }).toBuffer();
}

interface Camera {
  readonly make: string;
  readonly model: string;
  readonly lens: string;
}

const cameras: readonly [Camera, ...Camera[]] = [
  { make: 'Fovea', model: 'Sample One', lens: 'Sample 28mm f/1.9' },
  { make: 'Fovea', model: 'Sample Pro', lens: 'Sample 24-70mm f/2.8' },
  { make: 'Camera Works', model: 'CW-200', lens: 'CW 35mm f/2' },
];

const two = (value: number): string => String(value).padStart(2, '0');

function exif(random: Random, { hour }: Shot, index: number) {
  const camera = random.pick(cameras);
  const day = index % 365;
  const date = new Date(Date.UTC(2025, 3, 1 + day)).toISOString().slice(0, 10).replaceAll('-', ':');
  const time = `${date} ${two(hour)}:${two(random.int(0, 59))}:${two(random.int(0, 59))}`;
  const degrees = (value: number): string => `${Math.floor(value)}/1 ${Math.floor((value % 1) * 60)}/1 ${Math.round(((value * 60) % 1) * 6000)}/100`;
  return {
    IFD0: { Make: camera.make, Model: camera.model, DateTime: time },
    IFD2: {
      DateTimeOriginal: time,
      OffsetTimeOriginal: '+02:00',
      LensModel: camera.lens,
      ExposureTime: `1/${random.pick([60, 125, 250, 500])}`,
      FNumber: `${random.pick([18, 20, 28, 40, 56])}/10`,
      ISOSpeedRatings: String(random.pick([100, 200, 400, 800])),
      FocalLength: `${random.pick([24, 28, 35, 50, 70])}/1`,
    },
    ...(random.chance(0.5) ? { IFD3: { GPSLatitudeRef: 'N', GPSLatitude: degrees(random.between(47, 53)), GPSLongitudeRef: 'E', GPSLongitude: degrees(random.between(6, 14)) } } : {}),
  };
}
