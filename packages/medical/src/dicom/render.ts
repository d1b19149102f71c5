import sharp from 'sharp';
import { toRgb } from './colour.ts';
import { readFrame } from './frame-file.ts';
import { percentileWindow, rescaleOf, toGrey, voiOf } from './grayscale.ts';
import type { Rescale, Voi, Window } from './grayscale.ts';
import type { SampleArray } from './native-pixels.ts';
import { overlaysOf, paintOverlays } from './overlay.ts';
import type { DicomFile } from './parse.ts';
import type { DicomFrame } from './pixels.ts';

export interface RenderOptions {
  /** 0-based; the first when absent. */
  readonly frame?: number;
  /** In real units (after rescale). When absent: the header's, else the 1st to 99th percentile, which `percentile` asks for. */
  readonly window?: Window | 'percentile';
  readonly format: 'png' | 'jpeg';
  /** Longest side in pixels; smaller frames are not enlarged. */
  readonly maxSize?: number;
  /** Paint the overlay planes (60xx). Default true. */
  readonly overlays?: boolean;
}

/** A frame as 8-bit pixels. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Renders a frame of a DICOM file as a PNG or JPEG image. @throws DicomError */
export async function renderDicomFrame(path: string, options: RenderOptions): Promise<Uint8Array> {
  const { file, frame } = await readFrame(path, options.frame ?? 0);
  return encodePicture(paintFrame(file, frame, options), options);
}

/** Encodes 8-bit pixels. */
export async function encodePicture(picture: Picture, options: { format: 'png' | 'jpeg'; maxSize?: number }): Promise<Uint8Array> {
  const { width, height, channels } = picture;
  let image = sharp(picture.pixels, { raw: { width, height, channels }, limitInputPixels: false });
  if (options.maxSize !== undefined) {
    image = image.resize({ width: options.maxSize, height: options.maxSize, fit: 'inside', withoutEnlargement: true });
  }
  if (channels === 1) image = image.toColourspace('b-w');
  return options.format === 'png' ? image.png({ compressionLevel: 6 }).toBuffer() : image.jpeg({ quality: 90 }).toBuffer();
}

/** The display pipeline (PS3.4 annex N): rescale, VOI, presentation, or colour conversion; then the overlays. */
export function paintFrame(file: DicomFile, frame: DicomFrame, options: Omit<RenderOptions, 'format'> = {}): Picture {
  const { dataSet } = file;
  const index = options.frame ?? 0;
  const isColour = frame.samplesPerPixel > 1 || frame.photometric === 'PALETTE COLOR';
  const channels = isColour ? 3 : 1;
  const pixels = isColour ? toRgb(dataSet, frame).slice() : paintGrey(file, frame, index, options.window);
  if (options.overlays !== false) {
    paintOverlays(pixels, frame.rows, frame.columns, channels, overlaysOf(dataSet, index, frame.words));
  }
  return { pixels, width: frame.columns, height: frame.rows, channels };
}

function paintGrey(file: DicomFile, frame: DicomFrame, index: number, window?: Window | 'percentile'): Uint8Array {
  const { dataSet } = file;
  const rescale = rescaleOf(dataSet, index, frame.signed);
  const given: Voi | undefined = typeof window === 'object' ? { kind: 'window', window } : window === undefined ? voiOf(dataSet, index) : percentileVoi(file, frame, rescale);
  const voi = given ?? fallbackVoi(file, frame, rescale);
  const isInverse = (frame.photometric === 'MONOCHROME1') !== (dataSet.string(0x20500020) === 'INVERSE' && frame.photometric !== 'MONOCHROME1');
  return toGrey(frame.data, rescale, voi, isInverse);
}

/** 8-bit images without rescale are pictures already: their whole range is shown. */
function fallbackVoi({ dataSet }: Pick<DicomFile, 'dataSet'>, frame: DicomFrame, rescale: Rescale): Voi {
  const isPicture = frame.bitsStored <= 8 && !frame.signed && rescale.slope === 1 && rescale.intercept === 0 && rescale.table === undefined;
  if (isPicture) {
    const range = 2 ** frame.bitsStored - 1;
    return { kind: 'window', window: { center: range / 2, width: range, function: 'LINEAR_EXACT' } };
  }
  return percentileVoi({ dataSet }, frame, rescale);
}

function percentileVoi({ dataSet }: Pick<DicomFile, 'dataSet'>, frame: DicomFrame, rescale: Rescale): Voi {
  return { kind: 'window', window: percentileWindow(frame.data, rescale, dataSet.number(0x00280120)) };
}

/** Stored values of a frame, with what turns them into real ones and what to show of them. */
export interface RawFrame {
  readonly data: SampleArray;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly rescale: Rescale;
  /** The header's window, else the percentile one; absent for colour. */
  readonly window?: Window;
}

/** Reads a frame (0-based) for a program that does its own display or arithmetic. @throws DicomError */
export async function rawFrame(path: string, frame = 0): Promise<RawFrame> {
  const { file, frame: decoded } = await readFrame(path, frame);
  const { words: _words, ...facts } = decoded;
  const rescale = rescaleOf(file.dataSet, frame, decoded.signed);
  if (decoded.samplesPerPixel > 1 || decoded.photometric === 'PALETTE COLOR') return { ...facts, rescale };
  const voi = voiOf(file.dataSet, frame) ?? fallbackVoi(file, decoded, rescale);
  return { ...facts, rescale, ...(voi.kind === 'window' ? { window: voi.window } : {}) };
}
