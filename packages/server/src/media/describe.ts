import { open } from 'node:fs/promises';
import type { MediaKind } from '@fovea/contract';
import { detectBytes, detectMedia } from './detect.ts';
import { describeDicom } from '@fovea/medical/dicom/describe.ts';
import { describeImage } from './image.ts';
import { describeNifti } from '@fovea/medical/nifti/read.ts';
import { describePdf } from './pdf.ts';
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
  channels?: number;
  /** Bits of one sample. */
  bitDepth?: number;
  hasAlpha?: boolean;
  /** Frames that are shown: of a video, an animation, a multi-page picture, a DICOM file. */
  frames?: number;
  /** Of a document or a multi-page picture. */
  pages?: number;
  durationSeconds?: number;
  /** Mean frames a second. */
  fps?: number;
  codec?: string;
  /** When the camera took it: RFC 3339, without zone where the camera noted none. */
  capturedAt?: string;
  /** Everything else that is known, and those of the facts above that a catalog has no column for. */
  summary?: Record<string, unknown>;
  problem?: string;
}

export interface MediaLimits {
  /** Pictures with more pixels have a `problem`. Default {@link maxPixels}. */
  maxPixels?: number;
  /** Videos with more frames are not counted to the end, and have a `problem`. */
  maxFrames?: number;
}

/** A file on the local disk. `size` in bytes; `name` helps to tell kinds of plain text apart. */
export interface MediaFile {
  path: string;
  size: number;
  name?: string;
  limits?: MediaLimits;
}

/** Looks at a file on the local disk. Throws only when it cannot be opened or read at all. */
export async function describeMedia(file: MediaFile): Promise<MediaFacts> {
  const found = detectMedia(await readHead(file.path), file.name);
  if (file.size === 0) return { ...found, problem: 'The file is empty.' };
  try {
    return withSummary({ ...found, ...(await describeKind(found, file)) });
  } catch (error) {
    return { ...found, problem: `The file cannot be read: ${(error as Error).message.slice(0, 300)}` };
  }
}

async function describeKind({ kind, mediaType }: { kind: MediaKind; mediaType: string }, file: MediaFile): Promise<Partial<MediaFacts>> {
  switch (kind) {
    case 'image':
      return describeImage({ ...file, mediaType });
    case 'video':
    case 'audio':
      return describeVideo({ ...file, mediaType });
    case 'dicom':
      return describeDicom(file.path);
    case 'nifti':
      return describeNifti(file.path);
    case 'pdf':
      return describePdf(file.path);
    default:
      return {};
  }
}

/** The facts that only the summary carries on into a catalog. */
function withSummary(facts: MediaFacts): MediaFacts {
  const { channels, bitDepth, hasAlpha, pages, codec, capturedAt } = facts;
  const extra = Object.entries({ channels, bitDepth, hasAlpha, pages, codec, capturedAt }).filter(([, value]) => value !== undefined);
  if (extra.length === 0) return facts;
  return { ...facts, summary: { ...Object.fromEntries(extra), ...facts.summary } };
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
