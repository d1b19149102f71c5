/** Minimal JPEG encoders for the processes that no library at hand writes. For tests only. */

class BitWriter {
  readonly bytes: number[] = [];
  private buffer = 0;
  private count = 0;

  write(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) {
      this.buffer = (this.buffer << 1) | ((value >> bit) & 1);
      this.count += 1;
      if (this.count === 8) this.flushByte();
    }
  }

  finish(): number[] {
    while (this.count > 0) this.write(1, 1);
    return this.bytes;
  }

  private flushByte(): void {
    this.bytes.push(this.buffer);
    if (this.buffer === 0xff) this.bytes.push(0);
    this.buffer = 0;
    this.count = 0;
  }
}

function segment(marker: number, body: readonly number[]): number[] {
  return [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body];
}

/** All 17 categories with codes of 5 bits: the code of category n is n. */
function flatTable(destination: number): number[] {
  return segment(0xc4, [destination, 0, 0, 0, 0, 17, ...Array.from({ length: 11 }, () => 0), ...Array.from({ length: 17 }, (_, n) => n)]);
}

function frameHeader(marker: number, precision: number, rows: number, columns: number): number[] {
  return segment(marker, [precision, rows >> 8, rows & 255, columns >> 8, columns & 255, 1, 1, 0x11, 0]);
}

function writeDifference(bits: BitWriter, difference: number): void {
  const size = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
  bits.write(size, 5);
  if (size < 16) bits.write(difference < 0 ? difference + (1 << size) - 1 : difference, size);
}

/** One component, lossless (ITU-T T.81 annex H). */
export function encodeLosslessJpeg(values: readonly number[], columns: number, rows: number, precision: number, predictor = 1): Uint8Array {
  const bits = new BitWriter();
  values.forEach((value, at) => {
    const [x, y] = [at % columns, Math.floor(at / columns)];
    const left = values[at - 1] ?? 0;
    const above = values[at - columns] ?? 0;
    const corner = values[at - columns - 1] ?? 0;
    const inner = [left, above, corner, left + above - corner, left + ((above - corner) >> 1), above + ((left - corner) >> 1), (left + above) >> 1];
    const predicted = y === 0 ? (x === 0 ? 1 << (precision - 1) : left) : x === 0 ? above : (inner[predictor - 1] ?? 0);
    let difference = (value - predicted) & 0xffff;
    if (difference > 32768) difference -= 65536;
    writeDifference(bits, difference);
  });
  return Uint8Array.from([
    0xff, 0xd8, ...flatTable(0), ...frameHeader(0xc3, precision, rows, columns), ...segment(0xda, [1, 1, 0, predictor, 0, 0]), ...bits.finish(), 0xff, 0xd9,
  ]);
}

/** One component of 12 bits, extended sequential: each 8 × 8 block has the one value given for it. */
export function encodeDcOnlyJpeg(blocks: readonly number[], columns: number, rows: number): Uint8Array {
  const bits = new BitWriter();
  let before = 0;
  for (const value of blocks) {
    const dc = (value - 2048) * 8;
    writeDifference(bits, dc - before);
    bits.write(0, 5); // end of block
    before = dc;
  }
  const quantizer = segment(0xdb, [0, ...Array.from({ length: 64 }, () => 1)]);
  return Uint8Array.from([
    0xff, 0xd8, ...quantizer, ...flatTable(0), ...flatTable(0x10), ...frameHeader(0xc1, 12, rows, columns),
    ...segment(0xda, [1, 1, 0, 0, 63, 0]), ...bits.finish(), 0xff, 0xd9,
  ]);
}
