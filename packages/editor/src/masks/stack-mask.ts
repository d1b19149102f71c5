import type { GeometryOf, VolumeSlice } from '@fovea/contract';
import { decodeRle } from '@fovea/geometry';
import { maskGeometry, tiledFromRuns, tiledMask } from './mask-geometry.ts';
import type { TiledMask } from './tiled-mask.ts';

type Mask = GeometryOf<'mask'>;
type Volume = GeometryOf<'volume'>;

/**
 * The pixels of a segmentation on the frames of a stack. Versions share their frames, and frames their tiles: a stroke
 * costs the tiles that it touched and a list of frames, never a copy of the volume.
 */
export class StackMask {
  private readonly frames: ReadonlyMap<number, Mask>;

  constructor(frames: ReadonlyMap<number, Mask> = new Map()) {
    this.frames = frames;
  }

  get isEmpty(): boolean {
    return this.frames.size === 0;
  }

  /** The pixels on a frame, the same object as long as they are the same; undefined when there are none. */
  at(frame: number): Mask | undefined {
    return this.frames.get(frame);
  }

  /** Frames with pixels, ascending. */
  painted(): number[] {
    return [...this.frames.keys()].sort((a, b) => a - b);
  }

  with(frame: number, mask: TiledMask | undefined): StackMask {
    const frames = new Map(this.frames);
    if (!mask || mask.isEmpty) frames.delete(frame);
    else frames.set(frame, maskGeometry(mask));
    return new StackMask(frames);
  }

  /** The frames whose pixels differ from another's. */
  changed(other: StackMask): number[] {
    const all = new Set([...this.frames.keys(), ...other.frames.keys()]);
    return [...all].filter((frame) => !isSameMask(this.at(frame), other.at(frame))).sort((a, b) => a - b);
  }

  /** This one, with the frames given as another has them. */
  take(from: StackMask, frames: Iterable<number>): StackMask {
    const next = new Map(this.frames);
    for (const frame of frames) {
      const mask = from.at(frame);
      if (mask) next.set(frame, mask);
      else next.delete(frame);
    }
    return new StackMask(next);
  }

  /** As they are sent; of frames without pixels only those that are asked for by name. */
  slices(frames: readonly number[] = this.painted()): VolumeSlice[] {
    return frames.map((frame) => {
      const mask = this.at(frame);
      return { frame, rle: mask ? { size: mask.rle.size, counts: mask.rle.counts } : null };
    });
  }

  /** @throws {RleError} on broken counts */
  static of(slices: readonly VolumeSlice[]): StackMask {
    return new StackMask().patched(slices);
  }

  patched(slices: readonly VolumeSlice[]): StackMask {
    const frames = new Map(this.frames);
    for (const { frame, rle } of slices) {
      const mask = rle ? tiledFromRuns(decodeRle(rle)) : undefined;
      if (mask && !mask.isEmpty) frames.set(frame, maskGeometry(mask));
      else frames.delete(frame);
    }
    return new StackMask(frames);
  }
}

function isSameMask(a: Mask | undefined, b: Mask | undefined): boolean {
  if (a === b || !a || !b) return a === b;
  const [left, right] = [tiledMask(a), tiledMask(b)];
  return left.changedTiles(right).every((place) => {
    const [one, other] = [left.tileAt(place), right.tileAt(place)];
    return one !== undefined && other !== undefined && one.every((word, at) => word === other[at]);
  });
}

const stackOf = new WeakMap<Volume, StackMask>();

/** The pixels of a volume; undefined until the page has loaded them. */
export function stackMask(geometry: Volume): StackMask | undefined {
  const known = stackOf.get(geometry);
  if (known || !geometry.slices) return known;
  const read = StackMask.of(geometry.slices);
  stackOf.set(geometry, read);
  return read;
}

/** A volume with these pixels; in itself it says nothing of them, see {@link plainVolume}. */
export function volumeWith({ slices: _slices, ...volume }: Volume, stack: StackMask): Volume {
  const geometry: Volume = { ...volume };
  stackOf.set(geometry, stack);
  return geometry;
}

/** The volume with its pixels on one frame replaced. */
export function volumeWithFrame(volume: Volume, frame: number, mask: TiledMask): Volume {
  return volumeWith(volume, (stackMask(volume) ?? new StackMask()).with(frame, mask));
}

/** Plain data that says it all: what a new annotation is sent as. */
export function plainVolume(volume: Volume): Volume {
  const stack = stackMask(volume);
  if (!stack) return volume;
  const { blob: _blob, ...rest } = volume;
  return { ...rest, slices: stack.slices() };
}

/** Plain data that says what differs from the volume before: what an edit is sent as. */
export function volumePatch(before: Volume, after: Volume): Volume {
  const [old, now] = [stackMask(before), stackMask(after)];
  if (!old || !now) return plainVolume(after);
  const { blob: _blob, ...rest } = after;
  return { ...rest, slices: now.slices(now.changed(old)) };
}

/** The volume after an edit that was made upon it. */
export function patchVolume(before: Volume, patch: Volume): Volume {
  const old = stackMask(before);
  if (!patch.slices) return old && patch.blob === undefined ? volumeWith(patch, old) : patch;
  return volumeWith({ ...before, ...patch }, (old ?? new StackMask()).patched(patch.slices));
}

/** Whether two volumes say the same: by their pixels where those are known, else by their files. */
export function isSameVolume(a: Volume, b: Volume): boolean {
  if (a.value !== b.value || a.size.some((length, axis) => length !== b.size[axis])) return false;
  const [left, right] = [stackMask(a), stackMask(b)];
  return left && right ? left === right || left.changed(right).length === 0 : a.blob === b.blob;
}

/** `after` was made of `before`: the same change made to what is there now. */
export function rebaseVolume(current: Volume, before: Volume, after: Volume): Volume {
  const [now, old, next] = [current, before, after].map((volume) => stackMask(volume));
  return now && old && next ? volumeWith(current, now.take(next, next.changed(old))) : after;
}
