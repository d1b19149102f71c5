import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disc, mean, meanDifference, raw, texture, type Raw } from '../test-support/pictures.ts';
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

const cheek = () => ({
  left: Math.round(portrait.face.cx + portrait.face.rx * 0.3),
  top: Math.round(portrait.face.cy + portrait.face.ry * 0.08),
  width: Math.round(portrait.face.rx * 0.45),
  height: Math.round(portrait.face.ry * 0.25),
});

describe('the observable guarantees of a profile', () => {
  it('leaves size and pixels alone when everything is off, for every format', async () => {
    const jpeg = await scratch.file('a.jpg', await sharp(portrait.png).jpeg({ quality: 92 }).toBuffer());
    const webp = await scratch.file('a.webp', await sharp(portrait.png).webp({ quality: 92 }).toBuffer());
    const { files } = await studio([photo, jpeg, webp], off);
    expect(files.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['portrait.png', 'image/png'],
      ['a.jpg', 'image/jpeg'],
      ['a.webp', 'image/webp'],
    ]);
    for (const [index, source] of [photo, jpeg, webp].entries()) {
      const [before, after] = [await raw(source), await raw(files[index])];
      expect([after.width, after.height]).toEqual([before.width, before.height]);
      expect(meanDifference(before, after)).toBeLessThan(2);
      expect((await sharp(files[index]!.path).metadata()).format).toBe(files[index]!.mediaType.slice(6));
    }
  });

  it.each([3, 6, 8])('shows a photo with EXIF orientation %i upright', async (orientation) => {
    // Undo the turn in the pixels, so that the tag puts it right again.
    const angle = { 3: 180, 6: 270, 8: 90 }[orientation]!;
    const bytes = await sharp(portrait.png)
      .rotate(angle)
      .jpeg({ quality: 95 })
      .withMetadata({ orientation })
      .toBuffer();
    const { files } = await studio(await scratch.file(`turned-${orientation}.jpg`, bytes), off);
    const after = await raw(files[0]);
    expect([after.width, after.height]).toEqual([portrait.width, portrait.height]);
    expect(meanDifference(await raw(portrait.png), after)).toBeLessThan(3);
    expect((await sharp(files[0]!.path).metadata()).orientation ?? 1).toBe(1);
  });

  it('crops portrait, landscape and small photos to exactly the wanted size', async () => {
    const landscape = await scratch.file('wide.png', (await drawPortrait({ width: 1500, height: 1000 })).png);
    const small = await scratch.file('small.png', await sharp(portrait.png).resize(120).png().toBuffer());
    for (const [width, height] of [
      [600, 750],
      [800, 400],
      [333, 1000],
    ] as const) {
      const { files, failures } = await studio([photo, landscape, small], { crop_size_x: width, crop_size_y: height });
      expect(failures).toEqual([]);
      for (const file of files) expect(await sharp(file.path).metadata()).toMatchObject({ width, height });
    }
  });

  it('puts the face where the crop wants it', async () => {
    const { summary } = await studio(photo, {
      ...off,
      enable_crop: true,
      crop_size_x: 800,
      crop_size_y: 1000,
      crop_scale: 55,
      print_crop_params: true,
    });
    const report = (summary!.photos as Record<string, { cropParams: Record<'x1' | 'y1' | 'x2' | 'y2', number> }>)[
      'portrait.png'
    ]!;
    const { x1, y1, x2, y2 } = report.cropParams;
    const head = portrait.face.cy + portrait.face.ry - portrait.headTop;
    expect((x2 - x1) / (y2 - y1)).toBeCloseTo(0.8, 2);
    expect((portrait.face.cx - x1) / (x2 - x1)).toBeCloseTo(0.5, 1);
    expect(Math.abs((portrait.face.cy - y1) / (y2 - y1) - 0.42)).toBeLessThan(0.04);
    expect(Math.abs(head / (y2 - y1) - 0.55)).toBeLessThan(0.06);
  });

  it('keeps the head-top margin free', async () => {
    const wanted = {
      ...off,
      enable_crop: true,
      crop_size_x: 600,
      crop_size_y: 600,
      crop_scale: 80,
      crop_position_y: 50,
      print_crop_params: true,
    };
    const window = async (extra: Record<string, unknown>) => {
      const { summary } = await studio(photo, { ...wanted, ...extra });
      return (summary!.photos as Record<string, { cropParams: { y1: number; y2: number } }>)['portrait.png']!
        .cropParams;
    };
    const tight = await window({});
    const free = await window({ enable_head_top: true, head_top_margin: 0.2 });
    expect((portrait.headTop - tight.y1) / (tight.y2 - tight.y1)).toBeLessThan(0.15);
    expect((portrait.headTop - free.y1) / (free.y2 - free.y1)).toBeGreaterThan(0.17);
  });

  it('moves red, saturation, contrast and gamma in the natural direction', async () => {
    const pair = async (name: string, low: number, high: number) => {
      const outputs = [];
      for (const value of [low, high]) {
        const { files } = await studio(photo, { enable_crop: false, [name]: value });
        outputs.push(await raw(files[0]));
      }
      return outputs as [Raw, Raw];
    };
    const chroma = (picture: Raw) => {
      let sum = 0;
      for (let p = 0; p < picture.data.length; p += 3) {
        const [r, g, b] = [picture.data[p]!, picture.data[p + 1]!, picture.data[p + 2]!];
        sum += Math.max(r, g, b) - Math.min(r, g, b);
      }
      return sum / (picture.data.length / 3);
    };
    const spread = (picture: Raw) => {
      const middle = mean(picture);
      return Math.sqrt(picture.data.reduce((sum, value) => sum + (value - middle) ** 2, 0) / picture.data.length);
    };
    const [lessRed, moreRed] = await pair('color_red', -40, 40);
    expect(mean(moreRed, 0) - mean(lessRed, 0)).toBeGreaterThan(50);
    expect(Math.abs(mean(moreRed, 2) - mean(lessRed, 2))).toBeLessThan(1);
    const [grey, vivid] = await pair('color_saturation', -50, 50);
    expect(chroma(grey)).toBeLessThan(1.5);
    expect(chroma(vivid)).toBeGreaterThan(50);
    const [flat, hard] = await pair('color_contrast', -40, 40);
    expect(spread(hard) / spread(flat)).toBeGreaterThan(1.5);
    const [dark, bright] = await pair('color_gamma', -0.5, 0.5);
    expect(mean(bright) - mean(dark)).toBeGreaterThan(40);
    const [light, dense] = await pair('color_density', -40, 40);
    expect(mean(light) - mean(dense)).toBeGreaterThan(50);
  });

  it('changes no pixel by color_* values while enable_color is false', async () => {
    const { files } = await studio(photo, { ...off, color_red: 40, color_saturation: -50, color_gamma: 0.5 });
    expect(meanDifference(await raw(photo), await raw(files[0]))).toBe(0);
  });

  it('cuts fine texture of blemished skin by more than 15 % and leaves the backdrop alone', async () => {
    const backdrop = { left: 20, top: 20, width: 200, height: 200 };
    const before = await texture(photo, cheek());
    for (const [parameters, share] of [
      [{}, 0.6],
      [{ enable_enhanced_retouch: true }, 0.5],
      [{ enable_retouch_full_body: true }, 0.6],
      [{ retouch_preset: 'light' }, 0.8],
    ] as const) {
      const { files } = await studio(photo, { ...off, enable_retouch: true, ...parameters });
      expect(await texture(files[0]!, cheek())).toBeLessThan(before * share);
      expect(await texture(files[0]!, backdrop)).toBeCloseTo(await texture(photo, backdrop), 5);
      const [old, now] = [
        disc(await raw(photo), portrait.face.cx, portrait.face.cy, portrait.face.rx),
        disc(await raw(files[0]), portrait.face.cx, portrait.face.cy, portrait.face.rx),
      ];
      for (let c = 0; c < 3; c++) expect(Math.abs(now[c]! - old[c]!)).toBeLessThan(4);
    }
  });

  it('keeps eyes sharp while it smooths skin', async () => {
    const { face } = portrait;
    const eye = {
      left: Math.round(face.cx - face.rx * 0.65),
      top: Math.round(face.cy - face.ry * 0.24),
      width: Math.round(face.rx * 0.46),
      height: Math.round(face.ry * 0.24),
    };
    const { files } = await studio(photo, { ...off, enable_retouch: true });
    expect(await texture(files[0]!, eye)).toBeGreaterThan((await texture(photo, eye)) * 0.9);
  });

  it('retouches skin where there is no face to find', async () => {
    const noise = Buffer.alloc(400 * 400 * 3);
    for (let i = 0; i < noise.length; i += 3) {
      const grain = Math.round(22 * Math.sin(i * 12.9898) * Math.cos(i * 0.37));
      for (const [c, value] of [214, 165, 135].entries()) noise[i + c] = value + grain;
    }
    const path = await scratch.file(
      'skin.png',
      await sharp(noise, { raw: { width: 400, height: 400, channels: 3 } })
        .png()
        .toBuffer(),
    );
    const rect = { left: 100, top: 100, width: 200, height: 200 };
    const { files } = await studio(path, { ...off, enable_retouch: true });
    expect(await texture(files[0]!, rect)).toBeLessThan((await texture(path, rect)) * 0.85);
  });

  it.each([
    ['blue', { backdrop: '#5b7fa6' }],
    ['green, graded', { backdrop: '#4fae5a', backdropEnd: '#2f7e3a' }],
    ['white', { backdrop: '#f2f2f2' }],
    ['dark', { backdrop: '#2b2d33', shirt: '#8a3a3a' }],
    ['dark skin on grey', { backdrop: '#b8b8b8', skin: '#6b4630' }],
  ] as const)('cuts a portrait out cleanly: %s backdrop', async (_, options) => {
    const drawn = await drawPortrait({ ...options, grain: 3 });
    const path = await scratch.file('cut.png', drawn.png);
    const { files } = await studio(path, { ...off, enable_extract: true });
    const out = await raw(files[0]);
    expect(files[0]).toMatchObject({ name: 'cut.png', mediaType: 'image/png' });
    expect([out.width, out.height, out.channels]).toEqual([drawn.width, drawn.height, 4]);
    for (const [x, y] of [
      [60, 60],
      [drawn.width - 60, 60],
      [60, 400],
      [drawn.width / 2, 60],
    ] as const)
      expect(disc(out, x, y, 40)[3]).toBeLessThan(2);
    expect(disc(out, drawn.face.cx, drawn.face.cy, drawn.face.rx * 0.8)[3]).toBeGreaterThan(253);
    expect(disc(out, drawn.face.cx, drawn.height - 80, 60)[3]).toBeGreaterThan(250);
    let soft = 0;
    for (let p = 3; p < out.data.length; p += 4) if (out.data[p]! > 20 && out.data[p]! < 235) soft += 1;
    expect(soft).toBeGreaterThan(200);
    expect(soft).toBeLessThan(out.width * out.height * 0.02);
  });

  it('crops and cuts out at once', async () => {
    const { files } = await studio(photo, { enable_extract: true, crop_size_x: 500, crop_size_y: 500 });
    const out = await raw(files[0]);
    expect([out.width, out.height, out.channels]).toEqual([500, 500, 4]);
    expect(disc(out, 20, 20, 10)[3]).toBeLessThan(3);
  });
});

describe('steps on faces', () => {
  it('whitens teeth, removes braces and glare where they are, and leaves other faces alone', async () => {
    const drawn = await drawPortrait({ smile: true, braces: true, glasses: true, grain: 2 });
    const smiling = await scratch.file('smile.png', drawn.png);
    const plain = await scratch.file('plain.png', (await drawPortrait({ grain: 2 })).png);
    const all = { ...off, enable_teeth: true, enable_braces: true, enable_glare: true };
    const { files, summary } = await studio([smiling, plain], all);
    const reports = summary!.photos as Record<string, { steps: string[] }>;
    expect(reports['smile.png']!.steps).toEqual(['glare', 'braces', 'teeth']);
    expect(reports['plain.png']!.steps).toEqual([]);
    expect(meanDifference(await raw(plain), await raw(files[1]))).toBe(0);
    const { cx, cy, rx, ry } = drawn.face;
    const [before, after] = [await raw(smiling), await raw(files[0])];
    const bracket = [cx + 0.5 * rx * 0.1, cy + ry * 0.52, 2] as const;
    expect(disc(after, ...bracket)[1]! - disc(before, ...bracket)[1]!).toBeGreaterThan(50);
    const tooth = [cx, cy + ry * 0.52 - ry * 0.05, 3] as const;
    const yellow = (pixel: number[]) => pixel[0]! - pixel[2]!;
    expect(yellow(disc(after, ...tooth))).toBeLessThan(yellow(disc(before, ...tooth)) * 0.7);
    const glare = [cx + rx * 0.42 + rx * 0.16, cy - ry * 0.12 + rx * 0.17, 3] as const;
    expect(disc(before, ...glare)[2]).toBeGreaterThan(245);
    expect(disc(after, ...glare)[2]).toBeLessThan(200);
  });

  it('takes spill off the edge, more of it with turbo', async () => {
    const drawn = await drawPortrait({ backdrop: '#30c040', shirt: '#c8c8c8', grain: 1 });
    const path = await scratch.file('green.png', drawn.png);
    const greenness = async (parameters: Record<string, unknown>) => {
      const { files } = await studio(path, { ...off, enable_extract: true, ...parameters });
      const out = await raw(files[0]);
      let sum = 0;
      let count = 0;
      for (let p = 0; p < out.data.length; p += 4) {
        if (out.data[p + 3]! < 60 || out.data[p + 3]! > 230) continue;
        sum += Math.max(0, out.data[p + 1]! - Math.max(out.data[p]!, out.data[p + 2]!));
        count += 1;
      }
      return sum / count;
    };
    const plain = await greenness({});
    const removed = await greenness({ remove_spill: true });
    const turbo = await greenness({ remove_spill: true, turbo_spill: true });
    expect(removed).toBeLessThan(plain * 0.7);
    expect(turbo).toBeLessThan(removed * 0.8);
  });
});
