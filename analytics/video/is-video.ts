import { stat } from 'node:fs/promises';
import type { InputFile } from '../analytic.ts';
import { sniffStill } from '../imaging/load.ts';

/** Whether a file should be read as a video: by content where that is a still picture, else by its media type. */
export async function isVideo(file: InputFile): Promise<boolean> {
  if ((await stat(file.path)).size === 0) return file.mediaType.startsWith('video/');
  const still = await sniffStill(file.path);
  if (still === 'unknown') return true;
  return file.mediaType.startsWith('video/') && (still === 'heif' || still === 'svg');
}
