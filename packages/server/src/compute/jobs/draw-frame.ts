import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredItem } from '../../catalog/items/store.ts';
import type { ScansService } from '../../catalog/scans/service.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { systemCaller } from '../../identity/caller.ts';
import { extractFrames } from '../../media/video/extract.ts';

/** Draws single frames of items for analytics that take pictures: as they are stored, scans through their own window. */
export function frameDrawer({ blobs, scans }: { blobs: BlobStore; scans: ScansService }) {
  /** The path of a PNG in the folder. @throws VideoError, FfmpegError or Fault when there is no such frame or it cannot be decoded */
  return async (item: StoredItem, { orgId, frame, folder }: { orgId: string; frame: number; folder: string }): Promise<string> => {
    await mkdir(folder, { recursive: true });
    if (item.kind === 'video') return videoFrame(blobs, item, frame, folder);
    const path = join(folder, 'frame.png');
    const { bytes } = await scans.frame(systemCaller(orgId), item.id, frame, { window: 'default', format: 'png', overlays: false, time: 0 });
    await writeFile(path, bytes);
    return path;
  };
}

async function videoFrame(blobs: BlobStore, { sha256, name }: StoredItem, frame: number, folder: string): Promise<string> {
  const file = await blobs.localPath(sha256);
  try {
    const [drawn] = await extractFrames(file.path, { frames: [frame] }, folder);
    if (!drawn) throw new Error(`The frame ${frame} of ${name} was not drawn.`);
    return drawn.path;
  } finally {
    await file.release();
  }
}
