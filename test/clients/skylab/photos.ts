// Photos for the client's program: drawn portraits in every kind of file that is accepted, and some that are not.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { drawPortrait } from '../../../analytics/test-support/portraits.ts';
import { drawPhotos } from '../../../packages/server/src/media/samples/photos.ts';

const limitBytes = 27 * 1024 * 1024;

export interface PortraitFacts {
  width: number;
  height: number;
  face: { cx: number; cy: number; rx: number; ry: number };
}

/** Writes the files into a folder; tells where the face of `portrait.png` is. */
export async function writePhotos(folder: string): Promise<PortraitFacts> {
  mkdirSync(folder, { recursive: true });
  const save = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);
  const { png, width, height, face } = await drawPortrait({ blemishes: true, grain: 3, backdropEnd: '#4d6f96' });
  const jpeg = await sharp(png).jpeg({ quality: 95 }).toBuffer();
  save('portrait.png', png);
  save('portrait.jpg', jpeg);
  save('Zoë été.JPG', jpeg);
  save('portrait.webp', await sharp(png).webp({ quality: 95 }).toBuffer());
  save('turned.jpg', await sharp(png).rotate(270).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer());
  save('grey.jpg', await sharp(png).toColourspace('b-w').jpeg().toBuffer());
  save('cmyk.jpg', await sharp(png).toColourspace('cmyk').jpeg().toBuffer());
  save('wide.jpg', await sharp((await drawPortrait({ width: 1_500, height: 1_000 })).png).jpeg().toBuffer());
  // WebP under another name, as one of the clients sends what was a PNG.
  save('webp-inside.png', await sharp(png).webp({ quality: 95 }).toBuffer());
  save('broken.jpg', jpeg.subarray(0, 200));
  save('text.jpg', Buffer.from('This is no picture.'));
  save('long.png', await sharp({ create: { width: 6_501, height: 4, channels: 3, background: '#808080' } }).png().toBuffer());
  save('red.jpg', await sharp({ create: { width: 300, height: 200, channels: 3, background: '#c02020' } }).jpeg().toBuffer());
  save('blue.png', await sharp({ create: { width: 200, height: 300, channels: 3, background: '#2020c0' } }).png().toBuffer());
  // A JPEG may be followed by anything.
  save('limit.jpg', Buffer.concat([jpeg], limitBytes));
  save('beyond.jpg', Buffer.concat([jpeg], limitBytes + 1));
  const twelve = await sharp(png).resize(3_000, 4_000).jpeg().toBuffer();
  for (let number = 1; number <= 6; number++) save(`twelve-${number}.jpg`, twelve);
  for await (const { name, bytes } of drawPhotos({ count: 5, seed: 3 })) if (name.startsWith('portrait')) save('scene.jpg', bytes);
  return { width, height, face };
}
