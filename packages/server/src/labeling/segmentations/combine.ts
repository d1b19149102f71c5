import { bitmapFromRuns, decodeRle } from '@fovea/geometry';
import type { Grid } from '@fovea/medical/nifti/labels.ts';
import { readLabelVolume } from '@fovea/medical/label-volume.ts';
import type { VoxelArray } from '@fovea/medical/nifti/parse.ts';
import type { StoredAnnotation } from '../annotations/store.ts';

/** Annotations as one array of label values. */
export interface Combined extends Grid {
  data: Uint8Array | Uint16Array;
  /** Names by value. */
  names: Map<number, string>;
  notes: string[];
}

/** The value of each annotation in the whole: the one that it was uploaded with where no other label has it, else the next free one. */
export function assignValues(annotations: readonly StoredAnnotation[]): { values: Map<string, number>; names: Map<number, string> } {
  const names = new Map<number, string>();
  const byLabel = new Map<string, number>();
  const values = new Map<string, number>();
  const wish = ({ metadata, geometry }: StoredAnnotation): number | undefined => {
    const kept = (metadata['segmentation'] as { value?: unknown } | undefined)?.value ?? (geometry.type === 'volume' ? geometry.value : undefined);
    return typeof kept === 'number' && Number.isInteger(kept) && kept >= 1 && kept <= 65_535 ? kept : undefined;
  };
  for (const annotation of annotations) {
    let value = byLabel.get(annotation.label);
    if (value === undefined) {
      value = wish(annotation);
      if (value === undefined || names.has(value)) for (value = 1; names.has(value); ) value += 1;
      byLabel.set(annotation.label, value);
      names.set(value, annotation.label);
    }
    values.set(annotation.id, value);
  }
  return { values, names };
}

/** A volume annotation's voxels: the file that came with it, and which of its values they have. */
export interface LabelFile extends Grid {
  data: VoxelArray;
}

export function readLabelFile(bytes: Uint8Array): LabelFile {
  const { data, dims, affine } = readLabelVolume(bytes);
  return { data, dims: [...dims], affine };
}

/** Writes annotations over each other into one array; later ones cover earlier ones, and that is noted. */
export class LabelPainter {
  readonly data: Uint8Array | Uint16Array;
  private readonly sliceVoxels: number;
  private readonly width: number;
  private readonly height: number;
  private covered = 0;

  constructor(dims: readonly number[], highest: number) {
    const [width = 1, height = 1, depth = 1] = dims;
    this.width = width;
    this.height = height;
    this.sliceVoxels = width * height;
    this.data = highest > 255 ? new Uint16Array(this.sliceVoxels * depth) : new Uint8Array(this.sliceVoxels * depth);
  }

  volume(file: LabelFile, from: number, to: number): void {
    if (file.data.length !== this.data.length) throw new RangeError(`a volume of ${file.data.length} voxels where ${this.data.length} are`);
    for (let at = 0; at < this.data.length; at++) if (file.data[at] === from) this.set(at, to);
  }

  /** A mask of another size than the slice is left out; false then. */
  mask(geometry: Extract<StoredAnnotation['geometry'], { type: 'mask' }>, slice: number, to: number): boolean {
    const runs = decodeRle(geometry.rle);
    if (runs.width !== this.width || runs.height !== this.height) return false;
    const bitmap = bitmapFromRuns(runs);
    for (let at = 0; at < bitmap.length; at++) if (bitmap[at] === 1) this.set(slice * this.sliceVoxels + at, to);
    return true;
  }

  notes(): string[] {
    return this.covered === 0 ? [] : [`annotations overlap in ${this.covered} voxels: the later one is kept`];
  }

  private set(at: number, value: number): void {
    if (this.data[at] !== 0 && this.data[at] !== value) this.covered += 1;
    this.data[at] = value;
  }
}
