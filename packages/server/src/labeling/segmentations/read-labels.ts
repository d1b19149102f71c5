import { looksLikeDicom } from '@fovea/medical/dicom/parse.ts';
import { readSeg, segToLabelVolume, type Segmentation } from '@fovea/medical/dicom/seg.ts';
import { countLabels, gridDifference, resampleLabels, type Grid } from '@fovea/medical/nifti/labels.ts';
import { isNifti, parseNifti, readVoxels, type VoxelArray } from '@fovea/medical/nifti/parse.ts';
import { Fault } from '../../fault.ts';
import { readable } from '../../catalog/scans/readable.ts';

/** Labels on the voxels of a scan. */
export interface LabelLayer extends Grid {
  data: VoxelArray;
  /** Names by value; only values that occur. */
  names: Map<number, string>;
}

export type LabelNames = Readonly<Record<string, string>> | undefined;

/** A grid whose place in the patient is not known has no affine worth comparing. */
export type ScanGrid = Grid & { isPlaced: boolean };

/** Reads a NIfTI or DICOM SEG file onto the grid of a scan; one layer, or one for each segment where segments overlap. */
export async function readLabels(bytes: Uint8Array, grid: ScanGrid, names: LabelNames, resample: boolean): Promise<{ layers: LabelLayer[]; notes: string[] }> {
  if (isNifti(bytes)) return readable(() => niftiLayers(bytes, grid, names, resample));
  if (looksLikeDicom(bytes)) return readable(() => segLayers(bytes, grid, resample));
  throw new Fault('unsupported_media', 'A segmentation is a NIfTI file, a DICOM SEG object, or for one frame a PNG picture.');
}

function niftiLayers(bytes: Uint8Array, grid: ScanGrid, names: LabelNames, resample: boolean): { layers: LabelLayer[]; notes: string[] } {
  const volume = readVoxels(parseNifti(bytes));
  if (volume.channels !== 1) throw new Fault('unsupported_media', 'The segmentation has colours; label values are whole numbers.');
  const dims = [...volume.dims.slice(0, 3), 1, 1].slice(0, 3);
  if (volume.data.length !== dims.reduce((product, size) => product * size, 1)) throw new Fault('unsupported_media', `The segmentation has ${volume.dims.join(' × ')} voxels; one point in time is read.`);
  const counts = countLabels(volume.data);
  const placed = onGrid({ dims, affine: volume.header.affine, data: volume.data }, grid, resample);
  const layer: LabelLayer = { ...placed.labels, names: namesOf(counts, names) };
  return { layers: [layer], notes: [...placed.notes, ...unusedNames(counts, names)] };
}

/** The labels as they are when they lie on the grid; resampled when that was asked for, and said. */
function onGrid<T extends Grid & { data: VoxelArray }>(labels: T, grid: ScanGrid, resample: boolean): { labels: Grid & { data: VoxelArray }; notes: string[] } {
  const difference = gridDifference(grid.isPlaced ? labels : { ...labels, affine: grid.affine }, grid);
  if (difference === undefined) return { labels, notes: [] };
  if (!resample || !grid.isPlaced) {
    const hint = grid.isPlaced ? ' resample=true brings it there by the nearest voxel.' : '';
    throw new Fault('invalid_request', `The segmentation does not lie on the voxels of the scan: ${difference}.${hint}`, { errors: [{ path: 'body', message: difference }] });
  }
  const data = resampleLabels(labels.data, labels, grid);
  return { labels: { dims: grid.dims.slice(0, 3), affine: grid.affine, data }, notes: [`resampled by the nearest voxel: ${difference}`] };
}

function namesOf(counts: Map<number, number>, names: LabelNames): Map<number, string> {
  const values = [...counts.keys()].filter((value) => value !== 0);
  if (values.length === 0) throw new Fault('invalid_request', 'The segmentation labels no voxel: every value is 0.');
  const unnamed = names === undefined ? [] : values.filter((value) => names[value] === undefined);
  if (unnamed.length > 0) {
    const message = `the label ${unnamed.length === 1 ? 'value' : 'values'} ${unnamed.slice(0, 20).join(', ')} ${unnamed.length === 1 ? 'has' : 'have'} no name`;
    throw new Fault('invalid_request', `In the name map ${message}.`, { errors: [{ path: 'query.labels', message }] });
  }
  return new Map(values.map((value) => [value, names?.[value] ?? `label ${value}`]));
}

function unusedNames(counts: Map<number, number>, names: LabelNames): string[] {
  const unused = Object.entries(names ?? {}).filter(([value]) => !counts.has(Number(value)));
  return unused.length === 0 ? [] : [`no voxel has the value of ${unused.map(([value, name]) => `${name} (${value})`).slice(0, 20).join(', ')}`];
}

async function segLayers(bytes: Uint8Array, grid: ScanGrid, resample: boolean): Promise<{ layers: LabelLayer[]; notes: string[] }> {
  const seg = await readSeg(bytes);
  const target = grid.isPlaced && !resample ? grid : undefined;
  const whole = segToLabelVolume(seg, target);
  const overlaps = whole.notes.some((note) => note.startsWith('segments overlap'));
  const parts: Segmentation[] = overlaps
    ? seg.segments.map((segment) => ({ ...seg, segments: [segment], frames: seg.frames.filter((frame) => frame.segment === segment.number) })).filter((part) => part.frames.length > 0)
    : [seg];
  const notes = new Set<string>(seg.notes);
  if (overlaps) notes.add('segments overlap: each has a volume of its own');
  const layers = parts.map((part): LabelLayer => {
    const placed = onGrid(segToLabelVolume(part, target), grid, resample);
    for (const note of placed.notes) notes.add(note);
    const present = countLabels(placed.labels.data);
    const names = new Map(part.segments.flatMap(({ value, label }) => (present.has(value) ? [[value, label] as const] : [])));
    return { ...placed.labels, names };
  });
  return { layers, notes: [...notes] };
}
