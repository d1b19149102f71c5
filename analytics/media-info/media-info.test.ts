import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { analyticBench } from '../test-support/bench.ts';
import { numberedClip } from '../test-support/numbered-clip.ts';

const bench = analyticBench();
const films = numberedClip(bench);

describe('media-info', () => {
  it('describes photos, videos and other files', async () => {
    const text = await bench.file('notes.txt', 'hello');
    const { files, summary } = await bench.run('media-info', { files: [films.photo, films.clip, text] });
    const [image, video, other] = JSON.parse(await readFile(files[0]!.path, 'utf8')) as Record<string, unknown>[];
    expect(image).toMatchObject({
      name: 'photo.jpg',
      kind: 'image',
      format: 'jpeg',
      width: 200,
      height: 300,
      orientation: 6,
      dotsPerInch: 300,
    });
    expect(video).toMatchObject({
      kind: 'video',
      width: 160,
      height: 120,
      codec: 'h264',
      frames: 70,
      framesPerSecond: 25,
      audio: { codec: 'aac' },
    });
    expect(other).toMatchObject({
      kind: 'other',
      bytes: 5,
      sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    });
    expect(summary).toMatchObject({ files: 3, kinds: { image: 1, video: 1, other: 1 } });
  });
});
