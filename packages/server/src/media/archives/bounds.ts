import { FormatError } from '@fovea/formats';

/** What an archive may hold; each bound is named in its error. */
export interface ArchiveBounds {
  /** Files in it. */
  maxFiles: number;
  /** Bytes of all files, unpacked. */
  maxBytes: number;
  /** How many times larger than the archive its files may be, beyond the first 256 MiB. Labels of a million objects reach some fifty times. */
  maxRatio: number;
}

export const archiveBounds: ArchiveBounds = { maxFiles: 2_000_000, maxBytes: 1024 ** 4, maxRatio: 200 };

const freeBytes = 256 * 1024 * 1024;

/** An archive that is broken, too large, or not to be trusted: the message says why. */
export class ArchiveError extends FormatError {
  override name = 'ArchiveError';
}

/** Counts what an archive holds. @throws {ArchiveError} when a bound is passed. */
export class BoundsCheck {
  readonly #bounds: ArchiveBounds;
  readonly #packedBytes: number;
  #files = 0;
  #bytes = 0;

  constructor(packedBytes: number, bounds: ArchiveBounds = archiveBounds) {
    this.#packedBytes = packedBytes;
    this.#bounds = bounds;
  }

  file(): void {
    this.#files += 1;
    if (this.#files > this.#bounds.maxFiles) throw new ArchiveError(`The archive has more than ${this.#bounds.maxFiles.toLocaleString('en')} files.`);
  }

  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.#bounds.maxBytes) throw new ArchiveError(`The files of the archive have more than ${this.#bounds.maxBytes.toLocaleString('en')} bytes.`);
    if (this.#bytes > freeBytes + this.#packedBytes * this.#bounds.maxRatio)
      throw new ArchiveError(`The files of the archive are more than ${this.#bounds.maxRatio} times as large as itself.`);
  }
}
