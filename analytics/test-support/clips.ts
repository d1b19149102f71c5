import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomNumbers } from './random.ts';

/** A rectangle that moves on a known path. */
export interface Mover {
  width: number;
  height: number;
  colour: [number, number, number];
  /** Frames in which it is there, inclusive. */
  from: number;
  to: number;
  /** Left upper corner at a frame. */
  at(frame: number): { x: number; y: number };
}

export interface ClipOptions {
  path: string;
  width: number;
  height: number;
  frames: number;
  movers?: Mover[];
  /** Standard deviation of camera noise, grey levels. */
  noise?: number;
  framesPerSecond?: number;
  /** Draws the frame number as a row of 16 black and white squares at the top: bit 0 at the left. */
  numbered?: boolean;
  /** Further ffmpeg arguments before the output, e.g. `-c:v libvpx`. */
  encoder?: string[];
  withSound?: boolean;
  seed?: number;
  /** How far the camera has moved at a frame, in whole pixels to the right and down, at most `cameraRoom`. */
  camera?(frame: number): { x: number; y: number };
  cameraRoom?: number;
}

/** Encodes a clip with known motion over a textured still background. */
export async function makeClip(options: ClipOptions): Promise<void> {
  const { path, width, height, frames, framesPerSecond = 25 } = options;
  const sound = options.withSound ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100', '-shortest'] : [];
  const encoder = options.encoder ?? ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-pix_fmt', 'yuv420p'];
  const child = spawn(
    'ffmpeg',
    [
      '-v',
      'error',
      '-y',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-s',
      `${width}x${height}`,
      '-r',
      String(framesPerSecond),
      '-i',
      'pipe:0',
      ...sound,
      ...encoder,
      path,
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const room = options.camera === undefined ? 0 : (options.cameraRoom ?? 100);
  const world = { width: width + room, height: height + room };
  const background = { ...world, data: drawBackground(world.width, world.height, options.seed ?? 1) };
  const random = randomNumbers((options.seed ?? 1) + 7);
  for (let frame = 0; frame < frames; frame++) {
    const data = drawFrame(options, background, frame, random);
    if (!child.stdin.write(data)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
}

/** Waves and squares, with spots at random places so that no part looks like another. */
function drawBackground(width: number, height: number, seed: number): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  const phase = seed * 1.7;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = 20 * Math.sin(x / 9 + phase) + 20 * Math.cos(y / 13 + x / 31) + (((x >> 4) + (y >> 4)) % 2) * 15;
      out.set([105 + wave, 115 + wave * 0.8, 110 + wave * 0.6], (y * width + x) * 3);
    }
  }
  const random = randomNumbers(seed + 31);
  for (let spot = 0; spot < (width * height) / 400; spot++) {
    const side = 4 + Math.floor(random() * 8);
    const rect = { x: Math.floor(random() * width), y: Math.floor(random() * height), width: side, height: side };
    const grey = 60 + Math.floor(random() * 110);
    fill(out, { width, height }, rect, [grey, grey, grey - 10]);
  }
  return out;
}

interface Background {
  width: number;
  height: number;
  data: Uint8Array;
}

function cutOut(world: Background, rect: { x: number; y: number; width: number; height: number }): Buffer {
  const out = Buffer.alloc(rect.width * rect.height * 3);
  for (let y = 0; y < rect.height; y++) {
    const start = ((rect.y + y) * world.width + rect.x) * 3;
    out.set(world.data.subarray(start, start + rect.width * 3), y * rect.width * 3);
  }
  return out;
}

function drawFrame(options: ClipOptions, background: Background, frame: number, random: () => number): Buffer {
  const { width, height, noise = 2 } = options;
  const camera = options.camera?.(frame) ?? { x: 0, y: 0 };
  const data = cutOut(background, { ...camera, width, height });
  for (const mover of options.movers ?? []) {
    if (frame < mover.from || frame > mover.to) continue;
    const { x, y } = mover.at(frame);
    fill(
      data,
      { width, height },
      { x: Math.round(x) - camera.x, y: Math.round(y) - camera.y, width: mover.width, height: mover.height },
      mover.colour,
    );
  }
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.max(0, Math.min(255, (data[i] ?? 0) + (random() + random() - 1) * 2.45 * noise));
  }
  if (options.numbered) {
    for (let bit = 0; bit < 16; bit++) {
      const white = (frame >> bit) & 1 ? 255 : 0;
      fill(data, { width, height }, { x: bit * 8, y: 0, width: 8, height: 8 }, [white, white, white]);
    }
  }
  return data;
}

function fill(
  data: Uint8Array,
  size: { width: number; height: number },
  rect: { x: number; y: number; width: number; height: number },
  colour: [number, number, number],
): void {
  for (let y = Math.max(0, rect.y); y < Math.min(size.height, rect.y + rect.height); y++) {
    for (let x = Math.max(0, rect.x); x < Math.min(size.width, rect.x + rect.width); x++)
      data.set(colour, (y * size.width + x) * 3);
  }
}

/** Reads the number that `numbered` drew, from RGB or grey pixels. */
export function readNumber(data: Uint8Array, width: number, channels: number): number {
  let number = 0;
  for (let bit = 0; bit < 16; bit++) {
    if ((data[(4 * width + bit * 8 + 4) * channels] ?? 0) > 128) number |= 1 << bit;
  }
  return number;
}
