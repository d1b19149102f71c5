import { FormatError } from './dataset.ts';

/** A part of a written file. A file comes in one or more pieces, one right after another. */
export type FilePiece = { path: string; bytes: Uint8Array };

/**
 * Named files to read from: a folder, an archive, or memory. Paths have `/` between folders, none at the start, and were
 * checked by whoever provides them not to leave their folder.
 */
export type FileSource = {
  list(): AsyncIterable<{ path: string; bytes?: number | undefined }>;
  /** The bytes of a file, from its beginning each time it is opened; undefined when there is none. */
  open(path: string): AsyncIterable<Uint8Array> | undefined;
  /** Some bytes of a file, where they can be had without reading what is before them. Parquet profits. */
  slice?: ((path: string, from: number, to: number) => Promise<Uint8Array>) | undefined;
};

/** Files in memory, as texts or bytes. */
export function memorySource(files: Readonly<Record<string, string | Uint8Array>>): FileSource {
  const entries = new Map(
    Object.entries(files).map(([path, content]) => [path, typeof content === 'string' ? encodeText(content) : content]),
  );
  return {
    async *list() {
      for (const [path, content] of entries) yield { path, bytes: content.length };
    },
    open(path) {
      const content = entries.get(path);
      return content && once(content);
    },
  };
}

/** Written pieces put together, by path. For tests and small exports: all is in memory. */
export async function collectFiles(pieces: AsyncIterable<FilePiece>): Promise<Record<string, Uint8Array>> {
  const parts = new Map<string, Uint8Array[]>();
  for await (const { path, bytes } of pieces) {
    const list = parts.get(path);
    if (list) list.push(bytes);
    else parts.set(path, [bytes]);
  }
  return Object.fromEntries([...parts].map(([path, list]) => [path, concatBytes(list)]));
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

const encoder = new TextEncoder();

/** Text as UTF-8. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** UTF-8 as text, without a byte order mark. Bytes that are not UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Several byte arrays as one. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The most bytes of a file that is read as a whole. Formats with one large file stream it instead. */
export const maxWholeFileBytes = 256 * 1024 * 1024;

/**
 * All bytes of a file; undefined when there is none.
 * @throws {FormatError} when it is longer than `maxBytes`.
 */
export async function readBytes(
  source: FileSource,
  path: string,
  maxBytes = maxWholeFileBytes,
): Promise<Uint8Array | undefined> {
  const stream = source.open(path);
  if (stream === undefined) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > maxBytes) throw new FormatError(`${path} is longer than ${maxBytes} bytes`);
    parts.push(part);
  }
  return concatBytes(parts);
}

/** A file as text; undefined when there is none. @throws {FormatError} when it is longer than `maxBytes`. */
export async function readText(
  source: FileSource,
  path: string,
  maxBytes = maxWholeFileBytes,
): Promise<string | undefined> {
  const bytes = await readBytes(source, path, maxBytes);
  return bytes && decodeText(bytes);
}

/** The first bytes of a file (fewer when it is shorter, none when there is no such file). */
export async function readHead(source: FileSource, path: string, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source.open(path) ?? []) {
    parts.push(part);
    length += part.length;
    if (length >= count) break;
  }
  return concatBytes(parts).subarray(0, count);
}

/** The most characters of one line. */
const maxLineLength = 64 * 1024 * 1024;

/** The lines of a file, without their ends; nothing when there is no file. @throws {FormatError} on an endless line. */
export async function* readLines(source: FileSource, path: string): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of source.open(path) ?? []) {
    rest += decoder.decode(part, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength)
      throw new FormatError(`${path} has a line of more than ${maxLineLength} characters`);
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  rest += decoder.decode();
  if (rest.length > 0) yield rest.endsWith('\r') ? rest.slice(0, -1) : rest;
}

/** All paths of a source, in order. */
export async function listPaths(source: FileSource): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of source.list()) paths.push(path);
  return paths.sort(compareText);
}

/** The order of texts by UTF-16 units: the same on every machine, unlike that of a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Bytes as base64 (RFC 4648, §4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** Base64 as bytes; undefined when the text is not base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
