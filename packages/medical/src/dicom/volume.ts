import type { Affine } from '../nifti/affine.ts';
import type { SliceSource } from '../nifti/slice.ts';
import { describeDicom } from './describe.ts';
import { DicomError } from './error.ts';
import { readFrame } from './frame-file.ts';
import { cross, dot, frameGeometry, norm, normalOf, scale, subtract } from './geometry.ts';
import type { FrameGeometry, Vector } from './geometry.ts';
import { rescaleOf, rescaleValue } from './grayscale.ts';
import { orderSeries } from './series.ts';

/** A frame of a volume, and where it came from. */
export interface VolumeSource {
  readonly path: string;
  /** 0-based. */
  readonly frame: number;
  readonly sopClassUid?: string;
  readonly sopInstanceUid?: string;
}

/** A DICOM series as one array of real values (after rescale); i along a row, j down the rows, k along the normal. */
export interface SeriesVolume extends SliceSource {
  readonly dims: readonly [number, number, number];
  /** As in NIfTI: voxel indices to millimetres, RAS+. */
  readonly affine: Affine;
  /** One for each slice. */
  readonly sources: readonly VolumeSource[];
  readonly seriesInstanceUid?: string;
  readonly frameOfReferenceUid?: string;
  /** What was odd, in words. */
  readonly notes: readonly string[];
}

export interface VolumeOptions {
  /** Make a volume although slices are missing: it is shorter than the patient there. */
  readonly allowGaps?: boolean;
}

const maxVoxels = 2 ** 30;

/**
 * Makes a volume of the files of one series (or of one multi-frame file), ordered by geometry.
 * @throws DicomError when they are not one stack of parallel slices of one size, or slices are missing
 */
export async function volumeFromDicomSeries(paths: readonly string[], options: VolumeOptions = {}): Promise<SeriesVolume> {
  const slices = await listSlices(paths);
  const [series, ...others] = orderSeries(slices.map(asSummary));
  if (series === undefined) throw new DicomError('there are no files');
  if (others.length > 0) throw new DicomError(`the files belong to ${others.length + 1} series`);
  if (series.orderedBy !== 'geometry') throw new DicomError('the slices have no common orientation and positions');
  if (series.gaps.length > 0 && options.allowGaps !== true) throw new DicomError(`slices are missing: ${series.notes.join('; ')}`);
  const notes = [...series.notes];
  const places = new Set<number>();
  const ordered: Slice[] = [];
  series.instances.forEach(({ instance, place }) => {
    const key = Math.round((place ?? 0) * 100);
    if (places.has(key)) notes.push(`two slices at ${(place ?? 0).toFixed(2)} mm: the first is taken`);
    else ordered.push(instance['slice'] as Slice);
    places.add(key);
  });
  return assemble(ordered, notes);
}

interface Slice extends VolumeSource {
  readonly rows: number;
  readonly columns: number;
  readonly geometry: FrameGeometry;
  readonly seriesInstanceUid?: string;
  readonly frameOfReferenceUid?: string;
  readonly instanceNumber?: number;
}

async function listSlices(paths: readonly string[]): Promise<Slice[]> {
  const slices: Slice[] = [];
  for (const path of paths) {
    const { summary, frames = 0, width = 0, height = 0, problem } = await describeDicom(path);
    if (frames === 0) throw new DicomError(problem ?? 'a file of the series has no image');
    const shared = { path, rows: height, columns: width, ...pick(summary) };
    if (frames === 1) {
      slices.push({ ...shared, frame: 0, geometry: geometryOf(summary) });
      continue;
    }
    const { file } = await readFrame(path, 0);
    for (let frame = 0; frame < frames; frame++) slices.push({ ...shared, frame, geometry: frameGeometry(file.dataSet, frame) });
  }
  return slices;
}

function pick(summary: Record<string, unknown>): Pick<Slice, 'sopClassUid' | 'sopInstanceUid' | 'seriesInstanceUid' | 'frameOfReferenceUid' | 'instanceNumber'> {
  const out: Record<string, unknown> = {};
  for (const key of ['sopClassUid', 'sopInstanceUid', 'seriesInstanceUid', 'frameOfReferenceUid', 'instanceNumber']) {
    if (summary[key] !== undefined) out[key] = summary[key];
  }
  return out;
}

function geometryOf(summary: Record<string, unknown>): FrameGeometry {
  const cosines = summary['orientation'] as number[] | undefined;
  const position = summary['position'] as Vector | undefined;
  const spacing = summary['spacing'] as [number, number] | undefined;
  const sliceThickness = (summary['spacingBetweenSlices'] ?? summary['sliceThickness']) as number | undefined;
  return {
    ...(cosines === undefined ? {} : { orientation: [cosines.slice(0, 3), cosines.slice(3, 6)] as unknown as [Vector, Vector] }),
    ...(position === undefined ? {} : { position }),
    ...(spacing === undefined ? {} : { spacing }),
    ...(sliceThickness === undefined ? {} : { sliceThickness }),
  };
}

/** Frames of one file share its UID; the frame number keeps them from being taken for duplicates. */
function asSummary(slice: Slice): Record<string, unknown> {
  return {
    slice,
    seriesInstanceUid: slice.seriesInstanceUid,
    sopInstanceUid: `${slice.sopInstanceUid ?? slice.path}#${slice.frame}`,
    instanceNumber: slice.instanceNumber,
    orientation: slice.geometry.orientation?.flat(),
    position: slice.geometry.position,
  };
}

async function assemble(slices: readonly Slice[], notes: readonly string[]): Promise<SeriesVolume> {
  const [first] = slices;
  if (first === undefined) throw new DicomError('there are no slices');
  const { rows, columns } = first;
  const odd = slices.find((slice) => slice.rows !== rows || slice.columns !== columns);
  if (odd !== undefined) throw new DicomError(`slices of ${columns} × ${rows} and of ${odd.columns} × ${odd.rows} pixels`);
  if (rows * columns * slices.length > maxVoxels) throw new DicomError(`a volume of ${columns} × ${rows} × ${slices.length} voxels is too large`);
  const affine = seriesAffine(slices);
  let data: Int16Array | Float32Array = new Int16Array(rows * columns * slices.length);
  for (const [index, slice] of slices.entries()) {
    const { file, frame } = await readFrame(slice.path, slice.frame);
    if (frame.samplesPerPixel !== 1) throw new DicomError('a series of colour images is no volume');
    const rescale = rescaleOf(file.dataSet, slice.frame, frame.signed);
    const offset = index * rows * columns;
    for (let at = 0; at < frame.data.length; at++) {
      const value = rescaleValue(rescale, frame.data[at] ?? 0);
      // As long as every value fits, two bytes do.
      if (data instanceof Int16Array && (!Number.isInteger(value) || value < -32768 || value > 32767)) data = Float32Array.from(data);
      data[offset + at] = value;
    }
  }
  return {
    data, affine, notes,
    dims: [columns, rows, slices.length],
    channels: 1,
    header: { slope: 1, intercept: 0, affine, displayMin: Number.NaN, displayMax: Number.NaN },
    sources: slices.map(({ path, frame, sopClassUid, sopInstanceUid }) => ({
      path, frame, ...(sopClassUid === undefined ? {} : { sopClassUid }), ...(sopInstanceUid === undefined ? {} : { sopInstanceUid }),
    })),
    ...(first.seriesInstanceUid === undefined ? {} : { seriesInstanceUid: first.seriesInstanceUid }),
    ...(first.frameOfReferenceUid === undefined ? {} : { frameOfReferenceUid: first.frameOfReferenceUid }),
  };
}

function seriesAffine(slices: readonly { geometry: FrameGeometry }[]): Affine {
  const geometry = slices[0]?.geometry;
  const { orientation, position, spacing } = geometry ?? {};
  if (orientation === undefined || position === undefined) throw new DicomError('the slices have no position');
  const last = slices.at(-1)?.geometry.position;
  const normal = normalOf(orientation) ?? [0, 0, 1];
  const step =
    slices.length > 1 && last !== undefined ? scale(subtract(last, position), 1 / (slices.length - 1)) : scale(normal, geometry?.sliceThickness ?? 1);
  return affineOf(orientation, spacing ?? [1, 1], step, position);
}

/** DICOM counts x to the left and y to the back, NIfTI to the right and to the front: both change sign. */
export function affineOf(orientation: readonly [Vector, Vector], spacing: readonly [number, number], step: Vector, position: Vector): Affine {
  const i = scale(orientation[0], spacing[1]);
  const j = scale(orientation[1], spacing[0]);
  return [
    [-i[0], -j[0], -step[0], -position[0]],
    [-i[1], -j[1], -step[1], -position[1]],
    [i[2], j[2], step[2], position[2]],
  ];
}

/** The other way round: plane and positions of the slices of a grid, in DICOM's system. */
export function planesOf(affine: Affine): { orientation: [Vector, Vector]; spacing: [number, number]; sliceStep: Vector; position: Vector } {
  const column = (index: 0 | 1 | 2 | 3): Vector => [-affine[0][index], -affine[1][index], affine[2][index]];
  const [i, j] = [column(0), column(1)];
  const [lengthI, lengthJ] = [norm(i), norm(j)];
  if (lengthI < 1e-9 || lengthJ < 1e-9 || norm(cross(i, j)) < 1e-9) throw new DicomError('the affine has no plane');
  if (Math.abs(dot(i, j)) / (lengthI * lengthJ) > 1e-3) throw new DicomError('rows and columns are not at right angles: DICOM has no such planes');
  return { orientation: [scale(i, 1 / lengthI), scale(j, 1 / lengthJ)], spacing: [lengthJ, lengthI], sliceStep: column(2), position: column(3) };
}
