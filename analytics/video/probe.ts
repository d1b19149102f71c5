import { z } from 'zod';
import { InputError } from '../analytic.ts';
import { readOutput, safeInput } from './ffmpeg.ts';

const probeOutput = z.object({
  format: z
    .object({
      format_name: z.string().optional(),
      duration: z.coerce.number().optional(),
      bit_rate: z.coerce.number().optional(),
    })
    .default({}),
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        profile: z.string().optional(),
        pix_fmt: z.string().optional(),
        width: z.number().optional(),
        height: z.number().optional(),
        avg_frame_rate: z.string().optional(),
        r_frame_rate: z.string().optional(),
        nb_frames: z.coerce.number().optional(),
        duration: z.coerce.number().optional(),
        sample_rate: z.coerce.number().optional(),
        channels: z.number().optional(),
        color_space: z.string().optional(),
        disposition: z.object({ attached_pic: z.number().optional() }).optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() }).loose()).optional(),
        tags: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default([]),
});
type Stream = z.infer<typeof probeOutput>['streams'][number];

export interface VideoFacts {
  container: string;
  codec: string;
  profile: string | null;
  pixelFormat: string | null;
  /** Upright: a quarter turn in the file's display matrix is applied. */
  width: number;
  height: number;
  rotation: number;
  framesPerSecond: number;
  durationSeconds: number;
  /** As the container says, or reckoned from duration and rate; decode to know. */
  frameCountEstimate: number;
  bitsPerSecond: number | null;
  audio: { codec: string; channels: number; sampleRate: number } | null;
}

/** Reads what a video file says of itself. Throws InputError where it is no media file or has no picture track. */
export async function probeVideo(path: string, signal: AbortSignal): Promise<VideoFacts> {
  const parsed = await probeStreams(path, signal);
  const stream = parsed.streams.find(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  if (stream === undefined) throw new InputError('has no video track');
  const { width, height } = stream;
  if (width === undefined || height === undefined || width < 1 || height < 1)
    throw new InputError('has a video track without a size: the file is damaged');
  const framesPerSecond = rate(stream.avg_frame_rate) ?? rate(stream.r_frame_rate) ?? 25;
  const durationSeconds = stream.duration ?? parsed.format.duration ?? tagDuration(stream) ?? 0;
  const rotation = Math.round(stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0);
  const quarter = Math.abs(rotation) % 180 === 90;
  return {
    container: parsed.format.format_name ?? 'unknown',
    codec: stream.codec_name ?? 'unknown',
    profile: stream.profile ?? null,
    pixelFormat: stream.pix_fmt ?? null,
    width: quarter ? height : width,
    height: quarter ? width : height,
    rotation,
    framesPerSecond,
    durationSeconds,
    frameCountEstimate: stream.nb_frames ?? Math.round(durationSeconds * framesPerSecond),
    bitsPerSecond: parsed.format.bit_rate ?? null,
    audio: audioFacts(parsed.streams),
  };
}

async function probeStreams(path: string, signal: AbortSignal): Promise<z.infer<typeof probeOutput>> {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', ...safeInput, `file:${path}`];
  const text = (await readOutput('ffprobe', args, signal)).toString('utf8');
  const parsed = probeOutput.safeParse(JSON.parse(text));
  if (!parsed.success) throw new InputError('cannot be read as a video: its facts make no sense');
  return parsed.data;
}

function audioFacts(streams: Stream[]): VideoFacts['audio'] {
  const stream = streams.find(({ codec_type }) => codec_type === 'audio');
  if (stream === undefined) return null;
  return { codec: stream.codec_name ?? 'unknown', channels: stream.channels ?? 0, sampleRate: stream.sample_rate ?? 0 };
}

/** `30000/1001` as a number; null for `0/0`. */
function rate(text: string | undefined): number | null {
  const [numerator = 0, denominator = 1] = (text ?? '').split('/').map(Number);
  const value = numerator / denominator;
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** Matroska keeps a stream's duration in a tag, as `00:00:05.000000000`. */
function tagDuration(stream: Stream): number | null {
  const match = /^(\d+):(\d+):([\d.]+)$/.exec(stream.tags?.DURATION ?? '');
  return match === null ? null : Number(match[1]) * 3_600 + Number(match[2]) * 60 + Number(match[3]);
}

/** Facts of a file that holds sound and no moving picture; null for one that holds a picture. */
export async function probeAudio(
  path: string,
  signal: AbortSignal,
): Promise<(NonNullable<VideoFacts['audio']> & { container: string; durationSeconds: number }) | null> {
  const parsed = await probeStreams(path, signal);
  if (parsed.streams.some(({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1))
    return null;
  const audio = audioFacts(parsed.streams);
  if (audio === null) throw new InputError('has neither picture nor sound');
  return { ...audio, container: parsed.format.format_name ?? 'unknown', durationSeconds: parsed.format.duration ?? 0 };
}

/** Number of packets of the first picture track: one per frame in all usual codecs. Reads the whole file. */
export async function countPackets(path: string, signal: AbortSignal): Promise<number> {
  const args = [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-count_packets',
    '-show_entries',
    'stream=nb_read_packets',
    '-of',
    'csv=p=0',
  ];
  return (
    Number.parseInt(
      (await readOutput('ffprobe', [...args, ...safeInput, `file:${path}`], signal)).toString('utf8'),
      10,
    ) || 0
  );
}

/** Times of the frames in seconds, in the order in which they are shown: the time of frame n is entry n. */
export async function frameTimes(path: string, signal: AbortSignal): Promise<number[]> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
  const text = (await readOutput('ffprobe', [...args, ...safeInput, `file:${path}`], signal)).toString('utf8');
  return text
    .split('\n')
    .map((line) => Number.parseFloat(line))
    .filter((time) => Number.isFinite(time))
    .toSorted((a, b) => a - b);
}
