import { z } from 'zod';
import type { MediaFacts } from '../describe.ts';
import { FfmpegError, inputArguments, runFfmpeg } from './ffmpeg.ts';

const number = z.coerce.number().optional().catch(undefined);

const report = z.object({
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        width: number,
        height: number,
        avg_frame_rate: z.string().optional(),
        nb_read_packets: number,
        duration: number,
      }),
    )
    .default([]),
  format: z.object({ duration: number, format_name: z.string().optional() }).default({}),
});

/** Facts of a container that the own demuxer does not know, by ffprobe. Counts every packet. @throws as `runFfmpeg` does */
export async function probeWithFfmpeg(path: string): Promise<Partial<MediaFacts>> {
  const args = ['-v', 'error', '-count_packets', '-show_streams', '-show_format', '-of', 'json', ...inputArguments(path)];
  const output = await runFfmpeg(args, { program: 'ffprobe', maxOutputBytes: 4 * 1024 ** 2 });
  const { streams, format } = report.parse(JSON.parse(output.toString('utf8')));
  const video = streams.find((stream) => stream.codec_type === 'video');
  const audio = streams.find((stream) => stream.codec_type === 'audio');
  const durationSeconds = format.duration ?? video?.duration;
  if (video === undefined && audio === undefined) throw new FfmpegError('the file has neither picture nor sound');
  return {
    ...(video?.width === undefined ? {} : { width: video.width }),
    ...(video?.height === undefined ? {} : { height: video.height }),
    ...(video?.nb_read_packets === undefined ? {} : { frames: video.nb_read_packets }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...rate(video?.avg_frame_rate),
    ...(video?.codec_name === undefined ? {} : { codec: video.codec_name }),
    ...(video === undefined ? { kind: 'audio' as const } : {}),
    summary: { container: format.format_name, ...(audio?.codec_name === undefined ? {} : { audio: { codec: audio.codec_name } }) },
  };
}

/** ffprobe writes rates as fractions, `0/0` for unknown. */
function rate(fraction: string | undefined): { fps?: number } {
  const [over = 0, under = 0] = (fraction ?? '').split('/').map(Number);
  return over > 0 && under > 0 ? { fps: over / under } : {};
}
