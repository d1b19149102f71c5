import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the tests that need real encoders and a second opinion on decoding can run. */
export const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;

function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
}

const picture = (seconds: number, rate: number): string[] => ['-f', 'lavfi', '-i', `testsrc2=size=160x120:rate=${rate}:duration=${seconds}`];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '12'];

/** Clips of every kind that makes frames hard to number. Each gives the path of its file. */
export const clips = {
  /** H.264 with B-frames: decoded in another order than shown; the muxer writes an edit list for the delay. */
  bFrames(folder: string): string {
    const path = join(folder, 'b-frames.mp4');
    run([...picture(2, 25), ...x264, '-bf', '3', '-b_strategy', '0', '-x264-params', 'scenecut=0', path]);
    return path;
  },
  /** The distance of frames changes from one to the next. */
  variableRate(folder: string): string {
    const path = join(folder, 'variable.mp4');
    run([...picture(2, 30), '-vf', "select='not(mod(n,3))+not(mod(n,7))'", '-fps_mode', 'vfr', ...x264, '-bf', '2', '-video_track_timescale', '90000', path]);
    return path;
  },
  /** Cut out of a longer film without encoding anew: decoding begins before what is shown, which an edit list hides. */
  editList(folder: string): string {
    const whole = clips.bFrames(folder);
    const path = join(folder, 'edit-list.mp4');
    run(['-ss', '0.7', '-i', whole, '-t', '0.8', '-c', 'copy', path]);
    return path;
  },
  /** The video begins after the sound: an empty edit. */
  emptyEdit(folder: string): string {
    const whole = clips.bFrames(folder);
    const path = join(folder, 'empty-edit.mp4');
    run(['-f', 'lavfi', '-i', 'sine=duration=3', '-itsoffset', '0.5', '-i', whole, '-map', '0:a', '-map', '1:v', '-c:v', 'copy', '-c:a', 'aac', path]);
    return path;
  },
  fragmented(folder: string): string {
    const path = join(folder, 'fragmented.mp4');
    run([...picture(2, 25), ...x264, '-bf', '2', '-movflags', 'frag_keyframe+empty_moov', path]);
    return path;
  },
  /** VP8 with hidden reference frames: packets that show nothing. */
  hiddenFrames(folder: string): string {
    const path = join(folder, 'hidden.webm');
    const vp8 = ['-c:v', 'libvpx', '-b:v', '60k', '-auto-alt-ref', '1', '-lag-in-frames', '16', '-deadline', 'good', '-cpu-used', '4', '-passlogfile', join(folder, 'passes')];
    // The encoder hides frames only when it has seen the whole film before.
    run([...picture(3, 25), ...vp8, '-pass', '1', '-f', 'null', '-']);
    run([...picture(3, 25), ...vp8, '-pass', '2', path]);
    return path;
  },
  vp9(folder: string): string {
    const path = join(folder, 'vp9.webm');
    run([...picture(2, 25), '-c:v', 'libvpx-vp9', '-b:v', '100k', '-auto-alt-ref', '1', '-lag-in-frames', '16', '-deadline', 'good', '-cpu-used', '5', path]);
    return path;
  },
  transportStream(folder: string): string {
    const path = join(folder, 'stream.ts');
    run([...picture(2, 25), ...x264, '-bf', '2', path]);
    return path;
  },
  /** Two stretches of the film, the later one first, by an edit list of two entries. */
  twoEdits(folder: string): string {
    const whole = clips.bFrames(folder);
    const path = join(folder, 'two-edits.mp4');
    // 12,800 ticks a second in the track, 1,000 in the movie: 0.4 s from 1.2 s on, then 0.8 s from 0.2 s on.
    const delay = 1024;
    writeFileSync(path, withEdits(readFileSync(whole), [[400, delay + 15_360], [800, delay + 2_560]]));
    return path;
  },
  rotated(folder: string): string {
    const path = join(folder, 'rotated.mp4');
    const whole = clips.bFrames(folder);
    run(['-i', whole, '-c', 'copy', '-metadata:s:v', 'rotate=90', path]);
    return path;
  },
  avi(folder: string): string {
    const path = join(folder, 'old.avi');
    run([...picture(1, 20), '-c:v', 'mjpeg', path]);
    return path;
  },
};

/** The file with another edit list in its only track; the movie header has to stand at the end, as ffmpeg writes it. */
function withEdits(file: Buffer, edits: readonly (readonly [movieTicks: number, mediaTime: number])[]): Buffer {
  const at = file.indexOf('elst', file.indexOf('moov')) - 4;
  const list = Buffer.alloc(16 + edits.length * 12);
  list.writeUInt32BE(list.length, 0);
  list.write('elst', 4, 'latin1');
  list.writeUInt32BE(edits.length, 12);
  edits.forEach(([duration, time], index) => {
    list.writeUInt32BE(duration, 16 + index * 12);
    list.writeInt32BE(time, 20 + index * 12);
    list.writeUInt32BE(0x10000, 24 + index * 12);
  });
  const old = file.readUInt32BE(at);
  const changed = Buffer.concat([file.subarray(0, at), list, file.subarray(at + old)]);
  for (const name of ['moov', 'trak', 'edts']) {
    const box = changed.indexOf(name, file.indexOf('moov')) - 4;
    changed.writeUInt32BE(changed.readUInt32BE(box) + list.length - old, box);
  }
  return changed;
}

/** Presentation times, in seconds, of the frames that ffmpeg's decoder puts out, in order. */
export function decodedTimes(path: string): number[] {
  const { stdout, status, stderr } = spawnSync(
    'ffprobe',
    ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=pts', '-show_entries', 'stream=time_base', '-of', 'json', path],
    { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 },
  );
  if (status !== 0) throw new Error(stderr);
  const report = JSON.parse(stdout) as { frames: { pts: number }[]; streams: { time_base: string }[] };
  const [over = 1, under = 1] = (report.streams[0]?.time_base ?? '1/1').split('/').map(Number);
  return report.frames.map(({ pts }) => (pts * over) / under);
}
