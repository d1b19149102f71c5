import decodeQr from 'qr/decode.js';
import sharp from 'sharp';
import { isExifTextTag } from './exif.ts';

/** Longer side in pixels at which codes are looked for, coarse first. */
const readSides = [1_000, 2_000];

/** The text of a QR code in the photo (ISO/IEC 18004), or null. */
export async function readQrCode(path: string): Promise<string | null> {
  for (const side of readSides) {
    const { data, info } = await sharp(path)
      .autoOrient()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    try {
      return decodeQr({ width: info.width, height: info.height, data }, { format: 'RGBA', timeLimit: 400 });
    } catch {
      // The decoder throws where it finds no code: then the larger picture is tried.
    }
  }
  return null;
}

/** Fields in the text of a code: a JSON object, or `key=value` and `key: value` pairs on lines or parted by `;` or `&`. */
export function qrFields(text: string): Record<string, string> {
  const json = parseObject(text);
  if (json !== null)
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
    );
  const fields: Record<string, string> = {};
  for (const part of text.split(/[\n;&]/)) {
    const match = /^\s*([A-Za-z][\w .-]*?)\s*[=:]\s*(.+?)\s*$/.exec(part);
    if (match?.[1] !== undefined && match[2] !== undefined) fields[match[1]] = match[2];
  }
  return fields;
}

function parseObject(text: string): Record<string, unknown> | null {
  if (!text.trimStart().startsWith('{')) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null; // Text that only looks like JSON is read as pairs.
  }
}

/**
 * The EXIF text tags for the wanted keys: a key that is the name of a tag sets it, the others go into ImageDescription as
 * `key=value`. A code without fields gives its whole text to the first key.
 */
export function qrTags(text: string, keys: string[]): Record<string, string> {
  const fields = qrFields(text);
  const first = keys[0];
  if (Object.keys(fields).length === 0 && first !== undefined) fields[first] = text;
  const tags: Record<string, string> = {};
  const others: string[] = [];
  for (const key of keys) {
    const value = fields[key];
    if (value === undefined) continue;
    if (isExifTextTag(key)) tags[key] = value;
    else others.push(`${key}=${value}`);
  }
  if (others.length > 0)
    tags.ImageDescription = [...(tags.ImageDescription === undefined ? [] : [tags.ImageDescription]), ...others].join(
      '; ',
    );
  return tags;
}
