import { spawn } from 'node:child_process';
import sharp from 'sharp';
import type { MediaFacts } from './describe.ts';
import { renderDicomFrame } from './dicom/render.ts';
import { maxPixels } from './image.ts';

export interface Thumbnail {
  /** WebP. */
  bytes: Uint8Array;
  width: number;
  height: number;
}

/** A small upright picture of a file; undefined for what has none. Throws when the file cannot be decoded. */
export async function makeThumbnail(file: { path: string; facts: MediaFacts; size?: number }): Promise<Thumbnail | undefined> {
  const { path, facts, size = 256 } = file;
  switch (facts.kind) {
    case 'image':
      return shrink(path, size);
    case 'video': {
      const frame = await videoFrame(path, (facts.durationSeconds ?? 0) * 0.1);
      return frame && shrink(frame, size);
    }
    case 'dicom':
      return facts.width === undefined ? undefined : shrink(await renderDicomFrame(path, { format: 'png' }), size);
    default:
      return undefined;
  }
}

async function shrink(source: string | Uint8Array, size: number): Promise<Thumbnail> {
  const { data, info } = await sharp(source, { limitInputPixels: maxPixels, failOn: 'error' })
    .rotate()
    .resize(size, size, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}

/** One frame as PNG by ffmpeg; undefined where there is no ffmpeg. */
function videoFrame(path: string, atSeconds: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('ffmpeg', ['-nostdin', '-v', 'error', '-ss', atSeconds.toFixed(3), '-i', path, '-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png', '-'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 60_000,
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(undefined) : reject(error)));
    child.on('close', () => (parts.length > 0 ? resolve(Buffer.concat(parts)) : reject(new Error('ffmpeg gave no frame'))));
  });
}
