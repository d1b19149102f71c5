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
  /** Writes a download to disk: resumed, verified, renamed into place. */
  save(request: SaveRequest): Promise<Saved>;
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
