import type { GeometryOf } from '@fovea/contract';
import { mergeRuns, voteRuns } from './mask-merge.ts';
import { decodeRle, encodeRle, runsArea, type Runs } from './rle.ts';

type Volume = GeometryOf<'volume'>;

/**
 * Intersection over union of the voxels of two volumes that are given slice by slice; undefined where one is not (what lies in its file is not
 * known here). Two without a voxel are alike. Throws `RleError` when slices of one frame have different sizes.
 */
export function volumeIou(a: Volume, b: Volume): number | undefined {
  if (!a.slices || !b.slices) return undefined;
  const [mine, theirs] = [runsByFrame(a), runsByFrame(b)];
  let [common, all] = [0, 0];
  for (const frame of new Set([...mine.keys(), ...theirs.keys()])) {
    const [one, other] = [mine.get(frame), theirs.get(frame)];
    if (one && other) {
      common += runsArea(mergeRuns(one, other, 'intersect'));
      all += runsArea(mergeRuns(one, other, 'union'));
    } else all += runsArea(one ?? (other as Runs));
  }
  return all === 0 ? 1 : common / all;
}

/**
 * The voxels that more than half of several volumes hold, slice by slice. The first of them where one is not given by its slices, or where no
 * voxel has a majority. Undefined of none.
 */
export function mergeVolumes(volumes: readonly Volume[]): Volume | undefined {
  const [first] = volumes;
  if (first === undefined || volumes.some(({ slices }) => slices === undefined)) return first;
  const least = Math.floor(volumes.length / 2) + 1;
  const all = volumes.map(runsByFrame);
  const frames = [...new Set(all.flatMap((one) => [...one.keys()]))].toSorted((a, b) => a - b);
  const slices = frames.flatMap((frame) => {
    const held = all.flatMap((one) => one.get(frame) ?? []);
    const voted = held.length < least ? undefined : voteRuns(held, least);
    return voted && runsArea(voted) > 0 ? [{ frame, rle: encodeRle(voted) }] : [];
  });
  return slices.length === 0 ? first : { type: 'volume', value: first.value, size: first.size, slices };
}

function runsByFrame({ slices = [] }: Volume): Map<number, Runs> {
  return new Map(slices.flatMap(({ frame, rle }) => (rle ? [[frame, decodeRle(rle)]] : [])));
}
