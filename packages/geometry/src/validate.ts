import type { AnnotationGeometry, Keyframe, Xy } from '@fovea/contract';
import { bounds } from './measure.ts';
import { decodeRle, RleError } from './rle.ts';

/** What a geometry is checked against: the upright size in pixels, and the number of frames (1 for a still). */
export type MediaFacts = { width: number; height: number; frames?: number | undefined };

/**
 * How far a shape may reach outside the picture: one picture size on every side. Tools and models do let objects run
 * over the edge (a car half in the frame is often boxed whole), so being partly outside is no fault; reaching farther, or
 * lying outside as a whole, is a sign of wrong units or of another picture.
 */
const overhang = 1;

/**
 * What is wrong with a geometry on a given medium, as a sentence that begins with the place of the fault; undefined when
 * nothing is. Checked: numbers are finite; sizes are not negative; rings have three corners and lines two; shapes touch
 * the picture (`away`: they need not, as the object has left it) and reach no farther than its neighbourhood (see `overhang`); masks have the picture's size and runs that sum to it; spans are in order.
 */
export function geometryFault(geometry: AnnotationGeometry, media: MediaFacts, { away = false } = {}): string | undefined {
  return (
    notFinite(geometry, 'geometry') ??
    shapeFault(geometry) ??
    (geometry.type === 'mask' ? maskFault(geometry.rle, media) : placeFault(geometry, media, away))
  );
}

/** What is wrong with frames: a first or last frame past the end of the medium or in the wrong order. */
export function frameFault(frame: number | null, endFrame: number | null, media: MediaFacts): string | undefined {
  const frames = media.frames ?? 1;
  for (const [name, value] of [['frame', frame] as const, ['endFrame', endFrame] as const]) {
    if (value === null) continue;
    if (!Number.isInteger(value) || value < 0) return `${name} must be a whole number from 0, not ${value}`;
    if (value >= frames) return `${name} ${value} is past the last frame, ${frames - 1}`;
  }
  if (endFrame !== null && frame === null) return 'endFrame needs a frame';
  return frame !== null && endFrame !== null && endFrame < frame
    ? `endFrame ${endFrame} lies before frame ${frame}`
    : undefined;
}

/** What is wrong with the key frames of a track: none, not ascending, past the end, or a faulty geometry. */
export function keyframesFault(keyframes: readonly Keyframe[], media: MediaFacts): string | undefined {
  if (keyframes.length === 0) return 'keyframes must not be empty';
  let previous = -1;
  for (const [index, keyframe] of keyframes.entries()) {
    if (keyframe.frame <= previous) return `keyframes.${index}.frame ${keyframe.frame} does not come after ${previous}`;
    previous = keyframe.frame;
    const fault = frameFault(keyframe.frame, null, media) ?? geometryFault(keyframe.geometry, media, { away: keyframe.outside === true });
    if (fault !== undefined) return `keyframes.${index}: ${fault}`;
    if (keyframe.geometry.type !== keyframes[0]?.geometry.type)
      return `keyframes.${index}.geometry has another type than the first`;
  }
  return undefined;
}

function notFinite(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} must be a finite number`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const fault = notFinite(inner, `${path}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function shapeFault(geometry: AnnotationGeometry): string | undefined {
  switch (geometry.type) {
    case 'box':
    case 'rotated_box':
      return geometry.width < 0 || geometry.height < 0
        ? 'geometry must not have a negative width or height'
        : undefined;
    case 'ellipse':
      return geometry.rx < 0 || geometry.ry < 0 ? 'geometry must not have a negative radius' : undefined;
    case 'polygon':
      return (
        ringFault(geometry.points, 'geometry.points') ??
        firstFault(geometry.holes ?? [], (hole, i) => ringFault(hole, `geometry.holes.${i}`))
      );
    case 'polyline':
      return geometry.points.length < 2
        ? `geometry.points must have at least 2 points, not ${geometry.points.length}`
        : undefined;
    case 'cuboid':
      return cuboidFault(geometry);
    case 'keypoints':
      return firstFault(geometry.points, ({ name }, i) =>
        geometry.points.findIndex((other) => other.name === name) < i
          ? `geometry.points.${i} has the name ${name} a second time`
          : undefined,
      );
    case 'text': {
      const { start, end } = geometry;
      return start !== undefined && end !== undefined && end < start
        ? `geometry.end ${end} lies before start ${start}`
        : undefined;
    }
    default:
      return undefined;
  }
}

function firstFault<T>(list: readonly T[], check: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of list.entries()) {
    const fault = check(item, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function ringFault(ring: readonly Xy[], path: string): string | undefined {
  return ring.length < 3 ? `${path} must have at least 3 points, not ${ring.length}` : undefined;
}

function cuboidFault({ vertices, center, size }: Extract<AnnotationGeometry, { type: 'cuboid' }>): string | undefined {
  if (vertices === undefined) return center && size ? undefined : 'geometry must have vertices, or a center and a size';
  if (vertices.length !== 8) return `geometry.vertices must have 8 corners, not ${vertices.length}`;
  return size?.some((side) => side < 0) ? 'geometry.size must not be negative' : undefined;
}

function maskFault(rle: { size: [number, number]; counts: string | number[] }, media: MediaFacts): string | undefined {
  const [height, width] = rle.size;
  if (height !== media.height || width !== media.width) {
    return `geometry.rle has ${height} by ${width} pixels, the picture ${media.height} by ${media.width}`;
  }
  try {
    decodeRle(rle);
    return undefined;
  } catch (error) {
    if (error instanceof RleError) return `geometry.rle: ${error.message}`;
    throw error;
  }
}

function placeFault(geometry: AnnotationGeometry, { width, height }: MediaFacts, away: boolean): string | undefined {
  const box = bounds(geometry);
  if (box === undefined) return undefined;
  const fitsX = box.x >= -overhang * width && box.x + box.width <= (1 + overhang) * width;
  const fitsY = box.y >= -overhang * height && box.y + box.height <= (1 + overhang) * height;
  const touches = box.x <= width && box.x + box.width >= 0 && box.y <= height && box.y + box.height >= 0;
  if (fitsX && fitsY && (touches || away)) return undefined;
  const where = `(${box.x}, ${box.y}) to (${box.x + box.width}, ${box.y + box.height})`;
  return `geometry reaches from ${where}, ${fitsX && fitsY ? 'wholly' : 'far'} outside the picture of ${width} by ${height} pixels`;
}
