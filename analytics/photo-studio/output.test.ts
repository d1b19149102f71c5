import { readFile } from 'node:fs/promises';
import encodeQr from 'qr';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disc, meanDifference, raw } from '../test-support/pictures.ts';
import { onnxFile } from '../test-support/onnx-file.ts';
import { makeScratch, type Scratch } from '../test-support/scratch.ts';
import { tryAnalytic, type TryResult } from '../try.ts';
import { drawPortrait, type Portrait } from '../test-support/portraits.ts';

let scratch: Scratch;
let portrait: Portrait;
let photo: string;

beforeAll(async () => {
  scratch = await makeScratch();
  portrait = await drawPortrait({ blemishes: true, grain: 3, backdropEnd: '#4d6f96' });
  photo = await scratch.file('portrait.png', portrait.png);
});
afterAll(() => scratch.remove());

const off = { enable_color: false, enable_crop: false };

async function studio(
  photos: string | string[],
  parameters: Record<string, unknown>,
  inputs: Record<string, string[]> = {},
): Promise<TryResult> {
  return tryAnalytic('photo-studio', { inputs: { photos, ...inputs }, parameters, outDir: await scratch.folder() });
}

describe('output', () => {
  it('reports what is broken and delivers the rest', async () => {
    const large = await scratch.file(
      'large.png',
      await sharp({ create: { width: 6501, height: 10, channels: 3, background: '#888' } })
        .png()
        .toBuffer(),
    );
    const area = await scratch.file(
      'area.png',
      await sharp({ create: { width: 6000, height: 4600, channels: 3, background: '#888' } })
        .png()
        .toBuffer(),
    );
    const heavy = await scratch.file(
      'heavy.jpg',
      Buffer.concat([await sharp(portrait.png).jpeg().toBuffer(), Buffer.alloc(27 * 1024 * 1024)]),
    );
    const text = await scratch.file('notes.jpg', 'not a picture');
    const cut = await scratch.file('cut.jpg', (await sharp(portrait.png).jpeg().toBuffer()).subarray(0, 5_000));
    const gif = await scratch.file('anim.png', await sharp(portrait.png).resize(50).gif().toBuffer());
    const { files, failures } = await studio([large, photo, area, heavy, text, cut, gif], off);
    expect(files.map(({ name }) => name)).toEqual(['portrait.png']);
    expect(failures!.map(({ message }) => message)).toEqual([
      'large.png: is 6501 × 10 pixels; a side has at most 6500',
      'area.png: has 27,600,000 pixels; at most 27,000,000 are taken',
      expect.stringMatching(/^heavy.jpg: has 28,\d+,\d+ bytes; at most 28,311,552 \(27 MiB\) are taken$/),
      'notes.jpg: is not a JPEG, PNG or WebP picture',
      expect.stringMatching(/^cut.jpg: cannot be decoded: /),
      'anim.png: is not a JPEG, PNG or WebP picture but GIF',
    ]);
  });

  it('fails when no photo can be processed, and on bad parameters', async () => {
    const text = await scratch.file('notes.jpg', 'not a picture');
    await expect(studio([text], off)).rejects.toThrow('notes.jpg: is not a JPEG');
    await expect(studio(photo, { crop_size_x: 6400, crop_size_y: 6400 })).rejects.toThrow('at most 27,000,000');
    await expect(studio(photo, { color_red: 41 })).rejects.toThrow('parameter color_red must be at most 40');
    await expect(studio(photo, { pad_color: 'white' })).rejects.toThrow('pad_color');
  });

  it('converts grey, CMYK and transparent photos', async () => {
    const grey = await scratch.file('grey.jpg', await sharp(portrait.png).greyscale().jpeg().toBuffer());
    const cmyk = await scratch.file(
      'cmyk.jpg',
      await sharp(portrait.png).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    );
    const clear = await scratch.file(
      'clear.png',
      await sharp({ create: { width: 80, height: 60, channels: 4, background: { r: 200, g: 50, b: 50, alpha: 0.5 } } })
        .png()
        .toBuffer(),
    );
    const { files, failures } = await studio([grey, cmyk, clear], { ...off, enable_extract: true });
    expect(failures).toEqual([]);
    for (const file of files) expect((await raw(file)).channels).toBe(4);
    expect(disc(await raw(files[2]), 40, 30, 10)[3]).toBeCloseTo(128, 0);
    const opaque = await studio([cmyk], off);
    expect(meanDifference(await raw(portrait.png), await raw(opaque.files[0]))).toBeLessThan(12);
  });

  it('keeps the colour profile with the values it is meant for, or converts to sRGB', async () => {
    const source = await scratch.file(
      'p3.jpg',
      await sharp(portrait.png).withIccProfile('p3').jpeg({ quality: 97 }).toBuffer(),
    );
    const kept = (await studio(source, off)).files[0]!;
    const converted = (await studio(source, { ...off, enable_srgb_output: true })).files[0]!;
    expect((await sharp(kept.path).metadata()).icc).toEqual((await sharp(source).metadata()).icc);
    const values = async (path: string) => ({
      data: await sharp(path, { ignoreIcc: true }).raw().toBuffer(),
      width: portrait.width,
      height: portrait.height,
      channels: 3,
    });
    expect(meanDifference(await values(source), await values(kept.path))).toBeLessThan(1.5);
    expect(meanDifference(await values(source), await values(converted.path))).toBeGreaterThan(2);
    expect(meanDifference(await raw(source), await raw(converted))).toBeLessThan(2);
    for (const output_format of ['webp', 'png', 'tiff', 'avif']) {
      const file = (await studio(source, { ...off, output_format })).files[0]!;
      expect((await sharp(file.path).metadata()).icc?.length).toBe((await sharp(source).metadata()).icc?.length);
      expect(meanDifference(await raw(source), await raw(file))).toBeLessThan(3);
    }
  });

  it('carries EXIF over without orientation and thumbnail, and strips it when asked', async () => {
    const exif = { IFD0: { Copyright: 'Ada', Artist: 'Studio Nord' } };
    const source = await scratch.file('meta.png', await sharp(portrait.png).withExif(exif).png().toBuffer());
    const kept = await sharp((await studio(source, off)).files[0]!.path).metadata();
    expect(kept.exif!.toString('latin1')).toContain('Studio Nord');
    const stripped = await sharp(
      (await studio(source, { ...off, enable_strip_png_metadata: true })).files[0]!.path,
    ).metadata();
    expect(stripped.exif).toBeUndefined();
  });

  it.each(['jpeg', 'png', 'tiff'])('writes the resolution into %s', async (output_format) => {
    const { files } = await studio(photo, { ...off, output_format, output_dpi: 300 });
    expect((await sharp(files[0]!.path).metadata()).density).toBe(300);
  });

  it('reads a QR code and writes the wanted keys into the metadata', async () => {
    const code = Buffer.from(encodeQr('Artist=Jo Doe\nclass=7b\nsecret=x', 'svg', { scale: 6 }));
    const bytes = await sharp(portrait.png)
      .composite([
        { input: await sharp(code).resize(260).flatten({ background: '#fff' }).png().toBuffer(), left: 20, top: 20 },
      ])
      .jpeg()
      .toBuffer();
    const path = await scratch.file('qr.jpg', bytes);
    const { files, summary } = await studio(path, {
      ...off,
      enable_qr_code_parse: true,
      exif_keys: ['Artist', 'class'],
    });
    expect(summary!.photos).toMatchObject({ 'qr.jpg': { qrCode: 'Artist=Jo Doe\nclass=7b\nsecret=x' } });
    const text = (await sharp(files[0]!.path).metadata()).exif!.toString('latin1');
    expect(text).toContain('Jo Doe');
    expect(text).toContain('class=7b');
    expect(text).not.toContain('secret');
    expect(
      (await studio(photo, { ...off, enable_qr_code_parse: true, exif_keys: ['Artist'] })).summary!.photos,
    ).toMatchObject({ 'portrait.png': { qrCode: null } });
  });

  it('resizes inside, with padding, and covering', async () => {
    const size = async (parameters: Record<string, unknown>) =>
      raw((await studio(photo, { ...off, ...parameters })).files[0]);
    expect(await size({ resize_width: 300 })).toMatchObject({ width: 300, height: 400 });
    expect(await size({ resize_width: 600, resize_height: 400 })).toMatchObject({ width: 300, height: 400 });
    const padded = await size({ resize_width: 600, resize_height: 400, resize_fit: 'pad', pad_color: '#ff0000' });
    expect(padded).toMatchObject({ width: 600, height: 400 });
    expect(disc(padded, 50, 200, 20)).toEqual([255, 0, 0]);
    expect(await size({ resize_width: 500, resize_height: 200, resize_fit: 'cover' })).toMatchObject({
      width: 500,
      height: 200,
    });
  });

  it('straightens by the lines in the photo and by degrees, without empty corners', async () => {
    const bars = Array.from(
      { length: 30 },
      (_, i) => `<rect x="${i * 50}" y="100" width="22" height="800" fill="#fff"/>`,
    ).join('');
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1400" height="1000"><rect width="100%" height="100%" fill="#667"/><g transform="rotate(3.5 700 500)">${bars}</g></svg>`;
    const path = await scratch.file('tilted.png', await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer());
    const { files, summary } = await studio(path, { ...off, straighten: 'auto' });
    const { tilt } = (summary!.photos as Record<string, { tilt: number }>)['tilted.png']!;
    expect(tilt).toBeCloseTo(-3.5, 0);
    const out = await raw(files[0]);
    expect(Math.min(...out.data.subarray(0, 3), ...out.data.subarray(-3))).toBeGreaterThan(80);
    expect((await studio(photo, { ...off, straighten: 'auto' })).summary!.photos).not.toHaveProperty([
      'portrait.png',
      'tilt',
    ]);
    const turned = await raw((await studio(photo, { ...off, straighten: 'degrees', straighten_degrees: 10 })).files[0]);
    expect(turned.width).toBeLessThan(portrait.width);
  });

  it('lays text and picture watermarks over the output', async () => {
    const mark = await scratch.file(
      'mark.png',
      await sharp({ create: { width: 100, height: 100, channels: 3, background: '#ff0000' } })
        .png()
        .toBuffer(),
    );
    const both = await raw(
      (
        await studio(photo, {
          ...off,
          watermark_image: mark,
          watermark_position: 'top-left',
          watermark_opacity: 1,
          watermark_scale: 20,
        })
      ).files[0],
    );
    expect(disc(both, 13 + 66, 13 + 66, 30)).toEqual([255, 0, 0]);
    const text = await raw(
      (await studio(photo, { ...off, watermark_text: 'PROOF <1>', watermark_opacity: 0.8 })).files[0],
    );
    expect(meanDifference(await raw(photo), text)).toBeGreaterThan(0.1);
    expect(disc(text, 100, 100, 50)).toEqual(disc(await raw(photo), 100, 100, 50));
  });

  it('applies a lookup table in .cube format and says what is wrong with a bad one', async () => {
    const swap = [
      'LUT_3D_SIZE 2',
      ...[0, 1].flatMap((b) => [0, 1].flatMap((g) => [0, 1].map((r) => `${b} ${g} ${r}`))),
    ].join('\n');
    const lut = await scratch.file('swap.cube', swap);
    const out = await raw((await studio(photo, { enable_crop: false, color_preset: 'none', color_lut: lut })).files[0]);
    const [before, after] = [disc(await raw(photo), 60, 60, 20), disc(out, 60, 60, 20)];
    expect(after[0]).toBeCloseTo(before[2]!, 1);
    expect(after[2]).toBeCloseTo(before[0]!, 1);
    const bad = await scratch.file('bad.cube', 'LUT_3D_SIZE 2\n0 0 x\n');
    await expect(studio(photo, { color_lut: bad })).rejects.toThrow(
      "the lookup table's line 2 should hold three numbers",
    );
  });

  it('makes the composites itself when backgrounds are given, and only then', async () => {
    const red = await scratch.file(
      'red.png',
      await sharp({ create: { width: 300, height: 200, channels: 3, background: '#d01010' } })
        .png()
        .toBuffer(),
    );
    const replace = { ...off, enable_extract: true, replace_background: true, output_file_type: 'jpg' };
    const alone = await studio(photo, replace);
    expect(alone.files.map(({ output, name }) => [output, name])).toEqual([['photos', 'portrait.png']]);
    const { files } = await studio(photo, { ...replace, dual_file_output: true }, { backgrounds: [red, red] });
    expect(files.map(({ output, name }) => [output, name])).toEqual([
      ['composites', 'portrait.jpg'],
      ['composites', 'portrait (2).jpg'],
      ['photos', 'portrait (cut-out).png'],
    ]);
    const composite = await raw(files[0]);
    expect([composite.width, composite.height, composite.channels]).toEqual([portrait.width, portrait.height, 3]);
    const corner = disc(composite, 60, 60, 20);
    expect(corner[0]).toBeGreaterThan(190);
    expect(corner[2]).toBeLessThan(40);
  });

  it('takes models in place of the face search and the matting', async () => {
    // Its one box, whatever the picture: the left upper quarter.
    const face = await scratch.file(
      'face.onnx',
      onnxFile({
        inputs: { image: [1, 3, 32, 32] },
        outputs: { found: [1, 6, 5] },
        constants: {
          box: {
            dims: [1, 6, 5],
            values: [
              8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 0.9, 0.1, 0.1, 0.1, 0.1, 0, 0, 0, 0,
              0,
            ],
          },
          nothing: { dims: [1, 1, 1], values: [0] },
        },
        nodes: [
          { op: 'ReduceMean', inputs: ['image'], outputs: ['mean'], ints: { axes: [1, 2, 3], keepdims: 0 } },
          { op: 'Mul', inputs: ['mean', 'nothing'], outputs: ['zero'] },
          { op: 'Add', inputs: ['box', 'zero'], outputs: ['found'] },
        ],
      }),
    );
    const parameters = {
      ...off,
      enable_crop: true,
      crop_size_x: 300,
      crop_size_y: 300,
      face_model: face,
      face_model_spec: { labels: ['face', 'other'] },
    };
    const { summary } = await studio(photo, parameters);
    expect(summary!.photos).toMatchObject({
      'portrait.png': { face: { cx: expect.closeTo(165, 0), cy: expect.closeTo(220, 0) } },
    });
    // Alpha is the red channel.
    const matte = await scratch.file(
      'matte.onnx',
      onnxFile({
        inputs: { image: [1, 3, 'h', 'w'] },
        outputs: { alpha: [1, 1, 'h', 'w'] },
        constants: { weights: { dims: [1, 3, 1, 1], values: [1, 0, 0] } },
        nodes: [{ op: 'Conv', inputs: ['image', 'weights'], outputs: ['alpha'], ints: { kernel_shape: [1, 1] } }],
      }),
    );
    const { files } = await studio(photo, { ...off, enable_extract: true, matting_model: matte });
    const out = await raw(files[0]);
    const [red, , , alpha] = disc(out, portrait.face.cx, portrait.face.cy, 20);
    expect(Math.abs(alpha! - red!)).toBeLessThan(6);
    await expect(studio(photo, { ...off, matting_model: photo })).rejects.toThrow('the model cannot be loaded');
  });

  it('gives a whole batch one base look', async () => {
    const warm = await scratch.file(
      'warm.jpg',
      await sharp(portrait.png).linear([1.1, 1, 0.85], [0, 0, 0]).jpeg().toBuffer(),
    );
    const dark = await scratch.file('dark.jpg', await sharp(portrait.png).linear(0.7, 0).jpeg().toBuffer());
    const parameters = { enable_crop: false, print_color_params: true };
    const looks = async (extra: Record<string, unknown>) =>
      Object.values(
        (await studio([warm, dark, photo], { ...parameters, ...extra })).summary!.photos as Record<
          string,
          { baseLook: unknown }
        >,
      ).map(({ baseLook }) => JSON.stringify(baseLook));
    expect(new Set(await looks({})).size).toBe(3);
    expect(new Set(await looks({ batch_consistency: true })).size).toBe(1);
  });

  it('reports without images when only the report is wanted', async () => {
    const { files, summary } = await studio(photo, {
      enable_no_image_output: true,
      print_crop_params: true,
      print_color_params: true,
      color_red: 7,
    });
    expect(files).toEqual([]);
    expect(summary!.processed).toEqual({ color: 1, crop: 1, retouch: 0, extract: 0, total: 1 });
    expect(summary!.photos).toMatchObject({
      'portrait.png': { colorParams: { skylab: { red: 7 } }, cropParams: { x1: expect.any(Number) } },
    });
  });

  it('keeps names apart and stops when cancelled', async () => {
    const again = await scratch.file('PORTRAIT.PNG', portrait.png);
    const { files } = await studio([photo, again], off);
    expect(files.map(({ name }) => name)).toEqual(['portrait.png', 'PORTRAIT (2).PNG']);
    const signal = AbortSignal.abort();
    await expect(
      tryAnalytic('photo-studio', { inputs: { photos: photo }, outDir: await scratch.folder(), signal }),
    ).rejects.toThrow('aborted');
    expect((await readFile(files[0]!.path)).length).toBeGreaterThan(0);
  });
});
