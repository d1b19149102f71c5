// What the studio does beyond the options that other tests measure: each of the rest, by the pixels or the file that come out.
import { readdirSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyticBench } from '../test-support/bench.ts';
import { onnxFile } from '../test-support/onnx-file.ts';
import { disc, meanDifference, raw, texture } from '../test-support/pictures.ts';
import { drawPortrait, type Portrait } from '../test-support/portraits.ts';
import { manifest } from './manifest.ts';

const bench = analyticBench();
let portrait: Portrait;
let photo: string;
beforeAll(async () => {
  portrait = await drawPortrait();
  photo = await bench.file('portrait.png', portrait.png);
});

const off = { enable_color: false, enable_crop: false };
async function output(parameters: Record<string, unknown>, path = photo): Promise<{ path: string; name: string }> {
  const { files } = await bench.run('photo-studio', { photos: path }, { ...off, ...parameters });
  return files[0]!;
}

describe('parameters of the photo studio', () => {
  it('sharpen makes edges steeper, more with a larger number, and leaves flat areas', async () => {
    const { face } = portrait;
    const eye = { left: Math.round(face.cx - face.rx * 0.7), top: Math.round(face.cy - face.ry * 0.3), width: Math.round(face.rx * 1.4), height: Math.round(face.ry * 0.4) };
    const clean = await bench.file('clean.png', (await drawPortrait({ grain: 0 })).png);
    const [none, some, much] = await Promise.all([0, 20, 80].map(async (sharpen) => (await output({ sharpen }, clean)).path));
    const edges = await Promise.all([none!, some!, much!].map((path) => texture(path, eye)));
    expect(edges[1]!).toBeGreaterThan(edges[0]! * 1.02);
    expect(edges[2]!).toBeGreaterThan(edges[1]! * 1.02);
    expect(disc(await raw(much!), 60, 60, 40)).toEqual(disc(await raw(none!), 60, 60, 40));
  });

  it('output_icc keeps the profile of the photo, or converts to sRGB or Display P3', async () => {
    const wide = await bench.file('p3.png', await sharp(portrait.png).withIccProfile('p3').png().toBuffer());
    const profile = async (output_icc: string, path = wide) => (await sharp((await output({ output_icc }, path)).path).metadata()).icc;
    const own = (await sharp(wide).metadata()).icc;
    expect(await profile('keep')).toEqual(own);
    expect(await profile('srgb')).not.toEqual(own);
    const p3 = await output({ output_icc: 'p3' });
    expect((await sharp(p3.path).metadata()).icc?.toString('latin1')).toMatch(/P.?3/);
    // The same to the eye.
    expect(meanDifference(await raw(photo), await raw(p3.path))).toBeLessThan(2);
  });

  it('output_quality makes lossy files smaller and less true', async () => {
    const small = await bench.file('small.png', await sharp(portrait.png).resize(120).png().toBuffer());
    for (const output_format of ['jpeg', 'webp', 'avif']) {
      const [low, high] = await Promise.all([30, 95].map(async (output_quality) => (await output({ output_format, output_quality }, small)).path));
      expect(readFileSync(low!).length).toBeLessThan(readFileSync(high!).length * 0.7);
      expect(meanDifference(await raw(small), await raw(high!))).toBeLessThan(meanDifference(await raw(small), await raw(low!)));
    }
  });

  it('background_color is laid under the cut-out', async () => {
    const { files } = await bench.run('photo-studio', { photos: photo }, { ...off, enable_extract: true, replace_background: true, background_color: '#10d0f0' });
    expect(files.map(({ output: kind, name }) => [kind, name])).toEqual([['composites', 'portrait.png']]);
    const picture = await raw(files[0]);
    expect(picture.channels).toBe(3);
    for (const [channel, value] of [0x10, 0xd0, 0xf0].entries()) expect(Math.abs(disc(picture, 60, 60, 40)[channel]! - value)).toBeLessThan(3);
    expect(meanDifference(await raw(photo), picture)).toBeGreaterThan(5);
  });

  it('strip_metadata leaves nothing of the photo, in every format that keeps it otherwise', async () => {
    const tagged = await sharp(portrait.png).withExif({ IFD0: { Artist: 'Studio Nord' } }).jpeg().toBuffer();
    const path = await bench.file('tagged.jpg', tagged);
    for (const output_format of ['same', 'png', 'webp']) {
      const [kept, stripped] = await Promise.all([false, true].map(async (strip_metadata) => readFileSync((await output({ output_format, strip_metadata }, path)).path)));
      expect([output_format, kept!.includes('Studio Nord')]).toEqual([output_format, true]);
      expect([output_format, stripped!.includes('Studio Nord')]).toEqual([output_format, false]);
    }
  });

  it('matting_model_spec names the output that is the alpha', async () => {
    const channel = (index: number) => ({ dims: [1, 3, 1, 1], values: [0, 1, 2].map((at) => (at === index ? 1 : 0)) });
    const model = onnxFile({
      inputs: { image: [1, 3, 'h', 'w'] },
      outputs: { red: [1, 1, 'h', 'w'], blue: [1, 1, 'h', 'w'] },
      constants: { first: channel(0), last: channel(2) },
      nodes: [
        { op: 'Conv', inputs: ['image', 'first'], outputs: ['red'], ints: { kernel_shape: [1, 1] } },
        { op: 'Conv', inputs: ['image', 'last'], outputs: ['blue'], ints: { kernel_shape: [1, 1] } },
      ],
    });
    const matting_model = await bench.file('matte.onnx', model);
    for (const [channelOf, name] of [[0, 'red'], [2, 'blue']] as const) {
      const matted = await raw((await output({ enable_extract: true, matting_model, matting_model_spec: { output: name } })).path);
      const wall = disc(matted, 60, 60, 40);
      expect(Math.abs(wall[3]! - wall[channelOf]!)).toBeLessThan(6);
    }
  });

  it.each([
    ['top-left', 0, 0],
    ['top-right', 1, 0],
    ['bottom-left', 0, 1],
    ['bottom-right', 1, 1],
  ] as const)('watermark_position %s', async (watermark_position, right, down) => {
    const red = await sharp({ create: { width: 60, height: 60, channels: 3, background: '#ff0000' } }).png().toBuffer();
    const watermark_image = await bench.file('mark.png', red);
    const marked = await raw((await output({ watermark_image, watermark_position, watermark_opacity: 1, watermark_scale: 20 })).path);
    const { width, height } = portrait;
    for (const x of [0, 1]) {
      for (const y of [0, 1]) {
        const there = disc(marked, 80 + x * (width - 160), 80 + y * (height - 160), 20);
        const isMark = there[0]! > 250 && there[1]! < 5;
        expect([x, y, isMark]).toEqual([x, y, x === right && y === down]);
      }
    }
  });

  it('each has a test', () => {
    const folders = [import.meta.dirname, `${import.meta.dirname}/../../packages/server/src/doors/skylab/options`];
    const tests = folders.flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith('.test.ts')).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))).join('\n');
    expect(manifest.parameters.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(tests))).toEqual([]);
  });
});
