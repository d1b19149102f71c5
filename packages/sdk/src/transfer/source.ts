import { platform } from '#platform';
import { SourceError } from '../errors.ts';

/**
 * What can be uploaded: a Blob or File, bytes, a stream (a Node stream too), or in Node the path of a file. A stream can be read only
 * once, so an upload of one is not repeated when it fails.
 */
export type UploadSource = Blob | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | string;

/** One file of many, with its path in the dataset. */
export interface UploadFile {
  /** `/folder/name.jpg` in the dataset. */
  path: string;
  file: UploadSource;
  /** Its size when it is known already; saves asking the disk again. */
  sizeBytes?: number | undefined;
  /** Why it is not sent, where that is known before; it counts as failed. */
  problem?: Error | undefined;
}

/** Which files of a folder are taken. */
export interface FolderOptions {
  /** Take files and folders whose name begins with a dot too. Default: no. */
  hidden?: boolean | undefined;
}

/** A source that is ready to be read. */
export interface OpenSource {
  /** Undefined for streams. */
  sizeBytes: number | undefined;
  /** Whether it can be read from the start again. */
  replayable: boolean;
  /** What it is called where it comes from. */
  name: string | undefined;
  /** Its bytes, where they are at hand as one thing. */
  whole: Blob | Uint8Array | undefined;
  read(): AsyncIterable<Uint8Array>;
  /** A part of it, where parts can be read in any order. */
  slice?(start: number, end: number): Promise<Uint8Array>;
  /** What it is known again by after a break: that of the same file says the same as long as that is not changed. */
  fingerprint?: string | undefined;
}

const pieceBytes = 1024 * 1024;

/** Looks at a source without reading it; throws SourceError when there is nothing to read. */
export async function openSource(source: UploadSource): Promise<OpenSource> {
  if (typeof source === 'string') return platform.openPath(source);
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof Blob) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : undefined;
    const changedMs = 'lastModified' in source && typeof source.lastModified === 'number' ? source.lastModified : undefined;
    return {
      sizeBytes: source.size,
      replayable: true,
      name,
      whole: source,
      read: () => chunks(source.stream()),
      slice: async (start, end) => new Uint8Array(await source.slice(start, end).arrayBuffer().catch(unreadable)),
      fingerprint: name === undefined || changedMs === undefined ? undefined : `${source.size}-${changedMs}`,
    };
  }
  if (typeof source === 'object' && source !== null && (source instanceof ReadableStream || Symbol.asyncIterator in source)) {
    return { sizeBytes: undefined, replayable: false, name: undefined, whole: undefined, read: () => chunks(source) };
  }
  throw new TypeError('What is uploaded must be a Blob, a Uint8Array, a stream, or in Node a path.');
}

/** Bytes that are at hand. */
export function bytesSource(bytes: Uint8Array): OpenSource {
  return {
    sizeBytes: bytes.byteLength,
    replayable: true,
    name: undefined,
    whole: bytes,
    read: () => once(bytes),
    slice: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
}

/** A file that was changed or removed since it was chosen in a browser. */
function unreadable(cause: unknown): never {
  throw new SourceError(`The file can no longer be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** The whole content of a small source. */
export async function readWhole(source: OpenSource): Promise<Uint8Array> {
  if (source.whole instanceof Uint8Array) return source.whole;
  if (source.whole) return new Uint8Array(await source.whole.arrayBuffer());
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source.read()) {
    parts.push(part);
    length += part.byteLength;
  }
  return parts.length === 1 && parts[0] ? parts[0] : concat(parts, length);
}

/** One array of the bytes of all. */
export function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

/** In pieces, so that whoever sends them sees them go. */
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

/** The chunks of a stream; not every browser can iterate over one yet. */
async function* chunks(stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (!(stream instanceof ReadableStream)) {
    for await (const chunk of stream) yield bytesOf(chunk);
    return;
  }
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield bytesOf(value);
    }
  } finally {
    // Ends the source when the upload ends before it.
    await reader.cancel().catch(() => undefined);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new SourceError(`The stream gave ${typeof chunk} instead of bytes; open it without an encoding.`);
}
