import type { Item } from '@fovea/contract';
import { fovea } from '../../../api/client.ts';
import { fileUrl } from '../../../api/items.ts';
import { ElementFrames } from './element-frames.ts';
import type { FrameReader } from './frame-reader.ts';

/** The frames of a video item. @throws ApiError, or Error when this browser can show none */
export async function openFrames(item: Item): Promise<FrameReader> {
  const index = await fovea.items.frameIndex(item.id);
  const url = new URL(fileUrl(item.id), window.location.origin).href;
  if (!('VideoDecoder' in window)) return ElementFrames.open(url, index);
  // The demuxer is loaded only where there is a video.
  const { VideoFrames } = await import('./frames.ts');
  try {
    return await VideoFrames.open(url, index);
  } catch (error) {
    // A codec that the decoders do not take may still be played.
    return ElementFrames.open(url, index).catch(() => {
      throw error;
    });
  }
}
