import { FormatError } from './dataset.ts';
import { concatBytes, decodeText, encodeText } from './files.ts';

/** A two-dimensional array of truth values or bytes, row by row. */
export type ByteArray = { height: number; width: number; data: Uint8Array };

/** Writes a NumPy file of truth values. */
export function encodeNpy({ height, width, data }: ByteArray): Uint8Array {
  return npyFile('|b1', [height, width], data);
}

/**
 * A NumPy file (format 1.0, <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>) of values in this shape, the last axis
 * fastest; `descr` is NumPy's name of the type of a value, such as `<u2`.
 */
export function npyFile(descr: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  // The header ends at a multiple of 64, with a line end.
  const padded = `${text}${' '.repeat(63 - ((10 + text.length) % 64))}\n`;
  const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8);
  return concatBytes([magic, encodeText(padded), data]);
}

/** Reads a two-dimensional NumPy file of truth values or bytes. @throws {FormatError} when it is anything else. */
export function decodeNpy(bytes: Uint8Array): ByteArray {
  const isNpy = bytes.length > 12 && bytes[0] === 0x93 && decodeText(bytes.subarray(1, 6)) === 'NUMPY';
  if (!isNpy) throw new FormatError('an array is not in NumPy format');
  const isLong = (bytes[6] ?? 1) > 1;
  const length = (bytes[8] ?? 0) + (bytes[9] ?? 0) * 256 + (isLong ? (bytes[10] ?? 0) * 65_536 : 0);
  const start = isLong ? 12 : 10;
  const header = decodeText(bytes.subarray(start, start + length));
  const [, descr] = /'descr':\s*'([^']+)'/.exec(header) ?? [];
  const [, height, width] = /'shape':\s*\((\d+),\s*(\d+),?\)/.exec(header) ?? [];
  const isBytes = descr === '|b1' || descr === '|u1' || descr === '|i1';
  if (!isBytes || height === undefined || width === undefined || /'fortran_order':\s*True/.test(header)) {
    throw new FormatError(`an array of ${descr ?? 'unknown type'} in this shape is not a mask`);
  }
  const data = bytes.subarray(start + length);
  if (data.length !== Number(height) * Number(width))
    throw new FormatError('an array has another length than its shape');
  return { height: Number(height), width: Number(width), data };
}
