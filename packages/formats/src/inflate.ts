import { Unzlib, unzlibSync, zlibSync } from 'fflate';
import { FormatError } from './dataset.ts';

/** Deflates with zlib's framing (RFC 1950); equal bytes for equal input. */
export function deflateBytes(bytes: Uint8Array): Uint8Array {
  return zlibSync(bytes, { level: 6 });
}

/** Inflates bytes with zlib's framing. @throws {FormatError} when they are broken, or give more than `maxBytes`. */
export function inflateBytes(bytes: Uint8Array, maxBytes: number): Uint8Array {
  let length = 0;
  try {
    // A first walk only counts, so that a small bomb never becomes a large array.
    const counter = new Unzlib((chunk) => {
      length += chunk.length;
      if (length > maxBytes) throw new FormatError(`compressed bytes give more than ${maxBytes} bytes`);
    });
    for (let at = 0; at < bytes.length; at += 4096)
      counter.push(bytes.subarray(at, at + 4096), at + 4096 >= bytes.length);
    return unzlibSync(bytes);
  } catch (error) {
    throw error instanceof FormatError ? error : new FormatError('compressed bytes are broken');
  }
}
