import type { Input, InputVideoTrack } from 'mediabunny';
import type { MediaFacts, MediaLimits } from '../describe.ts';
import { FfmpegError, FfmpegMissingError } from './ffmpeg.ts';
import { indexTrack, openVideo } from './frame-index.ts';
import { probeWithFfmpeg } from './probe.ts';

/** Containers that only ffmpeg reads. */
const foreign = new Set(['video/x-msvideo', 'video/mpeg', 'video/x-flv', 'video/x-ms-asf', 'video/ogg']);

/** Facts of a video or sound file: the frames that are shown, counted one by one; duration, mean rate, upright sides. */
export async function describeVideo(file: { path: string; mediaType: string; limits?: MediaLimits }): Promise<Partial<MediaFacts>> {
  if (foreign.has(file.mediaType)) return describeForeign(file);
  const input = openVideo(file.path);
  try {
    const video = await input.getPrimaryVideoTrack();
    const audio = await audioFacts(input);
    if (video) return await describeTrack(file, input, video, audio);
    if (!audio) return { problem: 'The file holds neither picture nor sound, or breaks off before it.' };
    const durationSeconds = await input.computeDuration();
    const mediaType = file.mediaType.replace(/^video\//, 'audio/');
    return { kind: 'audio', mediaType, durationSeconds, codec: audio.codec, channels: audio.channels, summary: { sampleRate: audio.sampleRate } };
  } finally {
    input.dispose();
  }
}

interface AudioFacts {
  codec: string;
  channels: number;
  sampleRate: number;
}

async function audioFacts(input: Input): Promise<AudioFacts | undefined> {
  const track = await input.getPrimaryAudioTrack();
  if (track === null) return undefined;
  return { codec: (await track.getCodec()) ?? 'unknown', channels: await track.getNumberOfChannels(), sampleRate: await track.getSampleRate() };
}

async function describeTrack(
  file: { path: string; limits?: MediaLimits },
  input: Input,
  video: InputVideoTrack,
  audio: AudioFacts | undefined,
): Promise<Partial<MediaFacts>> {
  const maxFrames = file.limits?.maxFrames;
  const index = await indexTrack(file.path, input, video, maxFrames === undefined ? {} : { maxFrames });
  const durationSeconds = Math.max(0, await input.computeDuration());
  const codecString = await video.getCodecParameterString();
  const problem = index.count === 0 ? (index.problem ?? 'The video has no frames.') : index.problem;
  return {
    width: await video.getDisplayWidth(),
    height: await video.getDisplayHeight(),
    frames: index.count,
    durationSeconds,
    ...(index.fps === undefined ? {} : { fps: index.fps }),
    ...(index.codec === undefined ? {} : { codec: index.codec }),
    hasAlpha: await video.canBeTransparent(),
    summary: {
      ...(codecString === null ? {} : { codecString }),
      rotation: await video.getRotation(),
      codedWidth: await video.getCodedWidth(),
      codedHeight: await video.getCodedHeight(),
      isVariableRate: index.isVariableRate,
      keyFrames: index.isKey.reduce((sum, one) => sum + one, 0),
      startSeconds: index.count === 0 ? 0 : (index.times[0] ?? 0) / index.ticksPerSecond,
      isHighDynamicRange: await video.hasHighDynamicRange(),
      ...(audio ? { audio } : {}),
    },
    ...(problem === undefined ? {} : { problem }),
  };
}

async function describeForeign({ path }: { path: string }): Promise<Partial<MediaFacts>> {
  try {
    return await probeWithFfmpeg(path);
  } catch (error) {
    if (error instanceof FfmpegMissingError) return { problem: 'This kind of video can only be read with ffmpeg, which is not installed.' };
    if (error instanceof FfmpegError) return { problem: `The video cannot be read: ${error.message}` };
    throw error;
  }
}
