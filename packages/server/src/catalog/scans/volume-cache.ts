import type { SliceSource } from '@fovea/medical/nifti/slice.ts';
import type { Affine } from '@fovea/medical/nifti/affine.ts';
import type { VolumeSource } from '@fovea/medical/dicom/volume.ts';

/** A volume in memory, with where it lies in the patient. */
export interface PlacedVolume extends SliceSource {
  readonly affine: Affine;
  readonly notes: readonly string[];
  /** Of a volume made of DICOM frames: the file of each slice. */
  readonly sources?: readonly VolumeSource[];
}

/** Keeps volumes that were read: a viewer asks for slice after slice of the same one. The least recently used go first. */
export class VolumeCache {
  private readonly volumes = new Map<string, { volume: Promise<PlacedVolume>; bytes: number }>();
  private readonly maxBytes: number;

  constructor(maxBytes = 512 * 1024 ** 2) {
    this.maxBytes = maxBytes;
  }

  /** The volume under a key that names its content; read at most once at a time. */
  get(key: string, read: () => Promise<PlacedVolume>): Promise<PlacedVolume> {
    const known = this.volumes.get(key);
    if (known) {
      this.volumes.delete(key);
      this.volumes.set(key, known);
      return known.volume;
    }
    const entry = { volume: read(), bytes: 0 };
    this.volumes.set(key, entry);
    entry.volume.then(
      (volume) => {
        entry.bytes = volume.data.byteLength;
        this.shrink();
      },
      () => this.volumes.delete(key),
    );
    return entry.volume;
  }

  private shrink(): void {
    let total = 0;
    for (const { bytes } of this.volumes.values()) total += bytes;
    for (const [key, { bytes }] of this.volumes) {
      if (total <= this.maxBytes) return;
      this.volumes.delete(key);
      total -= bytes;
    }
  }
}
