type PixelSize = { width: number; height: number };

/**
 * The upright size of a picture from the first bytes of its file: PNG, JPEG (turned by EXIF orientation 5 to 8), GIF,
 * BMP, WebP, TIFF. Undefined for anything else, or when the bytes end before the size.
 */
export function imageSize(bytes: Uint8Array): PixelSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const size = pngSize(view) ?? gifSize(view) ?? bmpSize(view) ?? webpSize(view) ?? jpegSize(view) ?? tiffSize(view);
    return size && size.width > 0 && size.height > 0 ? size : undefined;
  } catch (error) {
    // Reading past the end of the bytes, which is how a cut-off header shows itself.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function hasText(view: DataView, at: number, text: string): boolean {
  if (at + text.length > view.byteLength) return false;
  for (let i = 0; i < text.length; i += 1) if (view.getUint8(at + i) !== text.charCodeAt(i)) return false;
  return true;
}

function pngSize(view: DataView): PixelSize | undefined {
  if (!hasText(view, 1, 'PNG\r\n') || !hasText(view, 12, 'IHDR')) return undefined;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function gifSize(view: DataView): PixelSize | undefined {
  return hasText(view, 0, 'GIF8') ? { width: view.getUint16(6, true), height: view.getUint16(8, true) } : undefined;
}

function bmpSize(view: DataView): PixelSize | undefined {
  return hasText(view, 0, 'BM')
    ? { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) }
    : undefined;
}

function webpSize(view: DataView): PixelSize | undefined {
  if (!hasText(view, 0, 'RIFF') || !hasText(view, 8, 'WEBP')) return undefined;
  if (hasText(view, 12, 'VP8X'))
    return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
  if (hasText(view, 12, 'VP8L')) {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  return hasText(view, 12, 'VP8 ')
    ? { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    : undefined;
}

/** Walks the segments of a JPEG (ITU T.81, B.1) to the frame header, past an EXIF block if there is one. */
function jpegSize(view: DataView): PixelSize | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  let [at, isTurned] = [2, false];
  for (;;) {
    while (view.getUint8(at) === 0xff && view.getUint8(at + 1) === 0xff) at += 1;
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return isTurned ? { width: height, height: width } : { width, height };
    }
    if (marker === 0xe1 && hasText(view, at + 4, 'Exif\0\0')) isTurned = exifOrientation(view, at + 10) >= 5;
    const hasLength = !(marker >= 0xd0 && marker <= 0xd9) && marker !== 0x01;
    at += 2 + (hasLength ? Math.max(2, view.getUint16(at + 2)) : 0);
  }
}

function exifOrientation(view: DataView, tiffAt: number): number {
  return tiffTags(view, tiffAt).get(0x0112) ?? 1;
}

function tiffSize(view: DataView): PixelSize | undefined {
  if (!hasText(view, 0, 'II*\0') && !hasText(view, 0, 'MM\0*')) return undefined;
  const tags = tiffTags(view, 0);
  const [width, height] = [tags.get(0x0100) ?? 0, tags.get(0x0101) ?? 0];
  return (tags.get(0x0112) ?? 1) >= 5 ? { width: height, height: width } : { width, height };
}

/** The whole-number tags of the first directory of a TIFF (TIFF 6.0, §2). */
function tiffTags(view: DataView, start: number): Map<number, number> {
  const tags = new Map<number, number>();
  const little = hasText(view, start, 'II');
  const directory = start + view.getUint32(start + 4, little);
  const count = view.getUint16(directory, little);
  for (let entry = 0; entry < count; entry += 1) {
    const at = directory + 2 + entry * 12;
    const kind = view.getUint16(at + 2, little);
    if (kind === 3) tags.set(view.getUint16(at, little), view.getUint16(at + 8, little));
    if (kind === 4) tags.set(view.getUint16(at, little), view.getUint32(at + 8, little));
  }
  return tags;
}
