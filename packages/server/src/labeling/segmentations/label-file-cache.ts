import type { LabelFile } from './combine.ts';

/** Keeps the voxels of label files that were read or written last: whoever paints reads and writes the same one with every stroke. */
export class LabelFileCache {
  private readonly files = new Map<string, { file: Promise<LabelFile>; bytes: number }>();
  private readonly maxBytes: number;

  constructor(maxBytes = 288 * 1024 ** 2) {
    this.maxBytes = maxBytes;
  }

  /** The file with a digest; read at most once at a time. */
  get(sha256: string, read: () => Promise<LabelFile>): Promise<LabelFile> {
    const known = this.files.get(sha256);
    if (known) {
      this.files.delete(sha256);
      this.files.set(sha256, known);
      return known.file;
    }
    const entry = { file: read(), bytes: 0 };
    this.files.set(sha256, entry);
    entry.file.then(
      (file) => {
        entry.bytes = file.data.byteLength;
        this.shrink();
      },
      () => this.files.delete(sha256),
    );
    return entry.file;
  }

  /** What was just written. */
  put(sha256: string, file: LabelFile): void {
    this.files.set(sha256, { file: Promise.resolve(file), bytes: file.data.byteLength });
    this.shrink();
  }

  private shrink(): void {
    let total = 0;
    for (const { bytes } of this.files.values()) total += bytes;
    for (const [sha256, { bytes }] of this.files) {
      if (total <= this.maxBytes) return;
      this.files.delete(sha256);
      total -= bytes;
    }
  }
}
