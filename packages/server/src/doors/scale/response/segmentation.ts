import { eachRun, rasterize } from '@fovea/geometry';
import sharp from 'sharp';
import { colorOf } from '../../../labeling/recipes/colors.ts';
import { leaves } from '../../../labeling/task-types/labels.ts';
import type { Json, Work, WorkAnnotation } from '../../../labeling/task-types/work.ts';

/** Pictures larger than this have no counts of pixels in their response; their files are made all the same. */
const maxCountedPixels = 32_000_000;

interface Segment {
  label: string;
  index: number;
  color: string;
  instance: boolean;
  annotations: WorkAnnotation[];
}

/** What each index stands for: labels in the order of the parameters, each instance of a label with instances by itself; later ones lie on top. */
export function segmentsOf({ params, annotations }: Work): Segment[] {
  const known = leaves(params['labels']);
  const legacy = Array.isArray(params['instance_labels']) ? (params['instance_labels'] as unknown[]) : [];
  const isInstance = (label: string) => legacy.includes(label) || known.some((leaf) => leaf.choice === label && leaf.instances);
  const areas = annotations.filter(({ type }) => type !== 'classification' && type !== 'text');
  const labels = [...new Set([...known.map((leaf) => leaf.choice), ...areas.map((one) => one.label)])];
  let index = 0;
  return labels.flatMap((label): Segment[] => {
    const own = areas.filter((one) => one.label === label);
    const color = colorOf(label);
    if (isInstance(label)) return own.map((one) => ({ label, index: ++index, color, instance: true, annotations: [one] }));
    return [{ label, index: ++index, color, instance: false, annotations: own }];
  });
}

/** The index of each pixel, row by row; 0 is unlabeled. Later annotations cover earlier ones. */
export function paint(work: Work, segments: readonly Segment[]): Uint32Array {
  const { width, height } = work.media;
  const pixels = new Uint32Array(width * height);
  const indexOf = new Map(segments.flatMap((segment) => segment.annotations.map((one) => [one.id, segment.index])));
  for (const { id, geometry } of work.annotations) {
    const index = indexOf.get(id);
    const runs = index === undefined ? undefined : rasterize(geometry, { width, height });
    if (index === undefined || !runs || runs.width !== width || runs.height !== height) continue;
    // Runs go down the columns, the picture along the rows.
    eachRun(runs, (start, end) => {
      for (let at = start; at < end; at++) pixels[(at % height) * width + Math.floor(at / height)] = index;
    });
  }
  return pixels;
}

/** `labelMapping` of a response: index, colour and size of each label, of each instance in a list. */
export function labelMapping(work: Work): Json {
  const segments = segmentsOf(work);
  const { width, height } = work.media;
  const counts = new Uint32Array(segments.length + 1);
  const counted = width * height <= maxCountedPixels;
  if (counted) for (const index of paint(work, segments)) counts[index] = (counts[index] ?? 0) + 1;
  const entry = ({ index, color, annotations, instance }: Segment) => ({
    index,
    color,
    ...(counted ? { numPixels: counts[index] } : {}),
    ...(instance ? { uuid: annotations[0]?.id, attributes: annotations[0]?.attributes } : {}),
  });
  const mapping: Json = {};
  for (const segment of segments) {
    if (segment.instance) mapping[segment.label] = [...((mapping[segment.label] as unknown[] | undefined) ?? []), entry(segment)];
    else mapping[segment.label] = entry(segment);
  }
  return mapping;
}

/** The files of a segmentation by name, and where each stands in the response. */
export function segmentationFiles(work: Work, url: (file: string) => string): Json {
  const labeled: Json = {};
  for (const { label, index, instance } of segmentsOf(work)) {
    const address = url(`labeled-${index}.png`);
    labeled[label] = instance ? [...((labeled[label] as string[] | undefined) ?? []), address] : address;
  }
  const combined = { image: url('image.png'), indexedImage: url('indexed.png'), extendedIndexedImage: url('extended.png') };
  return { combined, labeled, unlabeled: url('unlabeled.png') };
}

/** Makes one of the files of {@link segmentationFiles}; undefined for a name that it does not have. */
export async function segmentationFile(work: Work, name: string): Promise<Buffer | undefined> {
  const segments = segmentsOf(work);
  const { width, height } = work.media;
  const pixels = () => paint(work, segments);
  const png = (data: Uint8Array, channels: 1 | 3 | 4) => sharp(data, { raw: { width, height, channels } }).toColourspace(channels === 1 ? 'b-w' : 'srgb').png({ compressionLevel: 6 }).toBuffer();
  const mask = (is: (index: number) => boolean) => png(Uint8Array.from(pixels(), (index) => (is(index) ? 255 : 0)), 1);
  const labeled = /^labeled-(\d{1,9})\.png$/.exec(name)?.[1];
  if (labeled !== undefined) {
    const wanted = Number(labeled);
    return segments.some((segment) => segment.index === wanted) ? mask((index) => index === wanted) : undefined;
  }
  switch (name) {
    case 'image.png':
      return png(colored(pixels(), segments), 4);
    case 'indexed.png':
      return segments.length < 256 ? png(Uint8Array.from(pixels()), 1) : deep(Uint16Array.from(pixels()), { width, height });
    case 'extended.png':
      return png(extended(pixels()), 3);
    case 'unlabeled.png':
      return mask((index) => index === 0);
    default:
      return undefined;
  }
}

/** One channel of 16 bits, for more indices than a byte holds. */
function deep(data: Uint16Array, size: { width: number; height: number }): Promise<Buffer> {
  return sharp(data, { raw: { ...size, channels: 1 } }).toColourspace('grey16').png({ compressionLevel: 6 }).toBuffer();
}

function colored(pixels: Uint32Array, segments: readonly Segment[]): Uint8Array {
  const colors = segments.map(({ color }) => Number.parseInt(color.slice(1), 16));
  const data = new Uint8Array(pixels.length * 4);
  pixels.forEach((index, at) => {
    if (index === 0) return;
    const color = colors[index - 1] ?? 0;
    data.set([color >> 16, (color >> 8) & 255, color & 255, 255], at * 4);
  });
  return data;
}

/** The index in 24 bits, red the least significant. */
function extended(pixels: Uint32Array): Uint8Array {
  const data = new Uint8Array(pixels.length * 3);
  pixels.forEach((index, at) => data.set([index & 255, (index >> 8) & 255, (index >> 16) & 255], at * 3));
  return data;
}

