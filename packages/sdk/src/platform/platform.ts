import type { DeidentifyOptions } from '@fovea/contract';
import type { SourceError } from '../errors.ts';
import type { FileReport } from '../transfer/deidentify.ts';
import type { FolderOptions, OpenSource, UploadFile } from '../transfer/source.ts';
import type { OpenBody } from '../transport.ts';

/** What differs between Node (also Deno and Bun) and browsers. The package's `imports` choose one. */
export interface Platform {
  /** A file by its path on this machine. */
  openPath(path: string): Promise<OpenSource>;
  /** The contents of small files whose sizes are known, or for each why it cannot be read. */
  readSmall(files: readonly { path: string; sizeBytes: number }[]): Promise<(Uint8Array | SourceError)[]>;
  /** The body of one upload attempt; `onSent` is told the bytes sent so far. */
  body(source: OpenSource, onSent: (bytes: number) => void): Promise<OpenBody>;
  /** A fetch that tells the progress of its upload, where the platform's own cannot. */
  fetchWithProgress?(onSent: (bytes: number) => void): typeof fetch;
  /** A SHA-256 that is taken piece by piece, where the platform has one. */
  hasher?(): Hasher;
  isFolder(path: string): Promise<boolean>;
  filesIn(folder: string, options: FolderOptions): AsyncIterable<UploadFile>;
  /** Loads what takes identities out of DICOM and NIfTI files, where that can run. */
  deidentifier?(): Promise<Deidentify>;
  /** Loads what reads the headers of scans, where that can run and is there. */
  scanDescriber?(): Promise<((bytes: Uint8Array) => Record<string, unknown>) | undefined>;
  /** Loads what reads the segmentations of scans, where that can run. Rejects with what to install where it is not there. */
  volumeReader?(): Promise<VolumeReader>;
  /** Writes a download to disk: resumed, verified, renamed into place. */
  save(request: SaveRequest): Promise<Saved>;
}

/** Reads the NIfTI file of a segmentation, and cuts one label out of it (1 where a voxel has it). */
export interface VolumeReader {
  readLabelVolume(bytes: Uint8Array): LabelVolume;
  labelMask(volume: LabelVolume, value: number): Uint8Array;
}

/** Labels of voxels, i running fastest. */
export interface LabelVolume {
  readonly data: Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;
  /** Voxels along i, j, k. */
  readonly dims: readonly number[];
  /** From i, j, k to millimetres in the patient (RAS+): three rows of four. */
  readonly affine: readonly (readonly number[])[];
}

/** A digest in the making. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** 64 hexadecimal digits. */
  digest(): string;
}

/** De-identifies the bytes of one file; rejects with an error that says why they cannot be. */
export type Deidentify = (
  bytes: Uint8Array,
  settings: { key: string; options: object; pixelRules: NonNullable<DeidentifyOptions['pixelRules']> },
) => Promise<{ bytes: Uint8Array; path: string; report: FileReport }>;

/** A download to a file. */
export interface SaveRequest {
  to: string;
  sha256: string;
  sizeBytes: number;
  /** The bytes from an offset on, as a 206; or all of them as a 200. */
  fetchFrom(offset: number, signal: AbortSignal): Promise<Response>;
  onProgress: ((progress: { receivedBytes: number; totalBytes: number }) => void) | undefined;
  signal: AbortSignal | undefined;
  /** How long no byte may come. */
  timeoutMs: number;
  /** How often in a row the connection may break off without a byte in between. */
  maxRetries: number;
  /** For messages. */
  url: string;
}

/** A file that was downloaded. */
export interface Saved {
  path: string;
  sizeBytes: number;
  sha256: string;
  /** What an earlier, broken download had left already. */
  resumedBytes: number;
}
