/**
 * The discrete Fourier transform of a square of complex numbers in place (Cooley, Tukey 1965; radix 2), rows then
 * columns. The side must be a power of two. Backwards divides by the number of values, so that it undoes forwards.
 */
export class Fft2 {
  readonly side: number;
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;
  private readonly order: Uint32Array;

  /** @throws {RangeError} for a side that is no power of two. */
  constructor(side: number) {
    if (side < 2 || (side & (side - 1)) !== 0) throw new RangeError(`The side of a transform must be a power of two, not ${side}`);
    this.side = side;
    this.cos = new Float64Array(side / 2);
    this.sin = new Float64Array(side / 2);
    for (let at = 0; at < side / 2; at++) {
      this.cos[at] = Math.cos((2 * Math.PI * at) / side);
      this.sin[at] = Math.sin((2 * Math.PI * at) / side);
    }
    const bits = Math.log2(side);
    this.order = Uint32Array.from({ length: side }, (_, at) => {
      let turned = 0;
      for (let bit = 0; bit < bits; bit++) turned |= ((at >> bit) & 1) << (bits - 1 - bit);
      return turned;
    });
  }

  forward(re: Float64Array, im: Float64Array): void {
    for (let row = 0; row < this.side; row++) this.line(re, im, row * this.side, 1);
    for (let column = 0; column < this.side; column++) this.line(re, im, column, this.side);
  }

  backward(re: Float64Array, im: Float64Array): void {
    // The inverse is the forward transform with the parts exchanged.
    this.forward(im, re);
    const count = this.side * this.side;
    for (let at = 0; at < count; at++) {
      re[at] /= count;
      im[at] /= count;
    }
  }

  private line(re: Float64Array, im: Float64Array, start: number, stride: number): void {
    const { side, order, cos, sin } = this;
    for (let at = 0; at < side; at++) {
      const other = order[at];
      if (other <= at) continue;
      const [a, b] = [start + at * stride, start + other * stride];
      [re[a], re[b]] = [re[b], re[a]];
      [im[a], im[b]] = [im[b], im[a]];
    }
    for (let half = 1; half < side; half *= 2) {
      const turn = side / (half * 2);
      for (let block = 0; block < side; block += half * 2) {
        for (let at = 0; at < half; at++) {
          const a = start + (block + at) * stride;
          const b = a + half * stride;
          const [c, s] = [cos[at * turn], sin[at * turn]];
          const real = re[b] * c + im[b] * s;
          const imaginary = im[b] * c - re[b] * s;
          re[b] = re[a] - real;
          im[b] = im[a] - imaginary;
          re[a] += real;
          im[a] += imaginary;
        }
      }
    }
  }
}
