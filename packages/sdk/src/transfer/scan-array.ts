import type { ArrayFacts } from '@fovea/contract';
import { ConnectionError } from '../errors.ts';

const types = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
} as const;

/** Stored values with how to read them: `real = slope · data[i] + intercept`. */
export interface ScanArray extends ArrayFacts {
  data: InstanceType<(typeof types)[keyof typeof types]>;
}

/** Reads the answer of an operation that gives an array. Throws ConnectionError when it broke off. */
export async function readArray(response: Response): Promise<ScanArray> {
  const facts = JSON.parse(response.headers.get('x-fovea-array') ?? 'null') as ArrayFacts | null;
  if (!facts || !(facts.dtype in types)) throw new ConnectionError('The answer does not say what array it holds.');
  const expected = facts.shape.reduce((product, size) => product * size, types[facts.dtype].BYTES_PER_ELEMENT);
  const buffer = await readExactly(response, expected);
  // Every machine that runs JavaScript today is little endian, as the array is.
  return { ...facts, data: new types[facts.dtype](buffer) };
}

/** Into one buffer of the right size: what does not know how much will come makes larger ones again and again, and copies in the end. */
async function readExactly(response: Response, length: number): Promise<ArrayBuffer> {
  const reader = response.body?.getReader();
  const buffer = new ArrayBuffer(length);
  const bytes = new Uint8Array(buffer);
  let count = 0;
  for (let part = await reader?.read(); part?.value && count <= length; part = await reader?.read()) {
    if (count + part.value.length <= length) bytes.set(part.value, count);
    count += part.value.length;
  }
  if (count > length) await reader?.cancel();
  if (count !== length) throw new ConnectionError(`The array has ${count} bytes instead of ${length}.`);
  return buffer;
}
