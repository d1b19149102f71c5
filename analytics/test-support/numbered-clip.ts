import sharp from 'sharp';
import { beforeAll } from 'vitest';
import type { AnalyticBench } from './bench.ts';
import { makeClip, readNumber } from './clips.ts';

/** A clip of 70 numbered frames with sound, and a photo that is turned. */
export function numberedClip(bench: AnalyticBench): { clip: string; photo: string } {
  const made = { clip: '', photo: '' };
  beforeAll(async () => {
    made.clip = `${bench.dir}/clip.mp4`;
    // With B-frames, so that decoding order is not showing order.
    await makeClip({
      path: made.clip,
      width: 160,
      height: 120,
      frames: 70,
      numbered: true,
      withSound: true,
      encoder: ['-c:v', 'libx264', '-bf', '3', '-g', '30', '-crf', '16', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
    });
    const drawn = sharp({ create: { width: 300, height: 200, channels: 3, background: '#4080c0' } });
    const turned = await drawn.jpeg().withMetadata({ orientation: 6, density: 300 }).toBuffer();
    made.photo = await bench.file('photo.jpg', turned);
  });
  return made;
}

/** The number that a frame shows. */
export async function numberOf(path: string): Promise<number> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return readNumber(data, info.width, info.channels);
}
