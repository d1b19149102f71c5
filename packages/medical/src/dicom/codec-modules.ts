import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { DicomError } from './error.ts';

/** A frame as a WebAssembly codec gives it: little endian samples, interleaved by pixel unless `planar`. */
export interface CodecFrame {
  readonly bytes: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  readonly samplesPerPixel: number;
  readonly bitsPerSample: number;
  readonly planar: boolean;
}

export type CodecName = 'jpeg' | 'jpeg-ls' | 'jpeg2000';

interface FrameInfo {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
}

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  getFrameInfo(): FrameInfo;
  getInterleaveMode?(): number;
  delete(): void;
}

interface CodecModule {
  JPEGDecoder?: new () => Decoder;
  JpegLSDecoder?: new () => Decoder;
  J2KDecoder?: new () => Decoder;
  HEAPU8: Uint8Array;
  getExceptionMessage?(pointer: number): string;
}

type CodecFactory = (options: object) => Promise<CodecModule>;

const packages: Record<CodecName, string> = {
  jpeg: '@cornerstonejs/codec-libjpeg-turbo-8bit',
  'jpeg-ls': '@cornerstonejs/codec-charls',
  jpeg2000: '@cornerstonejs/codec-openjpeg',
};

/** Memory of an instance never shrinks: one that grew beyond this is dropped after use. */
const maxKeptHeapBytes = 512 * 1024 ** 2;

const require = createRequire(import.meta.url);
const instances = new Map<CodecName, Promise<CodecModule>>();

async function loadCodec(name: CodecName): Promise<CodecModule> {
  const factory = require(`${packages[name]}/decodewasmjs`) as CodecFactory;
  const wasmBinary = await readFile(require.resolve(`${packages[name]}/decodewasm`));
  const silent = (): void => {};
  return factory({ wasmBinary, print: silent, printErr: silent });
}

/**
 * Decodes one frame in this thread; a damaged stream can keep it busy for long, so it is called from `codec-worker.ts`
 * alone. `expected` are the rows and columns of the header: a stream of another size is refused before
 * memory is taken for it, where the codec can tell.
 */
export async function runCodec(name: CodecName, encoded: Uint8Array, expected: { rows: number; columns: number }): Promise<CodecFrame> {
  let loading = instances.get(name);
  if (loading === undefined) instances.set(name, (loading = loadCodec(name)));
  const codec = await loading;
  const Constructor = codec.JPEGDecoder ?? codec.JpegLSDecoder ?? codec.J2KDecoder;
  if (Constructor === undefined) throw new Error(`the codec ${packages[name]} has no decoder`);
  const announced = announcedSize(name, encoded);
  if (announced !== undefined) checkSize(announced, expected);
  let decoder: Decoder | undefined;
  try {
    decoder = new Constructor();
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decode();
    const info = decoder.getFrameInfo();
    checkSize(info, expected);
    return {
      bytes: decoder.getDecodedBuffer().slice(),
      columns: info.width,
      rows: info.height,
      samplesPerPixel: info.componentCount,
      bitsPerSample: info.bitsPerSample,
      planar: info.componentCount > 1 && decoder.getInterleaveMode?.() === 0,
    };
  } catch (error) {
    if (error instanceof DicomError) throw error;
    instances.delete(name); // an instance that threw may be left in any state
    throw new DicomError(`the ${name} data cannot be decoded: ${reason(codec, error)}`, { cause: error });
  } finally {
    deleteQuietly(decoder);
    if (codec.HEAPU8.length > maxKeptHeapBytes) instances.delete(name);
  }
}

/** Some broken streams leave a decoder that traps on release; its instance is dropped already. */
function deleteQuietly(decoder: Decoder | undefined): void {
  try {
    decoder?.delete();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
}

/** The size in a stream's own header, where it is quickly found: JPEG-LS (T.87 annex C) and JPEG 2000 (T.800 annex A). */
function announcedSize(name: CodecName, bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (name === 'jpeg2000') {
    for (let at = 0; at + 24 <= Math.min(bytes.length, 4096); at++) {
      if (view.getUint32(at) !== 0xff4fff51) continue;
      return { width: view.getUint32(at + 8) - view.getUint32(at + 16), height: view.getUint32(at + 12) - view.getUint32(at + 20) };
    }
  }
  if (name === 'jpeg-ls') {
    for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
      if (bytes[at + 1] === 0xf7) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
  }
  return undefined;
}

function checkSize(info: { width: number; height: number }, expected: { rows: number; columns: number }): void {
  if (info.width !== expected.columns || info.height !== expected.rows) {
    throw new DicomError(`the compressed frame is ${info.width} × ${info.height}, the header says ${expected.columns} × ${expected.rows}`);
  }
}

function reason(codec: CodecModule, error: unknown): string {
  if (typeof error === 'number') return codec.getExceptionMessage?.(error) ?? `error ${error}`;
  return error instanceof Error ? error.message : String(error);
}
