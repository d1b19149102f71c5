import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InputError, type InputFile } from '../analytic.ts';
import { openStill, sniffStill, uprightSize } from '../imaging/load.ts';
import { countPackets, probeAudio, probeVideo } from '../video/probe.ts';

export interface DescribeOptions {
  countFrames: boolean;
  signal: AbortSignal;
}

/** All facts about one file. Throws InputError for a picture or video that cannot be read. */
export async function describeFile(file: InputFile, options: DescribeOptions): Promise<Record<string, unknown>> {
  const { size } = await stat(file.path);
  const base = { name: file.name, bytes: size, sha256: await hashFile(file.path, options.signal) };
  const still = size === 0 ? 'unknown' : await sniffStill(file.path);
  // Video containers share the ftyp mark with HEIF; sharp knows which is which by its brand.
  if (still === 'heif' && !file.mediaType.startsWith('image/'))
    return { ...base, ...(await describeVideo(file, options)) };
  if (still === 'svg' && file.mediaType === 'image/svg+xml') return { ...base, kind: 'image', format: 'svg' };
  if (still !== 'unknown' && still !== 'svg') return { ...base, ...(await describeStill(file)) };
  if (/^(video|audio)\//.test(file.mediaType)) return { ...base, ...(await describeVideo(file, options)) };
  if (file.mediaType.startsWith('image/')) throw new InputError('is not a picture in a known format');
  return { ...base, kind: 'other', mediaType: file.mediaType };
}

async function describeStill(file: InputFile): Promise<Record<string, unknown>> {
  const { metadata } = await openStill(file.path);
  return {
    kind: 'image',
    format: metadata.format,
    ...uprightSize(metadata),
    orientation: metadata.orientation ?? 1,
    pages: metadata.pages ?? 1,
    channels: metadata.channels,
    colourSpace: metadata.space,
    depth: metadata.depth,
    hasAlpha: metadata.hasAlpha,
    hasColourProfile: metadata.icc !== undefined,
    dotsPerInch: metadata.density ?? null,
    chromaSubsampling: metadata.chromaSubsampling ?? null,
    progressive: metadata.isProgressive ?? false,
    exifBytes: metadata.exif?.length ?? 0,
  };
}

async function describeVideo(file: InputFile, options: DescribeOptions): Promise<Record<string, unknown>> {
  const audio = await probeAudio(file.path, options.signal);
  if (audio !== null) return { kind: 'audio', ...audio };
  const video = await probeVideo(file.path, options.signal);
  if (!options.countFrames) return { kind: 'video', ...video };
  return { kind: 'video', ...video, frames: await countPackets(file.path, options.signal) };
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { signal })) hash.update(part as Buffer);
  return hash.digest('hex');
}
