import type { Item, VideoFrameIndex } from '@fovea/contract';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { Fault } from '../../fault.ts';
import { indexFrames, VideoError, type FrameIndex } from '../../media/video/frame-index.ts';

/** Indices are small beside their videos, and an editor asks again with every visit. */
const mostKept = 20;

/** Reads the frames of videos, and keeps the last ones that were asked for, by content. */
export function frameIndexer(blobs: BlobStore) {
  const kept = new Map<string, Promise<VideoFrameIndex>>();

  async function read(item: Pick<Item, 'sha256' | 'name'>): Promise<VideoFrameIndex> {
    const file = await blobs.localPath(item.sha256);
    try {
      return toWire(await indexFrames(file.path));
    } catch (error) {
      if (error instanceof VideoError) throw new Fault('unsupported_media', `"${item.name}": ${error.message}.`);
      throw error;
    } finally {
      await file.release();
    }
  }

  /** @throws Fault `unsupported_media` for what is no video that can be indexed */
  return (item: Pick<Item, 'sha256' | 'name' | 'kind'>): Promise<VideoFrameIndex> => {
    if (item.kind !== 'video') throw new Fault('unsupported_media', `"${item.name}" is no video (it is of the kind ${item.kind}).`);
    const known = kept.get(item.sha256);
    if (known) return known;
    const reading = read(item);
    kept.set(item.sha256, reading);
    reading.catch(() => kept.delete(item.sha256));
    for (const old of [...kept.keys()].slice(0, -mostKept)) kept.delete(old);
    return reading;
  };
}

function toWire(index: FrameIndex): VideoFrameIndex {
  const { trackId, codec = null, ticksPerSecond, count, packetCount, isVariableRate, fps = null } = index;
  const keyFrames = [...index.isKey].flatMap((isKey, frame) => (isKey === 1 ? [frame] : []));
  return { trackId, codec, ticksPerSecond, count, times: [...index.times], packets: [...index.packets], keyFrames, packetCount, isVariableRate, fps };
}
