import { open, type FileHandle } from 'node:fs/promises';

/** One entry of an edit list (ISO/IEC 14496-12, 8.6.6): a stretch of the movie's time that shows a stretch of the media. */
export interface Edit {
  /** Seconds on the movie's time line; 0 in the last entry means all that is left. */
  readonly durationSeconds: number;
  /** Where it begins in the track's own time, in ticks; -1 shows nothing. */
  readonly mediaTime: number;
}

export interface TrackBoxes {
  readonly trackId: number;
  readonly ticksPerSecond: number;
  readonly edits: readonly Edit[];
}

export interface MovieBoxes {
  readonly tracks: readonly TrackBoxes[];
  readonly isFragmented: boolean;
  /** Bytes that the last box declares beyond the end of the file. */
  readonly missingBytes: number;
}

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const maxMovieBytes = 512 * 1024 ** 2;
const maxTopBoxes = 1_000_000;

/** Reads what a demuxer keeps to itself: the edit lists of a movie file, and whether it is all there. */
export async function readMovieBoxes(path: string): Promise<MovieBoxes> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    let tracks: TrackBoxes[] = [];
    let isFragmented = false;
    let missingBytes = 0;
    let at = 0;
    for (let count = 0; at + 8 <= size && count < maxTopBoxes; count++) {
      const box = await readTopBox(handle, at, size);
      if (box === undefined) break;
      missingBytes = Math.max(0, box.end - size);
      isFragmented ||= box.type === 'moof';
      if (box.type === 'moov' && missingBytes === 0) {
        if (box.end - box.start > maxMovieBytes) throw new Error(`the movie header is larger than ${maxMovieBytes} bytes`);
        const bytes = Buffer.alloc(box.end - box.start);
        await handle.read(bytes, 0, bytes.length, box.start);
        tracks = readTracks(bytes);
      }
      at = box.end;
    }
    return { tracks, isFragmented, missingBytes };
  } finally {
    await handle.close();
  }
}

async function readTopBox(handle: FileHandle, at: number, fileSize: number): Promise<Box | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, at);
  const box = boxAt(buffer.subarray(0, bytesRead), 0, fileSize - at);
  return box && { type: box.type, start: at + box.start, end: at + box.end };
}

function boxAt(bytes: Buffer, at: number, room: number): Box | undefined {
  if (bytes.length < at + 8) return undefined;
  const type = bytes.toString('latin1', at + 4, at + 8);
  const short = bytes.readUInt32BE(at);
  if (short === 0) return { type, start: at + 8, end: at + room };
  if (short !== 1) return short < 8 ? undefined : { type, start: at + 8, end: at + short };
  if (bytes.length < at + 16) return undefined;
  const long = Number(bytes.readBigUInt64BE(at + 8));
  return long < 16 ? undefined : { type, start: at + 16, end: at + long };
}

function* boxesIn(bytes: Buffer): Generator<{ type: string; body: Buffer }> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const box = boxAt(bytes, at, bytes.length - at);
    if (box === undefined || box.end > bytes.length) return;
    yield { type: box.type, body: bytes.subarray(box.start, box.end) };
    at = box.end;
  }
}

function find(bytes: Buffer, ...path: string[]): Buffer | undefined {
  let body: Buffer | undefined = bytes;
  for (const type of path) body = body && [...boxesIn(body)].find((box) => box.type === type)?.body;
  return body;
}

function readTracks(movie: Buffer): TrackBoxes[] {
  const movieTicks = timescale(find(movie, 'mvhd'));
  return [...boxesIn(movie)].flatMap(({ type, body }) => {
    const header = type === 'trak' ? find(body, 'tkhd') : undefined;
    const ticksPerSecond = timescale(find(body, 'mdia', 'mdhd'));
    if (header === undefined || ticksPerSecond === undefined || header.length < 24) return [];
    const trackId = header.readUInt32BE(header[0] === 1 ? 20 : 12);
    const list = find(body, 'edts', 'elst');
    return [{ trackId, ticksPerSecond, edits: list && movieTicks ? readEdits(list, movieTicks) : [] }];
  });
}

/** Of an `mvhd` or `mdhd` box, which begin alike. */
function timescale(header: Buffer | undefined): number | undefined {
  if (header === undefined || header.length < 24) return undefined;
  const ticks = header.readUInt32BE(header[0] === 1 ? 20 : 12);
  return ticks > 0 ? ticks : undefined;
}

function readEdits(list: Buffer, movieTicks: number): Edit[] {
  const isLong = list[0] === 1;
  const step = isLong ? 20 : 12;
  const count = Math.min(list.length >= 8 ? list.readUInt32BE(4) : 0, Math.floor((list.length - 8) / step));
  return Array.from({ length: count }, (_, index) => {
    const at = 8 + index * step;
    const duration = isLong ? Number(list.readBigUInt64BE(at)) : list.readUInt32BE(at);
    const mediaTime = isLong ? Number(list.readBigInt64BE(at + 8)) : list.readInt32BE(at + 4);
    return { durationSeconds: duration / movieTicks, mediaTime };
  });
}
