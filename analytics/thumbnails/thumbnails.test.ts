import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { analyticBench } from '../test-support/bench.ts';
import { numberedClip } from '../test-support/numbered-clip.ts';

const bench = analyticBench();
const films = numberedClip(bench);

describe('thumbnails', () => {
  it('makes upright thumbnails of photos and videos', async () => {
    const { files, failures } = await bench.run(
      'thumbnails',
      { files: [films.photo, films.clip, await bench.file('x.jpg', 'nothing')] },
      { size: 100, format: 'jpeg', video_position: 0.5 },
    );
    expect(files.map(({ name }) => name)).toEqual(['photo.jpg', 'clip.jpg']);
    expect(await sharp(files[0]!.path).metadata()).toMatchObject({ width: 67, height: 100, format: 'jpeg' });
    expect(await sharp(files[1]!.path).metadata()).toMatchObject({ width: 100, height: 75 });
    expect(failures).toHaveLength(1);
    const square = await bench.run('thumbnails', { files: films.photo }, { size: 64, square: true });
    expect(await sharp(square.files[0]!.path).metadata()).toMatchObject({ width: 64, height: 64, format: 'webp' });
  });
});
