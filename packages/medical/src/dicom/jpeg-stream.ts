import { DicomError } from './error.ts';

/**
 * Reads the structure of a JPEG stream (ITU-T T.81 annex B): frame, tables and entropy-coded scans. Shared by the
 * decoders for the processes that common libraries leave out: lossless (process 14) and 12-bit (process 4).
 */
export interface JpegComponent {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
  readonly quantizer: number;
}

export interface JpegScan {
  readonly components: readonly { readonly index: number; readonly dc: HuffmanTable | undefined; readonly ac: HuffmanTable | undefined }[];
  /** Predictor of lossless scans. */
  readonly start: number;
  /** Point transform of lossless scans. */
  readonly low: number;
  readonly restartInterval: number;
  /** Entropy-coded bytes between restart markers, byte stuffing removed. */
  readonly segments: readonly Uint8Array[];
}

export interface JpegStream {
  /** Number of the SOF marker: 0 baseline, 1 extended, 2 progressive, 3 lossless. */
  readonly process: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly components: readonly JpegComponent[];
  readonly quantizers: readonly (Uint16Array | undefined)[];
  readonly scans: readonly JpegScan[];
  /** A JFIF or Adobe marker says what the colours are. */
  readonly namesColours: boolean;
}

/** Maps the next 16 bits to `code length << 8 | symbol`; 0 where no code fits. */
export type HuffmanTable = Uint16Array;

interface Building {
  process: number;
  precision: number;
  rows: number;
  columns: number;
  components: JpegComponent[];
  quantizers: (Uint16Array | undefined)[];
  scans: JpegScan[];
  namesColours: boolean;
  dc: (HuffmanTable | undefined)[];
  ac: (HuffmanTable | undefined)[];
  restartInterval: number;
}

export function readJpegStream(bytes: Uint8Array, headerOnly = false): JpegStream {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new DicomError('the JPEG data do not start with a JPEG marker');
  const state: Building = {
    process: -1, precision: 0, rows: 0, columns: 0, components: [], quantizers: [], scans: [], namesColours: false,
    dc: [], ac: [], restartInterval: 0,
  };
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw new DicomError(`the JPEG data have no marker at ${at}`);
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xd9) break;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || segment.length < length - 2) throw new DicomError('the JPEG data break off in a header');
    at += 2 + length;
    if (marker === 0xda) {
      if (headerOnly) break;
      at = readScan(state, segment, bytes, at);
    } else {
      readSegment(state, marker, segment);
    }
  }
  if (state.process < 0) throw new DicomError('the JPEG data have no frame header');
  return state;
}

function readSegment(state: Building, marker: number, segment: Uint8Array): void {
  if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) readFrameHeader(state, marker - 0xc0, segment);
  else if (marker === 0xc4) readHuffmanTables(state, segment);
  else if (marker === 0xdb) readQuantizers(state, segment);
  else if (marker === 0xdd) state.restartInterval = ((segment[0] ?? 0) << 8) | (segment[1] ?? 0);
  else if (marker === 0xe0 && latin(segment, 4) === 'JFIF') state.namesColours = true;
  else if (marker === 0xee && latin(segment, 5) === 'Adobe') state.namesColours = true;
}

function latin(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

function readFrameHeader(state: Building, process: number, segment: Uint8Array): void {
  const [precision = 0, r1 = 0, r0 = 0, c1 = 0, c0 = 0, count = 0] = segment;
  state.process = process;
  state.precision = precision;
  state.rows = (r1 << 8) | r0;
  state.columns = (c1 << 8) | c0;
  state.components = [];
  for (let index = 0; index < count; index++) {
    const [id = 0, sampling = 0, quantizer = 0] = segment.subarray(6 + index * 3, 9 + index * 3);
    state.components.push({ id, horizontal: sampling >> 4, vertical: sampling & 15, quantizer });
  }
  const isOdd = state.components.some(({ horizontal, vertical }) => horizontal < 1 || horizontal > 4 || vertical < 1 || vertical > 4);
  if (count < 1 || count > 4 || segment.length < 6 + count * 3 || isOdd || precision < 2 || precision > 16) {
    throw new DicomError('the JPEG frame header is damaged');
  }
}

function readQuantizers(state: Building, segment: Uint8Array): void {
  let at = 0;
  while (at < segment.length) {
    const wide = ((segment[at] ?? 0) >> 4) === 1;
    const table = new Uint16Array(64);
    const id = (segment[at] ?? 0) & 15;
    at += 1;
    for (let k = 0; k < 64; k++) {
      table[k] = wide ? ((segment[at] ?? 0) << 8) | (segment[at + 1] ?? 0) : (segment[at] ?? 0);
      at += wide ? 2 : 1;
    }
    state.quantizers[id] = table;
  }
}

function readHuffmanTables(state: Building, segment: Uint8Array): void {
  let at = 0;
  while (at + 17 <= segment.length) {
    const [destination = 0] = segment.subarray(at, at + 1);
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const table = buildHuffmanTable(counts, segment.subarray(at + 17, at + 17 + total));
    if (destination >> 4 === 0) state.dc[destination & 15] = table;
    else state.ac[destination & 15] = table;
    at += 17 + total;
  }
}

/** Codes in order of length (T.81 annex C), spread over all 16-bit continuations. */
function buildHuffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65536);
  let code = 0;
  let next = 0;
  for (let length = 1; length <= 16; length++) {
    for (let index = 0; index < (counts[length - 1] ?? 0); index++) {
      const from = code << (16 - length);
      if (from >= 65536) throw new DicomError('the JPEG data have an impossible Huffman table');
      table.fill((length << 8) | (symbols[next] ?? 0), from, from + (1 << (16 - length)));
      next += 1;
      code += 1;
    }
    code <<= 1;
  }
  return table;
}

function readScan(state: Building, segment: Uint8Array, bytes: Uint8Array, at: number): number {
  const count = segment[0] ?? 0;
  const components = Array.from({ length: count }, (_, index) => {
    const [id = 0, tables = 0] = segment.subarray(1 + index * 2, 3 + index * 2);
    const found = state.components.findIndex((component) => component.id === id);
    if (found < 0) throw new DicomError('a JPEG scan names a component that the frame has not');
    return { index: found, dc: state.dc[tables >> 4], ac: state.ac[tables & 15] };
  });
  const [start = 0, , approximation = 0] = segment.subarray(1 + count * 2);
  const { segments, end } = readEntropyCoded(bytes, at);
  state.scans.push({ components, start, low: approximation & 15, restartInterval: state.restartInterval, segments });
  return end;
}

/** Splits at restart markers and removes the zero bytes stuffed after FF. */
function readEntropyCoded(bytes: Uint8Array, start: number): { segments: Uint8Array[]; end: number } {
  const segments: Uint8Array[] = [];
  const clean = new Uint8Array(bytes.length - start);
  let from = 0;
  let to = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0xff) {
      clean[to++] = byte;
      at += 1;
      continue;
    }
    const next = bytes[at + 1];
    if (next === 0) {
      clean[to++] = 0xff;
      at += 2;
    } else if (next === 0xff) {
      at += 1;
    } else if (next !== undefined && next >= 0xd0 && next <= 0xd7) {
      segments.push(clean.subarray(from, to));
      from = to;
      at += 2;
    } else {
      break;
    }
  }
  segments.push(clean.subarray(from, to));
  return { segments, end: at };
}

/** Reads Huffman symbols and bit strings, most significant bit first. Behind its end there are zeros for a while. */
export class JpegBits {
  private data: Uint8Array;
  private at = 0;
  private buffer = 0;
  private available = 0;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  symbol(table: HuffmanTable): number {
    this.fill();
    const entry = table[(this.buffer >>> (this.available - 16)) & 0xffff] ?? 0;
    if (entry === 0) throw new DicomError('the JPEG data hold an unknown Huffman code');
    this.available -= entry >> 8;
    return entry & 0xff;
  }

  /** The signed value of `size` further bits (T.81 section F.2.2.1). */
  signed(size: number): number {
    if (size === 0) return 0;
    this.fill();
    this.available -= size;
    const value = (this.buffer >>> this.available) & ((1 << size) - 1);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  private fill(): void {
    while (this.available < 16) {
      if (this.at > this.data.length + 8) throw new DicomError('the JPEG data break off');
      this.buffer = (this.buffer << 8) | (this.data[this.at++] ?? 0);
      this.available += 8;
    }
  }
}
