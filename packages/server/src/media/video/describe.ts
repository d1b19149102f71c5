import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import type { MediaFacts } from '../describe.ts';

/** Facts of a video or sound file: exact frame count by counting packets, duration, mean rate, upright sides. */
export async function describeVideo(path: string): Promise<Partial<MediaFacts>> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  try {
    const video = await input.getPrimaryVideoTrack();
    const durationSeconds = await input.computeDuration();
    if (!video) return { durationSeconds, summary: { hasVideo: false } };
    const stats = await video.computePacketStats();
    return {
      width: video.displayWidth,
      height: video.displayHeight,
      frames: stats.packetCount,
      durationSeconds,
      fps: stats.averagePacketRate,
      summary: { codec: video.codec, rotation: video.rotation, hasVideo: true, hasAudio: (await input.getPrimaryAudioTrack()) !== null },
    };
  } finally {
    input.dispose();
  }
}
