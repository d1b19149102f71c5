// The options of colour, by what they promise of the pixels, through the door.
import { drawPortrait } from '@fovea/analytics/test-support/portraits.ts';
import { disc, mean, meanDifference, raw, type Raw } from '@fovea/analytics/test-support/pictures.ts';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { paint, useBench } from './testing/bench.ts';

const bench = useBench();
const slow = { timeout: 120_000 };

const plain = { enable_color: true, color_preset: 'none' };

/** How far a picture is on average from what a formula makes of the values of another. */
function offFormula(before: Raw, after: Raw, formula: (value: number) => number): number {
  let sum = 0;
  for (const [at, value] of before.data.entries()) sum += Math.abs(after.data[at]! - Math.min(255, Math.max(0, formula(value))));
  return sum / before.data.length;
}

test('enable_color: while false none of the values changes a pixel', slow, async () => {
  const { portrait, pictures } = bench();
  const values = { color_red: 40, color_green: -40, color_density: 40, color_contrast: 40, color_gamma: 0.5, color_saturation: 50, color_shadow_contrast: 20, color_preset: 'skylab' };
  const [without, withThem] = await pictures(portrait.png, values, { ...values, enable_color: true });
  expect(meanDifference(await raw(portrait.png), without!)).toBe(0);
  expect(meanDifference(await raw(portrait.png), withThem!)).toBeGreaterThan(20);
});

test('color_preset: skylab is automatic exposure and white balance, another name no base look', slow, async () => {
  const { pictures } = bench();
  const dull = await sharp((await drawPortrait({ backdrop: '#b9b9b9' })).png).linear([0.72, 0.66, 0.56], [0, 0, 0]).png().toBuffer();
  const [automatic, none] = await pictures(dull, { enable_color: true, color_preset: 'skylab' }, plain);
  expect(meanDifference(await raw(dull), none!)).toBe(0);
  expect(mean(automatic!) - mean(none!)).toBeGreaterThan(10);
  const cast = (picture: Raw) => disc(picture, 60, 60, 40)[0]! / disc(picture, 60, 60, 40)[2]!;
  expect(cast(none!)).toBeGreaterThan(1.25);
  expect(cast(automatic!)).toBeLessThan(1.15);
});

for (const [channel, field] of ['color_red', 'color_green', 'color_blue'].entries()) {
  test(`${field}: adds to that channel and to no other`, slow, async () => {
    const { portrait, pictures } = bench();
    const [before, more, less] = await pictures(portrait.png, plain, { ...plain, [field]: 20 }, { ...plain, [field]: -20 });
    for (let c = 0; c < 3; c++) {
      const off20 = c === channel ? 20 : 0;
      const means = [mean(more!, c) - mean(before!, c), mean(before!, c) - mean(less!, c)];
      for (const moved of means) expect(Math.abs(moved - off20)).toBeLessThan(1.5);
    }
  });
}

test('color_density: positive is darker', slow, async () => {
  const { portrait, pictures } = bench();
  const [before, dense, thin] = await pictures(portrait.png, plain, { ...plain, color_density: 25 }, { ...plain, color_density: -25 });
  expect(offFormula(before!, dense!, (v) => v - 25)).toBeLessThan(1);
  expect(offFormula(before!, thin!, (v) => v + 25)).toBeLessThan(1);
});

test('color_contrast: spread around mid grey', slow, async () => {
  const { portrait, pictures } = bench();
  const [before, hard, flat] = await pictures(portrait.png, plain, { ...plain, color_contrast: 30 }, { ...plain, color_contrast: -30 });
  expect(offFormula(before!, hard!, (v) => (v - 128) * 1.3 + 128)).toBeLessThan(1);
  expect(offFormula(before!, flat!, (v) => (v - 128) * 0.7 + 128)).toBeLessThan(1);
});

test('color_gamma: positive brightens the midtones; black and white stay', slow, async () => {
  const { pictures } = bench();
  const ramp = await paint(256, 16, (x) => [x, x, x]);
  const [bright, dark] = await pictures(ramp, { ...plain, color_gamma: 0.4 }, { ...plain, color_gamma: -0.4 });
  expect(offFormula(await raw(ramp), bright!, (v) => 255 * (v / 255) ** (1 / 1.4))).toBeLessThan(1);
  expect(offFormula(await raw(ramp), dark!, (v) => 255 * (v / 255) ** (1 / 0.6))).toBeLessThan(1);
  for (const picture of [bright!, dark!]) expect([picture.data[0], picture.data[255 * picture.channels]]).toEqual([0, 255]);
});

test('color_saturation: −50 is grey, 50 twice the chroma', slow, async () => {
  const { pictures } = bench();
  const muted = await paint(64, 64, (x, y) => [110 + (x % 32), 120, 100 + (y % 32)]);
  const [before, grey, vivid] = await pictures(muted, plain, { ...plain, color_saturation: -50 }, { ...plain, color_saturation: 50 });
  const chroma = (picture: Raw) => mean(picture, 0) - mean(picture, 2);
  for (let at = 0; at < grey!.data.length; at += grey!.channels) expect(Math.max(...grey!.data.subarray(at, at + 3)) - Math.min(...grey!.data.subarray(at, at + 3))).toBeLessThan(2);
  expect(chroma(vivid!) / chroma(before!)).toBeCloseTo(2, 1);
});

for (const [third, field] of ['color_shadow_contrast', 'color_midtone_contrast', 'color_highlight_contrast'].entries()) {
  test(`${field}: contrast inside that tonal third only`, slow, async () => {
    const { pictures } = bench();
    const ramp = await paint(256, 16, (x) => [x, x, x]);
    const [more, less] = await pictures(ramp, { ...plain, [field]: 20 }, { ...plain, [field]: -20 });
    const at = (picture: Raw, x: number) => picture.data[x * picture.channels]!;
    for (let x = 0; x < 256; x++) if (x < third * 85 - 1 || x > third * 85 + 86) expect([at(more!, x), at(less!, x)]).toEqual([x, x]);
    const [low, high] = [third * 85 + 25, third * 85 + 60];
    expect(at(more!, high) - at(more!, low)).toBeGreaterThan(high - low + 5);
    expect(at(less!, high) - at(less!, low)).toBeLessThan(high - low - 5);
  });
}
