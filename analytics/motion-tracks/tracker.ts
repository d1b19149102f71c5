import { matchOptimally } from '@fovea/geometry';
import type { Rect } from '../imaging/plane.ts';
import type { Blob } from './blobs.ts';
import { CoordinateFilter } from './kalman.ts';

/** A box of a track at one frame. */
export interface TrackedBox extends Rect {
  frame: number;
  /** Not measured but foreseen: the object was hidden behind another. */
  occluded: boolean;
}

export interface MotionTrack {
  /** From 1, in order of appearance. */
  id: number;
  boxes: TrackedBox[];
  /** Share of the frames between first and last at which the object was measured. */
  confidence: number;
}

export interface TrackerOptions {
  /** Frames (of those looked at) that a track survives without being seen. */
  maxMissed: number;
  /** Frames in which an object must be seen to count. */
  minHits: number;
  /** Way that an object must have gone, in pixels, to count: swaying leaves go none. */
  minTravel: number;
}

const leastScore = 0.2;
/** Frames that a track may be carried along while it is merged with another. */
const maxMerged = 45;

class Candidate {
  readonly boxes: TrackedBox[] = [];
  hits = 0;
  missed = 0;
  merged = 0;
  readonly #x: CoordinateFilter;
  readonly #y: CoordinateFilter;
  readonly #width: CoordinateFilter;
  readonly #height: CoordinateFilter;

  constructor(frame: number, box: Rect) {
    const size = Math.max(box.width, box.height);
    const place = { measurement: 1 + size * 0.05, acceleration: 0.5 + size * 0.03, velocity: 2 + size * 0.3 };
    const extent = { measurement: 1 + size * 0.1, acceleration: 0.2 + size * 0.01, velocity: 0.5 };
    this.#x = new CoordinateFilter(box.x + box.width / 2, place);
    this.#y = new CoordinateFilter(box.y + box.height / 2, place);
    this.#width = new CoordinateFilter(box.width, extent);
    this.#height = new CoordinateFilter(box.height, extent);
    this.#record(frame, box, false);
    this.hits = 1;
  }

  get box(): Rect {
    const width = Math.max(1, this.#width.position);
    const height = Math.max(1, this.#height.position);
    return { x: this.#x.position - width / 2, y: this.#y.position - height / 2, width, height };
  }

  predict(): void {
    for (const filter of [this.#x, this.#y, this.#width, this.#height]) filter.predict();
  }

  measure(frame: number, box: Rect): void {
    this.#x.correct(box.x + box.width / 2);
    this.#y.correct(box.y + box.height / 2);
    this.#width.correct(box.width);
    this.#height.correct(box.height);
    this.#record(frame, box, false);
    this.hits += 1;
    this.missed = 0;
    this.merged = 0;
  }

  /** The object is inside a blob that it shares: its own place can only be foreseen. */
  carry(frame: number): void {
    this.merged += 1;
    this.#record(frame, this.box, true);
  }

  #record(frame: number, box: Rect, occluded: boolean): void {
    this.boxes.push({ frame, x: box.x, y: box.y, width: box.width, height: box.height, occluded });
  }
}

/**
 * Joins blobs of successive frames into tracks with identities: a Kalman filter per object foresees its box, the
 * assignment of blobs to objects with the best total score is found by the Hungarian method (as in A. Bewley et al.,
 * "Simple online and realtime tracking", ICIP 2016), and blobs that cover several objects are taken as their meeting.
 */
export class Tracker {
  readonly #options: TrackerOptions;
  #active: Candidate[] = [];
  readonly #ended: Candidate[] = [];

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  step(frame: number, blobs: Blob[]): void {
    for (const candidate of this.#active) candidate.predict();
    const { free, waiting } = this.#carryMerged(frame, blobs);
    const matching = matchOptimally(waiting, free, (candidate, blob) => affinity(candidate.box, blob.box), leastScore);
    for (const { a, b } of matching.pairs) {
      const blob = free[b];
      if (blob !== undefined) waiting[a]?.measure(frame, blob.box);
    }
    for (const index of matching.unmatchedA) {
      const candidate = waiting[index];
      if (candidate !== undefined) candidate.missed += 1;
    }
    const born = matching.unmatchedB.flatMap((index) =>
      free[index] === undefined ? [] : [new Candidate(frame, free[index].box)],
    );
    this.#endLost();
    this.#active.push(...born);
  }

  /** Finds blobs that cover two or more known objects and carries those along. */
  #carryMerged(frame: number, blobs: Blob[]): { free: Blob[]; waiting: Candidate[] } {
    const known = this.#active.filter((candidate) => candidate.hits >= this.#options.minHits && candidate.missed === 0);
    const carried = new Set<Candidate>();
    const free = blobs.filter((blob) => {
      const inside = known.filter(
        (candidate) => covered(candidate.box, blob.box) > 0.6 && candidate.merged < maxMerged,
      );
      // A blob no larger than one of them is that one, however the boxes overlap.
      const roomy = inside.every(
        (candidate) => blob.box.width * blob.box.height > 1.2 * candidate.box.width * candidate.box.height,
      );
      if (inside.length < 2 || !roomy) return true;
      for (const candidate of inside) carried.add(candidate);
      return false;
    });
    for (const candidate of carried) candidate.carry(frame);
    return { free, waiting: this.#active.filter((candidate) => !carried.has(candidate)) };
  }

  #endLost(): void {
    const alive: Candidate[] = [];
    for (const candidate of this.#active) {
      // Until it is confirmed, one miss in a row more than it has hits ends a track.
      const patience =
        candidate.hits >= this.#options.minHits ? this.#options.maxMissed : Math.min(2, this.#options.maxMissed);
      if (candidate.missed > patience) this.#ended.push(candidate);
      else alive.push(candidate);
    }
    this.#active = alive;
  }

  /** Ends all tracks and gives those that count. */
  finish(): MotionTrack[] {
    const all = [...this.#ended, ...this.#active].filter(
      (candidate) => candidate.hits >= this.#options.minHits && travel(candidate.boxes) >= this.#options.minTravel,
    );
    all.sort(
      (a, b) => (a.boxes[0]?.frame ?? 0) - (b.boxes[0]?.frame ?? 0) || (a.boxes[0]?.x ?? 0) - (b.boxes[0]?.x ?? 0),
    );
    return all.map((candidate, index) => {
      const boxes = trimOccluded(candidate.boxes);
      return { id: index + 1, boxes, confidence: Math.min(1, candidate.hits / Math.max(1, spanSteps(boxes))) };
    });
  }
}

/** A track does not end in a guess. */
function trimOccluded(boxes: TrackedBox[]): TrackedBox[] {
  const last = boxes.findLastIndex(({ occluded }) => !occluded);
  return boxes.slice(0, last + 1);
}

/** Frames looked at between first and last box. */
function spanSteps(boxes: TrackedBox[]): number {
  let step = Infinity;
  for (let i = 1; i < boxes.length; i++) step = Math.min(step, (boxes[i]?.frame ?? 0) - (boxes[i - 1]?.frame ?? 0));
  const span = (boxes.at(-1)?.frame ?? 0) - (boxes[0]?.frame ?? 0);
  return Number.isFinite(step) ? span / step + 1 : 1;
}

/** Greatest distance of a box's centre from the first one's. */
function travel(boxes: TrackedBox[]): number {
  const first = boxes[0];
  if (first === undefined) return 0;
  return Math.max(
    ...boxes.map((box) =>
      Math.hypot(
        box.x + box.width / 2 - first.x - first.width / 2,
        box.y + box.height / 2 - first.y - first.height / 2,
      ),
    ),
  );
}

/** Likeness of two boxes: their overlap, or closeness of centres, which fast small objects need. */
function affinity(a: Rect, b: Rect): number {
  const intersection = overlapArea(a, b);
  const union = a.width * a.height + b.width * b.height - intersection;
  const distance = Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
  const size = (Math.max(a.width, a.height) + Math.max(b.width, b.height)) / 2;
  const alike = Math.min(a.width * a.height, b.width * b.height) / Math.max(a.width * a.height, b.width * b.height);
  return Math.max(intersection / union, 0.8 * Math.sqrt(alike) * Math.exp(-((distance / size) ** 2)));
}

function covered(inner: Rect, outer: Rect): number {
  return overlapArea(inner, outer) / (inner.width * inner.height);
}

function overlapArea(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
