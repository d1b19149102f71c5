import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Output, WebMOutputFormat } from 'mediabunny';

export interface Vp8Clip {
  /** VP8 key frames (RFC 6386), one for each picture. */
  readonly frames: readonly Uint8Array[];
  readonly fps: number;
  readonly width: number;
  readonly height: number;
}

/** Packs VP8 key frames into a WebM file. */
export async function muxWebm({ frames, fps, width, height }: Vp8Clip): Promise<Uint8Array> {
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const source = new EncodedVideoPacketSource('vp8');
  output.addVideoTrack(source, { frameRate: fps });
  await output.start();
  const meta = { decoderConfig: { codec: 'vp8', codedWidth: width, codedHeight: height } };
  for (const [index, frame] of frames.entries()) {
    await source.add(new EncodedPacket(frame, 'key', index / fps, 1 / fps), index === 0 ? meta : undefined);
  }
  await output.finalize();
  const { buffer } = output.target;
  if (buffer === null) throw new Error('the muxer gave no file');
  return new Uint8Array(buffer);
}

/** Takes the VP8 key frame out of a lossy WebP picture: the chunk `VP8 ` of its RIFF container (RFC 9649, 2.5). */
export function vp8OfWebp(webp: Uint8Array): Uint8Array {
  const bytes = Buffer.from(webp.buffer, webp.byteOffset, webp.length);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'VP8 ') return Uint8Array.from(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length + (length % 2);
  }
  throw new Error('the picture is not a lossy WebP');
}
