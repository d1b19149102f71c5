import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { drawVideo } from '../samples/video.ts';
import { chosenFrames, extractFrames } from './extract.ts';
import { FfmpegMissingError, runFfmpeg } from './ffmpeg.ts';
import { indexFrames } from './frame-index.ts';
import { clips, hasFfmpeg } from './test-clips.ts';

let folder: string;
let drawn: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-extract-'));
  drawn = join(folder, 'drawn.webm');
  await writeFile(drawn, (await drawVideo({ seconds: 1, fps: 10, width: 160, height: 120, seed: 4 })).bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

const fresh = (): Promise<string> => mkdtemp(join(folder, 'out-'));
const pixels = (path: string): Promise<Buffer> => sharp(path).removeAlpha().raw().toBuffer();

/** Every frame that ffmpeg decodes, in its order, as pixels. */
async function decodeAll(path: string): Promise<Buffer[]> {
  const out = await fresh();
  spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', join(out, '%06d.png')]);
  return Promise.all((await readdir(out)).toSorted().map((name) => pixels(join(out, name))));
}

describe('choosing frames', () => {
  it('by number, by step, by time; each once and ascending', async () => {
    const index = await indexFrames(drawn);
    expect(chosenFrames(index, { frames: [7, 2, 2] })).toEqual([2, 7]);
    expect(chosenFrames(index, { everyNth: 4 })).toEqual([0, 4, 8]);
    expect(chosenFrames(index, { atSeconds: [0.55, 0.5, 0] })).toEqual([0, 5]);
    expect(() => chosenFrames(index, { frames: [10] })).toThrow('there is no frame 10: the video has 10');
    expect(() => chosenFrames(index, { frames: [1.5] })).toThrow('there is no frame 1.5');
    expect(() => chosenFrames(index, { everyNth: 0 })).toThrow(/whole number/);
  });
});

describe.skipIf(!hasFfmpeg)('extracting frames (needs ffmpeg)', () => {
  it.each(['bFrames', 'variableRate', 'editList', 'twoEdits', 'emptyEdit', 'fragmented', 'hiddenFrames', 'vp9', 'transportStream', 'rotated'] as const)(
    'gives the very pictures of a whole decode: %s',
    async (name) => {
      const path = clips[name](folder);
      const all = await decodeAll(path);
      const { count } = await indexFrames(path);
      expect(all).toHaveLength(count);
      const frames = [1, 2, 9, Math.floor(count / 2), count - 2, count - 1];
      const found = await extractFrames(path, { frames }, await fresh());
      expect(found.map(({ frame }) => frame)).toEqual([...new Set(frames)].toSorted((a, b) => a - b));
      found.push(...(await extractFrames(path, { frames: [count - 3] }, await fresh())));
      for (const { frame, path: picture } of found) expect((await pixels(picture)).equals(all[frame]!), `frame ${frame}`).toBe(true);
    },
    60_000,
  );

  it('writes JPEG and WebP, and tells how far it is', async () => {
    for (const format of ['jpg', 'webp'] as const) {
      const out = await fresh();
      const progress: number[] = [];
      const found = await extractFrames(drawn, { everyNth: 5 }, out, { format, onProgress: (done, total) => progress.push(done / total) });
      expect(await readdir(out)).toEqual([`frame-00000000.${format}`, `frame-00000005.${format}`]);
      expect((await sharp(found[1]!.path).metadata()).format).toBe(format === 'jpg' ? 'jpeg' : 'webp');
      expect(progress.at(-1)).toBe(1);
    }
  });

  it('speaks to an ffmpeg from before 5.1 in its own words', async () => {
    const old = await fresh();
    const real = spawnSync('sh', ['-c', 'command -v ffmpeg'], { encoding: 'utf8' }).stdout.trim();
    const script = `#!/bin/sh\nfor word in "$@"; do [ "$word" = -fps_mode ] && { echo "Unrecognized option 'fps_mode'." >&2; exit 1; }; done\nexec ${real} "$@"\n`;
    await writeFile(join(old, 'ffmpeg'), script, { mode: 0o755 });
    vi.stubEnv('PATH', `${old}:${process.env['PATH']}`);
    expect(await extractFrames(drawn, { frames: [3] }, await fresh())).toHaveLength(1);
  });

  it('ends ffmpeg and leaves nothing when it is aborted', async () => {
    const out = await fresh();
    const stop = new AbortController();
    const long = join(folder, 'long.mp4');
    spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x480:rate=30:duration=60', '-c:v', 'mpeg4', long]);
    const running = extractFrames(long, { everyNth: 1 }, out, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('no longer wanted')), 400);
    await expect(running).rejects.toThrow('no longer wanted');
    expect(await readdir(out)).toEqual([]);
  }, 60_000);

  it('refuses more frames than allowed', async () => {
    await expect(extractFrames(drawn, { everyNth: 1 }, await fresh(), { maxFrames: 5 })).rejects.toThrow('10 frames are more than the 5');
  });

  it('takes names with spaces, quotes and a leading dash as they are', async () => {
    const odd = join(folder, "-i 'odd' ;name");
    await mkdir(odd);
    const path = join(odd, '%d concat:.webm');
    await writeFile(path, (await drawVideo({ seconds: 0.3, fps: 10, width: 160, height: 120, seed: 4 })).bytes);
    expect(await extractFrames(path, { frames: [1] }, join(odd, 'out'))).toHaveLength(1);
  });
});

describe('without ffmpeg', () => {
  it('says what is missing', async () => {
    vi.stubEnv('PATH', folder);
    const out = await fresh();
    await expect(extractFrames(drawn, { frames: [0] }, out)).rejects.toThrow(FfmpegMissingError);
    await expect(extractFrames(drawn, { frames: [0] }, out)).rejects.toThrow('ffmpeg is not on PATH');
    expect(await readdir(out)).toEqual([]);
  });
});

describe.skipIf(!hasFfmpeg)('running ffmpeg (needs ffmpeg)', () => {
  it('passes on its last words, and stops what runs or writes too much', async () => {
    await expect(runFfmpeg(['-v', 'error', '-i', join(folder, 'nowhere')])).rejects.toThrow(/ffmpeg failed.*nowhere/);
    await expect(runFfmpeg(['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2', '-f', 'rawvideo', '-'], { maxOutputBytes: 1_000_000 })).rejects.toThrow('more than 1000000 bytes');
    await expect(runFfmpeg(['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2', '-f', 'null', '-'], { timeoutMs: 300 })).rejects.toThrow('did not end within 0.3 s');
  });
});
