// The options of teeth and glasses, and of what is written beside the pixels, through the door.
import { drawPortrait, type Portrait } from '@fovea/analytics/test-support/portraits.ts';
import { disc, meanDifference, raw } from '@fovea/analytics/test-support/pictures.ts';
import encodeQr from 'qr';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { off, useBench } from './testing/bench.ts';

const bench = useBench();
const slow = { timeout: 120_000 };

const yellow = (pixel: number[]) => pixel[0]! - pixel[2]!;
const tooth = ({ face: { cx, cy, ry } }: Portrait) => [cx, cy + ry * 0.47, 3] as const;
const bracket = ({ face: { cx, cy, rx, ry } }: Portrait) => [cx + 0.05 * rx, cy + ry * 0.52, 2] as const;
const shine = ({ face: { cx, cy, rx, ry } }: Portrait) => [cx + rx * 0.58, cy - ry * 0.12 + rx * 0.17, 3] as const;

test('enable_teeth: whitens teeth; a closed mouth stays as it is', slow, async () => {
  const { portrait, pictures } = bench();
  const smile = await drawPortrait({ smile: true });
  const [before, after] = await pictures(smile.png, {}, { enable_teeth: true });
  expect(yellow(disc(after!, ...tooth(smile))) / yellow(disc(before!, ...tooth(smile)))).toBeLessThan(0.7);
  const [closed] = await pictures(portrait.png, { enable_teeth: true });
  expect(meanDifference(await raw(portrait.png), closed!)).toBe(0);
});

test('enable_braces: removes dental braces; other mouths stay as they are', slow, async () => {
  const { portrait, pictures } = bench();
  const smile = await drawPortrait({ smile: true, braces: true });
  const [before, after] = await pictures(smile.png, {}, { enable_braces: true });
  expect(disc(after!, ...bracket(smile))[1]! - disc(before!, ...bracket(smile))[1]!).toBeGreaterThan(50);
  const [closed] = await pictures(portrait.png, { enable_braces: true });
  expect(meanDifference(await raw(portrait.png), closed!)).toBe(0);
});

test('enable_glare, enable_glare_combo: removes glare on glasses; the second only where there is some', slow, async () => {
  const { portrait, pictures } = bench();
  const glasses = await drawPortrait({ glasses: true });
  const [before, removed, combo] = await pictures(glasses.png, {}, { enable_glare: true }, { enable_glare_combo: true });
  expect(disc(before!, ...shine(glasses))[2]).toBeGreaterThan(245);
  for (const picture of [removed!, combo!]) expect(disc(picture, ...shine(glasses))[2]).toBeLessThan(200);
  for (const field of ['enable_glare', 'enable_glare_combo']) {
    const [without] = await pictures(portrait.png, { [field]: true });
    expect(meanDifference(await raw(portrait.png), without!)).toBe(0);
  }
});

test('print_crop_params: reports the window that was taken', slow, async () => {
  const { studio, portrait } = bench();
  const crop = { ...off, enable_crop: true, crop_size_x: 300, crop_size_y: 400 };
  const { picture, report } = await studio.output({ ...crop, print_crop_params: true }, portrait.png);
  const { x1, y1, x2, y2 } = report.cropParams;
  const again = await sharp(portrait.png).extract({ left: Math.round(x1), top: Math.round(y1), width: Math.round(x2 - x1), height: Math.round(y2 - y1) }).resize(300, 400, { fit: 'fill' }).png().toBuffer();
  expect(meanDifference(await raw(again), picture)).toBeLessThan(3);
  expect((await studio.output(crop, portrait.png)).report).not.toHaveProperty('cropParams');
});

test('print_color_params: reports the values that were used', slow, async () => {
  const { studio, portrait } = bench();
  const { report } = await studio.output({ ...off, enable_color: true, color_preset: 'own', color_red: 7, color_gamma: 0.2, print_color_params: true }, portrait.png);
  expect(report.colorParams).toMatchObject({ own: { red: 7, green: 0, blue: 0, density: 0, contrast: 0, gamma: 0.2, saturation: 0, shadowContrast: 0, midtoneContrast: 0, highlightContrast: 0 } });
});

test('enable_no_image_output: the job completes without images', slow, async () => {
  const { studio, portrait } = bench();
  const job = await studio.processed({ ...off, enable_no_image_output: true }, portrait.png);
  expect([job.state, job.photoDownloadUrls, job.photos[0].retouchedUrl]).toEqual(['complete', {}, '']);
});

test('enable_strip_png_metadata: PNG output carries none of the input’s metadata', slow, async () => {
  const { portrait, each } = bench();
  const photo = await sharp(portrait.png).withExif({ IFD0: { Artist: 'Studio Nord' } }).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>').png().toBuffer();
  const [kept, stripped] = await each(photo, {}, { enable_strip_png_metadata: true });
  expect(kept!.metadata.exif?.toString('latin1')).toContain('Studio Nord');
  expect([stripped!.metadata.exif, stripped!.metadata.xmp]).toEqual([undefined, undefined]);
  expect(stripped!.bytes.includes('Studio Nord')).toBe(false);
  expect(stripped!.picture.data.equals(kept!.picture.data)).toBe(true);
});

test('enable_srgb_output: converts to sRGB, else the colour profile of the photo is embedded', slow, async () => {
  const { portrait, each } = bench();
  const photo = await sharp(portrait.png).withIccProfile('p3').png().toBuffer();
  const [kept, converted] = await each(photo, {}, { enable_srgb_output: true });
  expect(kept!.metadata.icc).toEqual((await sharp(photo).metadata()).icc);
  expect(converted!.metadata.icc).not.toEqual(kept!.metadata.icc);
  const stored = async (bytes: Buffer) => ({ data: await sharp(bytes, { ignoreIcc: true }).raw().toBuffer(), width: portrait.width, height: portrait.height, channels: 3 });
  // The same to the eye, by other numbers.
  expect(meanDifference(await stored(photo), await stored(kept!.bytes))).toBeLessThan(1);
  expect(meanDifference(await stored(photo), await stored(converted!.bytes))).toBeGreaterThan(2);
  expect(meanDifference(await raw(photo), converted!.picture)).toBeLessThan(2);
});

test('enable_qr_code_parse, exif_keys: writes the listed keys of a QR code in the photo into the metadata', slow, async () => {
  const { portrait, studio } = bench();
  const code = Buffer.from(encodeQr('Artist=Jo Doe\nclass=7b\nsecret=x', 'svg', { scale: 6 }));
  const photo = await sharp(portrait.png).composite([{ input: await sharp(code).resize(260).flatten({ background: '#fff' }).png().toBuffer(), left: 20, top: 20 }]).jpeg().toBuffer();
  const { metadata } = await studio.output({ ...off, enable_qr_code_parse: true, exif_keys: ['Artist', 'class'] }, photo, 'photo.jpg');
  const text = metadata.exif?.toString('latin1') ?? '';
  expect([text.includes('Jo Doe'), text.includes('class=7b'), text.includes('secret')]).toEqual([true, true, false]);
  const { metadata: unread } = await studio.output({ ...off, exif_keys: ['Artist'] }, photo, 'photo.jpg');
  expect(unread.exif?.toString('latin1') ?? '').not.toContain('Jo Doe');
});
