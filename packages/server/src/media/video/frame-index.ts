import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, type InputVideoTrack, IsobmffInputFormat, Logging, LogLevel } from 'mediabunny';
import { isHidden } from './hidden-frames.ts';
import { readMovieBoxes, type TrackBoxes } from './movie-boxes.ts';

// The demuxer's remarks on odd files belong into the facts of the file, not on the console of the server.
Logging.level = LogLevel.Silent;

/**
 * Every frame that a decoder puts out, in that order, which is the order of presentation. The number of a frame is its
 * place in these arrays: frame = (stream, presentation time, index).
 */
export interface FrameIndex {
  /** The stream: the id of the video track in its container. */
  readonly trackId: number;
  readonly codec: string | undefined;
  /** Ticks of `times` and `durations` per second. */
  readonly ticksPerSecond: number;
  readonly count: number;
  /** Presentation time of each frame in ticks, ascending, edit list applied. */
  readonly times: Float64Array;
  /** Ticks for which each frame is shown. */
  readonly durations: Float64Array;
  /** Place of each frame's packet among all packets of the track, in the order in which they are decoded. */
  readonly packets: Uint32Array;
  /** 1 where decoding can begin. */
  readonly isKey: Uint8Array;
  /** Packets of the track, those that show nothing included. */
  readonly packetCount: number;
  /** Whether the distance of frames changes by more than the rounding of the container's clock. */
  readonly isVariableRate: boolean;
  /** Mean frames a second; undefined for a single frame. */
  readonly fps: number | undefined;
  /**
   * Whether ffmpeg gives the frames the same times. It moves tracks whose edit list begins between two frames, and every
   * stretch after the first: by less than a frame, which is enough to take one frame for another.
   */
  readonly hasPlainTimes: boolean;
  /** Seconds at which the earliest track of the file begins. */
  readonly fileStartSeconds: number;
  readonly problem?: string;
}

export interface IndexedFrame {
  readonly frame: number;
  readonly seconds: number;
  readonly durationSeconds: number;
  readonly isKey: boolean;
  readonly packet: number;
}

export interface IndexLimits {
  /** More packets than this are refused. Default 20 million: four days at 60 frames a second. */
  readonly maxFrames?: number;
}

interface Packet {
  readonly time: number;
  readonly duration: number;
  readonly isKey: boolean;
  readonly packet: number;
}

export class VideoError extends Error {
  override name = 'VideoError';
}

/** Lists the frames of a video file's main video track. @throws VideoError when there is none, or the file cannot be read */
export async function indexFrames(path: string, limits: IndexLimits = {}): Promise<FrameIndex> {
  const input = openVideo(path);
  try {
    const track = await input.getPrimaryVideoTrack().catch((error: unknown) => {
      throw new VideoError(`not a video file that can be read: ${(error as Error).message}`, { cause: error });
    });
    if (track === null) throw new VideoError('the file has no video track');
    return await indexTrack(path, input, track, limits);
  } finally {
    input.dispose();
  }
}

/** The caller disposes it. */
export function openVideo(path: string): Input {
  return new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
}

export async function indexTrack(path: string, input: Input, track: InputVideoTrack, limits: IndexLimits = {}): Promise<FrameIndex> {
  const ticksPerSecond = await track.getTimeResolution();
  const codec = (await track.getCodec()) ?? undefined;
  const read = await readPackets(track, codec, ticksPerSecond, limits.maxFrames ?? 20_000_000);
  const isMovie = (await input.getFormat()) instanceof IsobmffInputFormat;
  const movie = isMovie ? await readMovieBoxes(path) : undefined;
  const boxes = movie?.tracks.find((candidate) => candidate.trackId === track.id);
  const shown = boxes && movie?.isFragmented === false ? applyEdits(read.shown, boxes, ticksPerSecond) : read.shown.filter(({ time }) => time >= 0);
  const problems = [
    ...(read.problem === undefined ? [] : [read.problem]),
    ...(movie && movie.missingBytes > 0 ? [`the file is cut off: ${movie.missingBytes} bytes are missing at its end`] : []),
  ];
  return {
    trackId: track.id,
    codec,
    ticksPerSecond,
    packetCount: read.count,
    hasPlainTimes: boxes === undefined || hasPlainEdits(boxes, shown[0]?.time ?? 0, ticksPerSecond),
    fileStartSeconds: await input.getFirstTimestamp(),
    ...toColumns(shown, ticksPerSecond),
    ...(problems.length === 0 ? {} : { problem: problems.join('; ') }),
  };
}

async function readPackets(
  track: InputVideoTrack,
  codec: string | undefined,
  ticksPerSecond: number,
  maxFrames: number,
): Promise<{ shown: Packet[]; count: number; problem?: string }> {
  const mayHide = codec === 'vp8' || codec === 'vp9';
  const shown: Packet[] = [];
  let count = 0;
  try {
    for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: !mayHide })) {
      if (count >= maxFrames) throw new VideoError(`the video has more than ${maxFrames} frames`);
      // A packet of no bytes stands for a frame that the recorder dropped.
      if (packet.byteLength > 0 && !(mayHide && isHidden(codec, packet.data))) {
        shown.push({
          time: Math.round(packet.timestamp * ticksPerSecond),
          duration: Math.round(packet.duration * ticksPerSecond),
          isKey: packet.type === 'key',
          packet: count,
        });
      }
      count++;
    }
  } catch (error) {
    if (error instanceof VideoError) throw error;
    return { shown: inOrder(shown), count, problem: `the frames cannot be read beyond packet ${count}: ${(error as Error).message}` };
  }
  return { shown: inOrder(shown), count };
}

function inOrder(packets: Packet[]): Packet[] {
  return packets.sort((a, b) => a.time - b.time || a.packet - b.packet);
}

/**
 * What a decoder shows of a track with an edit list, after ISO/IEC 14496-12, 8.6.6. `packets` have the times of the
 * demuxer, which knows only the first edit that shows something: these are taken back first.
 */
function applyEdits(packets: readonly Packet[], { edits, ticksPerSecond: mediaTicks }: TrackBoxes, ticksPerSecond: number): Packet[] {
  const scale = ticksPerSecond / mediaTicks;
  const firstAt = edits.findIndex((edit) => edit.mediaTime >= 0);
  const first = edits[firstAt];
  if (first === undefined) return packets.filter(({ time }) => time >= 0);
  const emptySeconds = edits.slice(0, firstAt).reduce((sum, edit) => sum + edit.durationSeconds, 0);
  const offset = first.mediaTime * scale - Math.round(emptySeconds * ticksPerSecond);
  const shown: Packet[] = [];
  let movieTime = 0;
  for (const { durationSeconds, mediaTime } of edits) {
    const duration = durationSeconds * ticksPerSecond;
    const start = mediaTime * scale;
    const end = duration === 0 ? Number.POSITIVE_INFINITY : start + duration;
    if (mediaTime >= 0) {
      for (const packet of packets) {
        const time = packet.time + offset;
        // Half a tick of grace: the movie's clock is often coarser than the track's.
        if (time < start - 0.5 || time >= end - 0.5) continue;
        shown.push({ ...packet, time: Math.round(movieTime + time - start), duration: Math.min(packet.duration, Math.ceil(end - time)) });
      }
    }
    movieTime += duration;
  }
  return shown;
}

/** One stretch at most, that begins with a frame. */
function hasPlainEdits({ edits }: TrackBoxes, firstTime: number, ticksPerSecond: number): boolean {
  const firstAt = edits.findIndex((edit) => edit.mediaTime >= 0);
  if (firstAt < 0) return true;
  const emptySeconds = edits.slice(0, firstAt).reduce((sum, edit) => sum + edit.durationSeconds, 0);
  return firstAt === edits.length - 1 && Math.abs(firstTime - emptySeconds * ticksPerSecond) <= 1;
}

type Columns = Pick<FrameIndex, 'count' | 'times' | 'durations' | 'packets' | 'isKey' | 'isVariableRate' | 'fps'>;

function toColumns(shown: readonly Packet[], ticksPerSecond: number): Columns {
  const count = shown.length;
  const times = new Float64Array(count);
  const durations = new Float64Array(count);
  const packets = new Uint32Array(count);
  const isKey = new Uint8Array(count);
  shown.forEach((packet, at) => {
    const next = shown[at + 1];
    times[at] = packet.time;
    durations[at] = next === undefined ? packet.duration : next.time - packet.time;
    packets[at] = packet.packet;
    isKey[at] = packet.isKey ? 1 : 0;
  });
  // A container that gives no length for its last frame: as long as the one before it.
  if (count > 1 && durations[count - 1] === 0) durations[count - 1] = durations[count - 2] ?? 0;
  const gaps = durations.subarray(0, Math.max(0, count - 1)).toSorted();
  const [least = 0, most = 0] = [gaps[0], gaps.at(-1)];
  const span = (times[count - 1] ?? 0) - (times[0] ?? 0);
  return {
    count,
    times,
    durations,
    packets,
    isKey,
    isVariableRate: most - least > Math.max(2, 0.02 * (gaps[gaps.length >> 1] ?? 0)),
    fps: span > 0 ? ((count - 1) * ticksPerSecond) / span : undefined,
  };
}

/** One row of the index. @throws VideoError when there is no such frame */
export function frameAt(index: FrameIndex, frame: number): IndexedFrame {
  const time = index.times[frame];
  if (time === undefined) throw new VideoError(`there is no frame ${frame}: the video has ${index.count}`);
  return {
    frame,
    seconds: time / index.ticksPerSecond,
    durationSeconds: (index.durations[frame] ?? 0) / index.ticksPerSecond,
    isKey: index.isKey[frame] === 1,
    packet: index.packets[frame] ?? 0,
  };
}

/** The frame that is on the screen at a time: the last that begins at or before it, the first for any time before it. */
export function frameAtSeconds(index: FrameIndex, seconds: number): number {
  // A nanosecond of grace, so that a time that was computed from a frame finds that frame again.
  const ticks = (seconds + 1e-9) * index.ticksPerSecond;
  let [low, high] = [0, index.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((index.times[middle] ?? 0) <= ticks) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** The nearest frame at or before `frame` at which decoding can begin. */
export function keyFrameBefore(index: FrameIndex, frame: number): number {
  for (let at = Math.min(frame, index.count - 1); at > 0; at--) if (index.isKey[at] === 1) return at;
  return 0;
}
