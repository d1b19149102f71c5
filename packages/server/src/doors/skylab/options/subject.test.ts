// The options of crop, retouch and background, by what they promise of the pixels, through the door.
import { drawPortrait, type Portrait } from '@fovea/analytics/test-support/portraits.ts';
import { disc, texture, type Raw } from '@fovea/analytics/test-support/pictures.ts';
import { randomNumbers } from '@fovea/analytics/test-support/random.ts';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { findColour, off, useBench, type Output } from './testing/bench.ts';

const bench = useBench();
const slow = { timeout: 120_000 };

const lips = (picture: Raw) => findColour(picture, (r, g, b) => r > 140 && r - g > 70 && r - b > 70);

test('enable_crop, crop_size_x, crop_size_y: the output has exactly this size, never padded nor distorted', slow, async () => {
  const { studio, portrait, pictures } = bench();
  const wide = (await drawPortrait({ width: 900, height: 600 })).png;
  for (const photo of [portrait.png, wide]) {
    for (const [width, height] of [[300, 400], [700, 280], [1_200, 1_200]] as const) {
      const { picture } = await studio.output({ enable_color: false, crop_size_x: width, crop_size_y: height }, photo);
      expect([picture.width, picture.height, picture.channels]).toEqual([width, height, 3]);
      // The mouth is as wide to its height as it was drawn: 0.42 of 3/4 of the height of the face by 0.07 of it.
      const { width: wideness, height: high } = lips(picture);
      expect(wideness / high / ((0.42 * 0.75) / 0.07)).toBeGreaterThan(0.8);
      expect(wideness / high / ((0.42 * 0.75) / 0.07)).toBeLessThan(1.25);
    }
  }
  const [uncropped] = await pictures(portrait.png, { crop_size_x: 300, crop_size_y: 400 });
  expect([uncropped!.width, uncropped!.height]).toEqual([portrait.width, portrait.height]);
});

/** Where the mouth lies in a crop: its middle and width as shares of the output. */
async function mouthIn(fields: object): Promise<{ x: number; y: number; width: number }> {
  const { studio, portrait } = bench();
  const { picture } = await studio.output({ ...off, enable_crop: true, crop_size_x: 450, crop_size_y: 600, ...fields }, portrait.png);
  const { x, y, width } = lips(picture);
  return { x: x / picture.width, y: y / picture.height, width: width / picture.width };
}
/** What a head takes that is drawn: from the top of the hair to the chin. */
const headHeight = ({ face, headTop }: Portrait) => face.cy + face.ry - headTop;

test('crop_position_x, crop_position_y: where the face centre lands, in percent', slow, async () => {
  const { portrait } = bench();
  const [left, right] = await Promise.all([mouthIn({ crop_scale: 60, crop_position_x: 40, crop_position_y: 55 }), mouthIn({ crop_scale: 60, crop_position_x: 60, crop_position_y: 40 })]);
  const down = (0.52 * portrait.face.ry) / (headHeight(portrait) / 0.6);
  expect([Math.abs(left.x - 0.4) < 0.04, Math.abs(right.x - 0.6) < 0.04]).toEqual([true, true]);
  expect([Math.abs(left.y - 0.55 - down) < 0.05, Math.abs(right.y - 0.4 - down) < 0.05]).toEqual([true, true]);
});

test('crop_scale: head height in percent of the output height; larger is tighter', slow, async () => {
  const { portrait } = bench();
  const [loose, tight] = await Promise.all([mouthIn({ crop_scale: 45 }), mouthIn({ crop_scale: 75 })]);
  expect(tight.width / loose.width).toBeGreaterThan(1.5);
  expect(tight.width / loose.width).toBeLessThan(1.85);
  const wanted = (0.84 * portrait.face.rx) / ((headHeight(portrait) / 0.75) * 0.75);
  expect(tight.width / wanted).toBeGreaterThan(0.85);
  expect(tight.width / wanted).toBeLessThan(1.15);
});

test('enable_head_top, head_top_margin: at least this share stays free above the head', slow, async () => {
  const { studio, portrait } = bench();
  const crop = { ...off, enable_crop: true, crop_size_x: 400, crop_size_y: 400, crop_scale: 80, crop_position_y: 45 };
  const hair = ({ height, ...picture }: Raw) => findColour({ height, ...picture }, (r, g, b) => r < 95 && g < 75 && b < 65 && r > b + 10).top / height;
  const [tight, free] = await Promise.all([{}, { enable_head_top: true, head_top_margin: 0.2 }].map(async (more) => hair((await studio.output({ ...crop, ...more }, portrait.png)).picture)));
  expect(tight).toBeLessThan(0.15);
  expect(free).toBeGreaterThan(0.17);
});

/** A cheek, and skin far from the face with the same spots. */
const cheek = ({ face }: Portrait) => ({ left: Math.round(face.cx + face.rx * 0.3), top: Math.round(face.cy + face.ry * 0.08), width: Math.round(face.rx * 0.45), height: Math.round(face.ry * 0.25) });
const arm = { left: 30, top: 690, width: 110, height: 160 };
async function withArm(blemished: Portrait): Promise<Buffer> {
  const random = randomNumbers(5);
  const spots = Array.from({ length: 40 }, () => `<circle cx="${random() * arm.width}" cy="${random() * arm.height}" r="${1 + random() * 2}" fill="#b5704f" opacity="0.8"/>`).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${arm.width}" height="${arm.height}"><rect width="100%" height="100%" rx="30" fill="#e0ac88"/>${spots}</svg>`;
  return sharp(blemished.png).composite([{ input: Buffer.from(svg), left: arm.left, top: arm.top }]).png().toBuffer();
}
const textures = async (outputs: Output[], area: Parameters<typeof texture>[1]) => Promise.all(outputs.map(({ bytes }) => texture(bytes, area)));
const inner = { left: arm.left + 25, top: arm.top + 25, width: arm.width - 50, height: arm.height - 50 };

test('enable_retouch, enable_retouch_full_body: smooths facial skin, or all exposed skin; the backdrop stays', slow, async () => {
  const { blemished, each } = bench();
  const outputs = await each(await withArm(blemished), {}, { enable_retouch: true }, { enable_retouch: true, enable_retouch_full_body: true }, { enable_retouch_full_body: true });
  const [before, face, body, alone] = await textures(outputs, cheek(blemished));
  expect(face! / before!).toBeLessThan(0.6);
  expect(body! / before!).toBeLessThan(0.6);
  const [skin, skinByFace, skinByBody] = await textures(outputs, inner);
  expect(skinByFace! / skin!).toBeGreaterThan(0.9);
  expect(skinByBody! / skin!).toBeLessThan(0.7);
  // It needs the other.
  expect(alone).toBe(before);
  const [wall, wallAfter, wallByBody] = await textures(outputs, { left: 20, top: 20, width: 150, height: 150 });
  expect([wallAfter, wallByBody]).toEqual([wall, wall]);
});

test('enable_enhanced_retouch, retouch_preset: stronger, and lighter', slow, async () => {
  const { blemished, each } = bench();
  const outputs = await each(blemished.png, {}, { enable_retouch: true, retouch_preset: 'light' }, { enable_retouch: true }, { enable_retouch: true, enable_enhanced_retouch: true });
  const [before, light, usual, enhanced] = await textures(outputs, cheek(blemished));
  expect(light! / before!).toBeLessThan(0.85);
  expect(usual!).toBeLessThan(light!);
  expect(enhanced!).toBeLessThan(usual!);
});

test('enable_extract: the subject is cut out: alpha, a transparent backdrop, a soft edge, the same size', slow, async () => {
  const { studio, portrait } = bench();
  for (const [photo, name] of [[portrait.png, 'a.png'], [await sharp(portrait.png).jpeg({ quality: 95 }).toBuffer(), 'a.jpg']] as const) {
    const { picture, mediaType } = await studio.output({ ...off, enable_extract: true }, photo, name);
    expect([mediaType, picture.width, picture.height, picture.channels]).toEqual(['image/png', portrait.width, portrait.height, 4]);
    expect(disc(picture, 60, 60, 40)[3]).toBeLessThan(3);
    expect(disc(picture, portrait.face.cx, portrait.face.cy, portrait.face.rx * 0.8)[3]).toBeGreaterThan(252);
  }
});

test('remove_spill, turbo_spill: takes the backdrop’s colour off the edge; turbo more, and only with the other', slow, async () => {
  const { pictures } = bench();
  const { png } = await drawPortrait({ backdrop: '#30c040', shirt: '#c8c8c8', grain: 1 });
  const greenness = ({ data }: Raw) => {
    let [sum, count] = [0, 0];
    for (let p = 0; p < data.length; p += 4) {
      if (data[p + 3]! < 60 || data[p + 3]! > 230) continue;
      sum += Math.max(0, data[p + 1]! - Math.max(data[p]!, data[p + 2]!));
      count += 1;
    }
    return sum / count;
  };
  const cut = { enable_extract: true };
  const [left, removed, turbo, alone] = (await pictures(png, cut, { ...cut, remove_spill: true }, { ...cut, remove_spill: true, turbo_spill: true }, { ...cut, turbo_spill: true })).map(greenness);
  expect(removed! / left!).toBeLessThan(0.7);
  expect(turbo! / removed!).toBeLessThan(0.8);
  expect(alone).toBe(left);
});

test('replace_background, dual_file_output, output_file_type: the clients composite: the one output has four bands', slow, async () => {
  const { studio, portrait, pictures } = bench();
  const [cut] = await pictures(portrait.png, { enable_extract: true });
  for (const output_file_type of ['png', 'jpg', 'psd', 'dp2_jpg']) {
    const output = await studio.output({ ...off, enable_extract: true, replace_background: true, dual_file_output: true, output_file_type }, portrait.png);
    expect([Object.keys(output.job.photoDownloadUrls), output.mediaType, output.picture.channels]).toEqual([['photo.png'], 'image/png', 4]);
    expect(output.picture.data.equals(cut!.data)).toBe(true);
  }
  expect((await studio.call('POST', '/profiles', { name: 'x', output_file_type: 'gif' })).status).toBe(422);
});
