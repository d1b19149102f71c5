import sharp from 'sharp';
import type { MediaFacts } from './describe.ts';
import { renderDicomFrame } from '@fovea/medical/dicom/render.ts';
import { maxPixels } from './image.ts';
import { renderNiftiSlice } from '@fovea/medical/nifti/slice.ts';
import { FfmpegMissingError, inputArguments, runFfmpeg } from './video/ffmpeg.ts';

export interface Thumbnail {
  /** WebP. */
  bytes: Uint8Array;
  width: number;
  height: number;
}

/**
 * A small upright picture of a file, at most `size` pixels wide and high, never enlarged; undefined for what has none
 * (and for videos where there is no ffmpeg).
 * @throws what the decoder throws when the file cannot be decoded
 */
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
      if (!facts.width || !facts.height || !facts.frames) return undefined;
      return shrink(await renderDicomFrame(path, { frame: facts.frames >> 1, format: 'png', maxSize: size }), size);
    case 'nifti':
      return facts.width ? shrink(await renderNiftiSlice(path, { axis: 'k' }), size) : undefined;
    default:
      return undefined;
  }
}

async function shrink(source: string | Uint8Array, size: number): Promise<Thumbnail> {
  const { data, info } = await sharp(source, { limitInputPixels: maxPixels, failOn: 'error' })
    .autoOrient()
    .resize(size, size, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}

/** The picture at a time as PNG; the very first one of files too short or too damaged to seek in. */
async function videoFrame(path: string, atSeconds: number): Promise<Uint8Array | undefined> {
  const output = ['-map', '0:v:0', '-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png', '-compression_level', '1', '-'];
  const run = { timeoutMs: 60_000 };
  try {
    const frame = await runFfmpeg(['-nostdin', '-v', 'error', '-ss', atSeconds.toFixed(3), ...inputArguments(path), ...output], run);
    if (frame.length > 0) return frame;
    const first = await runFfmpeg(['-nostdin', '-v', 'error', ...inputArguments(path), ...output], run);
    return first.length > 0 ? first : undefined;
  } catch (error) {
    if (error instanceof FfmpegMissingError) return undefined;
    throw error;
  }
}
