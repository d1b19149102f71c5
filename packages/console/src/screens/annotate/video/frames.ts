import type { VideoFrameIndex } from '@fovea/contract';
import { ALL_FORMATS, CanvasSink, EncodedPacketSink, Input, UrlSource, type InputVideoTrack } from 'mediabunny';
import { FrameClock, type FramePicture, type FrameReader } from './frame-reader.ts';

/** Decoded frames are kept up to so many bytes. */
const maxKeptBytes = 256_000_000;
/** Frames that are decoded at once beyond the one that was asked for: stepping on then costs nothing. */
const aheadFrames = 4;

/**
 * The frames of a video by their numbers: those of the platform's index, which is the order in which a decoder puts them
 * out. Every frame is found by its packet, so that neither a changing rate nor B-frames nor edit lists lead to another one.
 */
export class VideoFrames extends FrameClock implements FrameReader {
  private readonly input: Input;
  private readonly sink: CanvasSink;
  /** Seconds at which the demuxer has each frame. */
  private readonly stamps: Float64Array;
  private readonly kept = new Map<number, Promise<FramePicture>>();
  private readonly mostKept: number;
  private runOn: { next: number; frames: AsyncGenerator<{ canvas: FramePicture } | null> } | undefined;
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(input: Input, track: InputVideoTrack, index: VideoFrameIndex, options: { stamps: Float64Array; frameBytes: number }) {
    super(index);
    this.input = input;
    this.stamps = options.stamps;
    this.sink = new CanvasSink(track);
    this.mostKept = Math.max(aheadFrames + 2, Math.floor(maxKeptBytes / options.frameBytes));
  }

  /** @throws Error when the browser cannot decode the video, or the file is not the one that was indexed */
  static async open(url: string, index: VideoFrameIndex): Promise<VideoFrames> {
    const input = new Input({ source: new UrlSource(url), formats: ALL_FORMATS });
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new Error('The file has no video track.');
    if (!(await track.canDecode())) throw new Error(`This browser cannot decode ${index.codec ?? 'this kind of video'}.`);
    const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()];
    return new VideoFrames(input, track, index, { stamps: await stampsOf(track, index), frameBytes: width * height * 4 });
  }

  /** The frame, decoded; one after the other from the same run of the decoder where they follow each other. */
  async get(frame: number): Promise<FramePicture> {
    const known = this.kept.get(frame);
    if (known) {
      // The one that was looked at last is the last to go.
      this.kept.delete(frame);
      this.kept.set(frame, known);
      return known;
    }
    const picture = this.inTurn(() => this.decode(frame));
    this.kept.set(frame, picture);
    picture.catch(() => this.kept.delete(frame));
    for (const old of [...this.kept.keys()].slice(0, -this.mostKept)) this.kept.delete(old);
    return picture;
  }

  /** Has the next frames decoded before they are asked for. */
  prepare(frame: number): void {
    for (let next = frame + 1; next <= Math.min(frame + aheadFrames, this.count - 1); next++) void this.get(next).catch(() => undefined);
  }

  /** Small pictures of some frames, in their order; ascending frames cost the least. */
  async *thumbnails(frames: readonly number[], height: number): AsyncGenerator<FramePicture | undefined> {
    const track = await this.input.getPrimaryVideoTrack();
    if (!track) return;
    const sink = new CanvasSink(track, { height });
    for await (const wrapped of sink.canvasesAtTimestamps(frames.map((frame) => this.stampOf(frame)))) yield wrapped?.canvas;
  }

  end(): void {
    void this.runOn?.frames.return(undefined);
    this.kept.clear();
    this.input.dispose();
  }

  /** One decoder, one after the other. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(work, work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /** Frames in a row come from one run of the decoder; any other begins a new one. */
  private async decode(frame: number): Promise<FramePicture> {
    if (this.runOn?.next !== frame) {
      await this.runOn?.frames.return(undefined);
      const stamps = function* (self: VideoFrames) {
        for (let at = frame; at < self.count; at++) yield self.stampOf(at);
      };
      this.runOn = { next: frame, frames: this.sink.canvasesAtTimestamps(stamps(this)) };
    }
    const { value } = await this.runOn.frames.next();
    this.runOn.next = frame + 1;
    if (!value) throw new Error(`Frame ${frame} could not be decoded.`);
    return value.canvas;
  }

  /** Half a tick of grace: the demuxer counts in floating point. */
  private stampOf(frame: number): number {
    return (this.stamps[frame] ?? 0) + 0.5 / this.index.ticksPerSecond;
  }
}

/** The demuxer's time of each frame's packet; these are the index's own where no edit list moves them. */
async function stampsOf(track: InputVideoTrack, index: VideoFrameIndex): Promise<Float64Array> {
  const byPacket: number[] = [];
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) byPacket.push(packet.timestamp);
  if (byPacket.length !== index.packetCount) throw new Error(`The video has ${byPacket.length} packets here, and ${index.packetCount} on the platform.`);
  return Float64Array.from(index.packets, (packet) => byPacket[packet] ?? 0);
}
