import { bitmapFromRuns, type Runs, runsFromBitmap } from '@fovea/geometry';

/** Reads bits from the highest on. Past the end there are zeros, which a broken file may ask for. */
class BitReader {
  #at = 0;
  readonly #bytes: ArrayLike<number>;

  constructor(bytes: ArrayLike<number>) {
    this.#bytes = bytes;
  }

  read(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit += 1) {
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
      this.#at += 1;
    }
    return value;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length * 8;
  }
}

class BitWriter {
  readonly #bytes: number[] = [];
  #free = 0;

  write(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit -= 1) {
      if (this.#free === 0) {
        this.#bytes.push(0);
        this.#free = 8;
      }
      this.#free -= 1;
      const last = this.#bytes.length - 1;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | ((Math.floor(value / 2 ** bit) & 1) << this.#free);
    }
  }

  get bytes(): number[] {
    return this.#bytes;
  }
}

/** How many bits the length of a run may take, in the order of their numbers. */
const sizes = [3, 4, 8, 16];

/**
 * Label Studio's brush encoding (label-studio-converter, `brush.py`: the run-length coding of thi.ng/rle-pack over RGBA
 * samples row by row): 32 bits of the number of samples, 5 of the sample's size less one, four times 4 of the run
 * sizes less one; then runs of a repeated sample (1, the run size, the length less one, the sample).
 */
export function encodeBrush(runs: Runs): number[] {
  const bitmap = bitmapFromRuns(runs, 255);
  const writer = new BitWriter();
  writer.write(bitmap.length * 4, 32);
  writer.write(7, 5);
  for (const size of sizes) writer.write(size - 1, 4);
  for (let from = 0; from < bitmap.length;) {
    let to = from;
    while (to < bitmap.length && bitmap[to] === bitmap[from]) to += 1;
    for (let left = (to - from) * 4; left > 0;) {
      const length = Math.min(left, 2 ** 16);
      const number = sizes.findIndex((size) => length <= 2 ** size);
      writer.write(1, 1);
      writer.write(number, 2);
      writer.write(length - 1, sizes[number] ?? 16);
      writer.write(bitmap[from] ?? 0, 8);
      left -= length;
    }
    from = to;
  }
  return writer.bytes;
}

/** Reads a brush mask of a known size (a pixel belongs when its alpha is over 127), or says what is wrong with it. */
export function decodeBrush(bytes: ArrayLike<number>, width: number, height: number): Runs | string {
  const reader = new BitReader(bytes);
  const samples = reader.read(32);
  if (samples !== width * height * 4)
    return `its brush mask has ${samples} samples, not four for each of ${width} by ${height} pixels`;
  const wordBits = reader.read(5) + 1;
  const runBits = sizes.map(() => reader.read(4) + 1);
  const bitmap = new Uint8Array(width * height);
  for (let at = 0; at < samples;) {
    if (reader.isAtEnd) return 'its brush mask ends too early';
    const isRun = reader.read(1) === 1;
    const end = Math.min(samples, at + 1 + reader.read(runBits[reader.read(2)] ?? 16));
    let value = isRun ? reader.read(wordBits) : 0;
    for (; at < end; at += 1) {
      if (!isRun) value = reader.read(wordBits);
      if (at % 4 === 3 && value > 127) bitmap[at >> 2] = 1;
    }
  }
  return runsFromBitmap(bitmap, width, height);
}
