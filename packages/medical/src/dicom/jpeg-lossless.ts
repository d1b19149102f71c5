import { DicomError } from './error.ts';
import { JpegBits } from './jpeg-stream.ts';
import type { HuffmanTable, JpegScan, JpegStream } from './jpeg-stream.ts';

/** Decodes a lossless JPEG (ITU-T T.81 annex H, processes 14); samples interleaved by pixel. */
export function decodeLosslessJpeg(jpeg: JpegStream): Uint8Array | Uint16Array {
  const { rows, columns, precision } = jpeg;
  const count = jpeg.components.length;
  if (jpeg.process !== 3) throw new DicomError(`JPEG process SOF${jpeg.process} where lossless was declared`);
  if (jpeg.components.some(({ horizontal, vertical }) => horizontal !== 1 || vertical !== 1) && count > 1) {
    throw new DicomError('a lossless JPEG with subsampled components');
  }
  const samples = precision <= 8 ? new Uint8Array(rows * columns * count) : new Uint16Array(rows * columns * count);
  if (jpeg.scans.length === 0) throw new DicomError('the JPEG data have no scan');
  for (const scan of jpeg.scans) decodeScan(jpeg, scan, samples);
  return samples;
}

interface Plane {
  readonly offset: number;
  readonly table: HuffmanTable;
}

function decodeScan(jpeg: JpegStream, scan: JpegScan, samples: Uint8Array | Uint16Array): void {
  const { rows, columns } = jpeg;
  const planes = scan.components.map(({ index, dc }): Plane => {
    if (dc === undefined) throw new DicomError('a JPEG scan uses a Huffman table that is missing');
    return { offset: index, table: dc };
  });
  if (scan.start < 1 || scan.start > 7) throw new DicomError(`the lossless JPEG uses the unknown predictor ${scan.start}`);
  const rowsPerSegment = scan.restartInterval === 0 ? rows : scan.restartInterval / columns;
  if (!Number.isInteger(rowsPerSegment) || rowsPerSegment < 1) throw new DicomError('the lossless JPEG restarts within a row');
  for (let row = 0, segment = 0; row < rows; row += rowsPerSegment, segment++) {
    const data = scan.segments[segment];
    if (data === undefined) throw new DicomError('the JPEG data break off');
    const bits = new JpegBits(data);
    const last = Math.min(rows, row + rowsPerSegment);
    for (let y = row; y < last; y++) decodeRow({ jpeg, scan, samples, planes, bits, y, isFirst: y === row });
  }
  if (scan.low > 0) for (let at = 0; at < samples.length; at++) samples[at] = (samples[at] ?? 0) << scan.low;
}

interface Row {
  readonly jpeg: JpegStream;
  readonly scan: JpegScan;
  readonly samples: Uint8Array | Uint16Array;
  readonly planes: readonly Plane[];
  readonly bits: JpegBits;
  readonly y: number;
  /** The first row of the image or after a restart: predicted from the left alone. */
  readonly isFirst: boolean;
}

function decodeRow({ jpeg, scan, samples, planes, bits, y, isFirst }: Row): void {
  const pixelStep = jpeg.components.length;
  const rowStep = jpeg.columns * pixelStep;
  const initial = 1 << (jpeg.precision - scan.low - 1);
  for (let x = 0; x < jpeg.columns; x++) {
    for (const { offset, table } of planes) {
      const at = y * rowStep + x * pixelStep + offset;
      let predicted: number;
      if (isFirst) predicted = x === 0 ? initial : (samples[at - pixelStep] ?? 0);
      else if (x === 0) predicted = samples[at - rowStep] ?? 0;
      else predicted = predict(scan.start, samples[at - pixelStep] ?? 0, samples[at - rowStep] ?? 0, samples[at - rowStep - pixelStep] ?? 0);
      const size = bits.symbol(table);
      // T.81 table H.2: the difference of category 16 is 32768 and has no further bits.
      samples[at] = predicted + (size === 16 ? 32768 : size > 16 ? 0 : bits.signed(size));
    }
  }
}

/** T.81 table H.1: left, above, and above left. */
function predict(selection: number, left: number, above: number, corner: number): number {
  switch (selection) {
    case 1: return left;
    case 2: return above;
    case 3: return corner;
    case 4: return left + above - corner;
    case 5: return left + ((above - corner) >> 1);
    case 6: return above + ((left - corner) >> 1);
    default: return (left + above) >> 1;
  }
}
