import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaKind } from '@fovea/contract';
import sharp from 'sharp';
import { Fault } from '../../fault.ts';
import { renderDicomFrame } from '@fovea/medical/dicom/render.ts';
import { renderNiftiSlice } from '@fovea/medical/nifti/slice.ts';
import { extractFrames } from '../../media/video/extract.ts';

/** A frame (0-based) of a file as a PNG: of a volume, the slice along its third axis. */
export async function renderFrame(path: string, kind: MediaKind, frame: number): Promise<Uint8Array> {
  switch (kind) {
    case 'dicom':
      return renderDicomFrame(path, { frame, format: 'png' });
    case 'nifti':
      return renderNiftiSlice(path, { axis: 'k', index: frame });
    case 'image':
      return sharp(path, { page: frame }).rotate().png().toBuffer();
    case 'video':
      return videoFrame(path, frame);
    default:
      throw new Fault('unsupported_media', `A file of the kind ${kind} has no frames to show.`);
  }
}

async function videoFrame(path: string, frame: number): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-frame-'));
  try {
    const [extracted] = await extractFrames(path, { frames: [frame] }, folder, { format: 'png' });
    if (!extracted) throw new Fault('not_found', `The video has no frame ${frame}.`);
    return await readFile(extracted.path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
