import readExif from 'exif-reader';

export interface ExifFacts {
  /** When the picture was taken: with the zone when the camera noted it, else local time without one. */
  capturedAt?: string;
  camera?: { make?: string; model?: string; lens?: string };
  /** Seconds, f-number, ISO speed, millimetres. */
  exposure?: { seconds?: number; fNumber?: number; iso?: number; focalLength?: number };
  /** Degrees, north and east positive; metres above the sea. */
  location?: { latitude: number; longitude: number; altitude?: number };
}

/** What a camera noted in a picture (CIPA DC-008, Exif 2.32). A damaged block gives nothing. */
export function readExifFacts(block: Uint8Array): ExifFacts {
  try {
    const { Image: image, Photo: photo, GPSInfo: gps } = readExif(Buffer.from(block.buffer, block.byteOffset, block.length));
    return withoutEmpty({
      capturedAt: captureTime(photo?.DateTimeOriginal ?? image?.DateTime, photo?.OffsetTimeOriginal ?? photo?.OffsetTime),
      camera: withoutEmpty({ make: text(image?.Make), model: text(image?.Model), lens: text(photo?.LensModel) }),
      exposure: withoutEmpty({
        seconds: number(photo?.ExposureTime),
        fNumber: number(photo?.FNumber),
        iso: number(photo?.ISOSpeedRatings ?? photo?.PhotographicSensitivity),
        focalLength: number(photo?.FocalLength),
      }),
      location: gps && readLocation(gps),
    });
  } catch {
    // The block is a side note: a picture with a damaged one is still a picture, only nothing is known of its camera.
    return {};
  }
}

function withoutEmpty<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value))) as never;
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return clean === '' ? undefined : clean.slice(0, 200);
}

function number(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'number' && Number.isFinite(first) ? first : undefined;
}

/** The reader gives the camera's clock as if it stood in UTC. */
function captureTime(clock: unknown, offset: unknown): string | undefined {
  if (!(clock instanceof Date) || Number.isNaN(clock.getTime())) return undefined;
  const local = clock.toISOString().slice(0, 19);
  const zone = typeof offset === 'string' ? /^[+-]\d\d:\d\d/.exec(offset)?.[0] : undefined;
  return zone === undefined ? local : `${local}${zone}`;
}

function readLocation(gps: Record<string, unknown>): ExifFacts['location'] {
  const latitude = degrees(gps['GPSLatitude'], gps['GPSLatitudeRef'], 'S');
  const longitude = degrees(gps['GPSLongitude'], gps['GPSLongitudeRef'], 'W');
  if (latitude === undefined || longitude === undefined || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined;
  const height = number(gps['GPSAltitude']);
  const isBelow = number(gps['GPSAltitudeRef']) === 1;
  return { latitude, longitude, ...(height === undefined ? {} : { altitude: isBelow ? -height : height }) };
}

function degrees(value: unknown, reference: unknown, negative: string): number | undefined {
  if (!Array.isArray(value) || value.length !== 3 || !value.every((part) => typeof part === 'number' && Number.isFinite(part))) return undefined;
  const [whole = 0, minutes = 0, seconds = 0] = value as number[];
  const size = whole + minutes / 60 + seconds / 3600;
  return Math.round((reference === negative ? -size : size) * 1e7) / 1e7;
}
