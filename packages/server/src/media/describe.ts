import { open } from 'node:fs/promises';
import type { MediaKind } from '@fovea/contract';
import { detectBytes, detectMedia } from './detect.ts';
import { describeDicom } from './dicom/describe.ts';
import { describeImage } from './image.ts';
import { describeVideo } from './video/describe.ts';

/** What a file is and holds. A file that is broken has a `problem` in words instead of an error. */
export interface MediaFacts {
  kind: MediaKind;
  mediaType: string;
  /** Pixels, upright. */
  width?: number;
  height?: number;
  /** EXIF orientation, 1–8. */
  orientation?: number;
  frames?: number;
  durationSeconds?: number;
  /** Mean frames a second. */
  fps?: number;
  summary?: Record<string, unknown>;
  problem?: string;
}

/** Looks at a file on the local disk. Throws only when it cannot be read at all. */
export async function describeMedia(file: { path: string; size: number; name?: string }): Promise<MediaFacts> {
  const found = detectMedia(await readHead(file.path), file.name);
  if (file.size === 0) return { ...found, problem: 'The file is empty.' };
  try {
    return { ...found, ...(await facts(found.kind, file.path, found.mediaType)) };
  } catch (error) {
    return { ...found, problem: `The file cannot be read: ${(error as Error).message.slice(0, 300)}` };
  }
}

async function facts(kind: MediaKind, path: string, mediaType: string): Promise<Partial<MediaFacts>> {
  switch (kind) {
    case 'image':
      return describeImage(path, mediaType);
    case 'video':
    case 'audio':
      return describeVideo(path);
    case 'dicom':
      return describeDicom(path);
    default:
      return {};
  }
}

async function readHead(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(detectBytes), 0, detectBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
