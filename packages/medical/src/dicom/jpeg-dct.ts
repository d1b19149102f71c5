import { DicomError } from './error.ts';
import { JpegBits } from './jpeg-stream.ts';
import type { JpegComponent, JpegScan, JpegStream } from './jpeg-stream.ts';

/**
 * Decodes a sequential DCT JPEG (ITU-T T.81 annex F) of 8 or 12 bits; samples interleaved by pixel, no colour
 * transform. Common libraries do the 8-bit ones faster; this one is for 12 bits (JPEG Extended, process 4).
 */
export function decodeDctJpeg(jpeg: JpegStream): Uint16Array {
  if (jpeg.process > 1) throw new DicomError(`JPEG process SOF${jpeg.process} of ${jpeg.precision} bits is not supported`);
  const planes = jpeg.components.map((component) => makePlane(jpeg, component));
  if (jpeg.scans.length === 0) throw new DicomError('the JPEG data have no scan');
  for (const scan of jpeg.scans) decodeScan(jpeg, scan, planes);
  return interleave(jpeg, planes);
}

interface Plane {
  readonly component: JpegComponent;
  /** Whole blocks of the interleaved layout: width and height in samples. */
  readonly width: number;
  readonly height: number;
  readonly samples: Uint16Array;
  readonly quantizer: Uint16Array;
  predicted: number;
}

/** Order of coefficients (T.81 figure A.6): index in the block by place in the stream. */
const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35,
  42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/** `basis[x * 8 + u] = C(u) / 2 · cos((2x + 1)uπ / 16)` (T.81 section A.3.3). */
const basis = Float64Array.from({ length: 64 }, (_, at) => {
  const u = at % 8;
  return ((u === 0 ? Math.SQRT1_2 : 1) / 2) * Math.cos(((2 * Math.floor(at / 8) + 1) * u * Math.PI) / 16);
});

function largest(jpeg: JpegStream): { horizontal: number; vertical: number } {
  return {
    horizontal: Math.max(...jpeg.components.map((component) => component.horizontal)),
    vertical: Math.max(...jpeg.components.map((component) => component.vertical)),
  };
}

function makePlane(jpeg: JpegStream, component: JpegComponent): Plane {
  const { horizontal, vertical } = largest(jpeg);
  const width = Math.ceil(jpeg.columns / (8 * horizontal)) * 8 * component.horizontal;
  const height = Math.ceil(jpeg.rows / (8 * vertical)) * 8 * component.vertical;
  const quantizer = jpeg.quantizers[component.quantizer];
  if (quantizer === undefined) throw new DicomError('the JPEG data lack a quantization table');
  return { component, width, height, samples: new Uint16Array(width * height), quantizer, predicted: 0 };
}

function decodeScan(jpeg: JpegStream, scan: JpegScan, planes: readonly Plane[]): void {
  const parts = scan.components.map(({ index, dc, ac }) => {
    const plane = planes[index];
    if (plane === undefined || dc === undefined || ac === undefined) throw new DicomError('a JPEG scan uses a table that is missing');
    return { plane, dc, ac };
  });
  const single = parts.length === 1 ? parts[0]?.plane : undefined;
  const { horizontal, vertical } = largest(jpeg);
  const ownColumns = single === undefined ? 0 : Math.ceil((jpeg.columns * single.component.horizontal) / horizontal / 8);
  const ownRows = single === undefined ? 0 : Math.ceil((jpeg.rows * single.component.vertical) / vertical / 8);
  const unitsAcross = single === undefined ? Math.ceil(jpeg.columns / (8 * horizontal)) : ownColumns;
  const unitsDown = single === undefined ? Math.ceil(jpeg.rows / (8 * vertical)) : ownRows;
  const block = new Float64Array(64);
  let bits = new JpegBits(scan.segments[0] ?? new Uint8Array(0));
  for (let unit = 0; unit < unitsAcross * unitsDown; unit++) {
    if (scan.restartInterval > 0 && unit > 0 && unit % scan.restartInterval === 0) {
      const segment = scan.segments[unit / scan.restartInterval];
      if (segment === undefined) throw new DicomError('the JPEG data break off');
      bits = new JpegBits(segment);
      for (const { plane } of parts) plane.predicted = 0;
    }
    const [x, y] = [unit % unitsAcross, Math.floor(unit / unitsAcross)];
    for (const { plane, dc, ac } of parts) {
      const across = single === undefined ? plane.component.horizontal : 1;
      const down = single === undefined ? plane.component.vertical : 1;
      for (let inner = 0; inner < across * down; inner++) {
        readBlock(bits, plane, dc, ac, block);
        const left = (x * across + (inner % across)) * 8;
        const top = (y * down + Math.floor(inner / across)) * 8;
        writeBlock(block, plane, left, top, jpeg.precision);
      }
    }
  }
}

function readBlock(bits: JpegBits, plane: Plane, dc: Uint16Array, ac: Uint16Array, block: Float64Array): void {
  block.fill(0);
  plane.predicted += bits.signed(Math.min(16, bits.symbol(dc)));
  block[0] = plane.predicted * (plane.quantizer[0] ?? 1);
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(ac);
    const size = symbol & 15;
    if (size === 0) {
      if (symbol !== 0xf0) return;
      k += 15;
      continue;
    }
    k += symbol >> 4;
    if (k > 63) throw new DicomError('a JPEG block has more than 64 coefficients');
    block[zigzag[k] ?? 0] = bits.signed(size) * (plane.quantizer[k] ?? 1);
  }
}

const half = new Float64Array(64);

/** Inverse transform, rows then columns, level shift and clamp. */
function writeBlock(block: Float64Array, plane: Plane, left: number, top: number, precision: number): void {
  const shift = 2 ** (precision - 1);
  const max = 2 ** precision - 1;
  for (let v = 0; v < 8; v++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += (basis[x * 8 + u] ?? 0) * (block[v * 8 + u] ?? 0);
      half[v * 8 + x] = sum;
    }
  }
  for (let x = 0; x < 8; x++) {
    for (let y = 0; y < 8; y++) {
      let sum = 0;
      for (let v = 0; v < 8; v++) sum += (basis[y * 8 + v] ?? 0) * (half[v * 8 + x] ?? 0);
      plane.samples[(top + y) * plane.width + left + x] = Math.min(max, Math.max(0, Math.round(sum + shift)));
    }
  }
}

function interleave(jpeg: JpegStream, planes: readonly Plane[]): Uint16Array {
  const { rows, columns } = jpeg;
  const { horizontal, vertical } = largest(jpeg);
  const samples = new Uint16Array(rows * columns * planes.length);
  planes.forEach((plane, index) => {
    for (let y = 0; y < rows; y++) {
      const from = Math.floor((y * plane.component.vertical) / vertical) * plane.width;
      for (let x = 0; x < columns; x++) {
        samples[(y * columns + x) * planes.length + index] = plane.samples[from + Math.floor((x * plane.component.horizontal) / horizontal)] ?? 0;
      }
    }
  });
  return samples;
}
