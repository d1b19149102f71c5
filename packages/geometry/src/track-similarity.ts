import type { AnnotationContent, AnnotationGeometry } from '@fovea/contract';
import { similarity, type SimilarityOptions } from './similarity.ts';
import { interpolate } from './tracks.ts';

/** Where and when an object is. */
export type Placed = Pick<AnnotationContent, 'geometry' | 'frame' | 'endFrame' | 'keyframes'>;

/** Longer tracks are compared on so many frames, evenly apart. */
const maxFrames = 64;

/**
 * How alike two objects are, from 0 to 1: stills by `similarity`, tracks by its mean over the frames on which one of the two is in the picture,
 * 0 where the other is not. Whoever sets other key frames for the same movement is fully alike.
 */
export function annotationSimilarity(a: Placed, b: Placed, options: SimilarityOptions = {}): number {
  if (!a.keyframes && !b.keyframes) return similarity(a.geometry, b.geometry, options);
  const [one, other] = [stretchOf(a), stretchOf(b)];
  if (!one || !other) return 0;
  const [from, to] = [Math.min(one.from, other.from), Math.max(one.to, other.to)];
  const count = Math.min(maxFrames, to - from + 1);
  let [sum, seen] = [0, 0];
  for (let index = 0; index < count; index++) {
    const frame = count === 1 ? from : Math.round(from + ((to - from) * index) / (count - 1));
    const [mine, theirs] = [placeAt(a, one, frame), placeAt(b, other, frame)];
    if (mine || theirs) seen += 1;
    if (mine && theirs) sum += similarity(mine, theirs, options);
  }
  return seen === 0 ? 0 : sum / seen;
}

interface Stretch {
  from: number;
  to: number;
}

function stretchOf({ frame, endFrame, keyframes }: Placed): Stretch | undefined {
  const from = keyframes?.[0]?.frame ?? frame;
  if (from === null) return undefined;
  return { from, to: endFrame ?? keyframes?.at(-1)?.frame ?? from };
}

function placeAt({ geometry, keyframes }: Placed, { from, to }: Stretch, frame: number): AnnotationGeometry | undefined {
  if (frame < from || frame > to) return undefined;
  if (!keyframes) return geometry;
  const state = interpolate(keyframes, frame);
  return state?.outside ? undefined : state?.geometry;
}
