import { constants, gunzipSync } from 'node:zlib';
import { NiftiError } from './error.ts';

/** How far a gzip stream may be inflated. Label volumes shrink a thousandfold, so a ratio alone says nothing. */
export const maxInflatedBytes = 4 * 1024 ** 3;

/** A Buffer as what it is underneath: `slice` copies then. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Inflates at most `maxBytes` of a gzip stream and stops there; what comes after is not looked at. */
export function inflateFront(bytes: Uint8Array, maxBytes: number): Uint8Array {
  // A front of the packed bytes is enough; deflate needs at most a few bytes more than it yields.
  const front = bytes.subarray(0, maxBytes + 1024);
  return gunzip(front, 1100 * (maxBytes + 2048), true).subarray(0, maxBytes);
}

/**
 * Inflates a gzip stream to at most `maxBytes`; more is refused, not cut.
 * @throws NiftiError when the stream is damaged or grows beyond `maxBytes`
 */
export function inflateWhole(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return gunzip(bytes, maxBytes, false);
}

function gunzip(bytes: Uint8Array, maxBytes: number, mayBreakOff: boolean): Uint8Array {
  try {
    return plainBytes(gunzipSync(bytes, { maxOutputLength: maxBytes, ...(mayBreakOff ? { finishFlush: constants.Z_SYNC_FLUSH } : {}) }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new NiftiError(`the gzip stream holds more than the ${maxBytes} bytes its header calls for: refused`, { cause: error });
    if (code === 'Z_BUF_ERROR') throw new NiftiError('the gzip stream breaks off', { cause: error });
    throw new NiftiError(`the gzip stream is damaged: ${message}`, { cause: error });
  }
}
