import { countMask } from '../imaging/plane.ts';
import type { RawFrame } from '../video/raw-frames.ts';
import { BackgroundModel } from './background-model.ts';
import { findBlobs } from './blobs.ts';
import { applyAffine, cornerShift, estimateMotion, identity, invertAffine, type Affine } from './camera-motion.ts';
import { lumaOf, placeFrame, type PlacedFrame } from './canvas.ts';
import { CutDetector } from './cut-detector.ts';
import type { MotionOptions } from './find-tracks.ts';
import { Tracker, type MotionTrack, type TrackedBox } from './tracker.ts';

/**
 * Frames kept at the start (and after a scene change) to learn the background from: what moves has to leave its place for
 * more than half of them. At 320 × 320 pixels they take 61 MB.
 */
const learningFrames = 200;
/** Fewer frames do not tell what stands still. */
const leastLearningFrames = 5;
/** Share of changed pixels that is taken for a cut. */
const cutShare = 0.55;
/** A camera stands still when no corner of the picture moves by more pixels than this. */
const stillShift = 0.8;
/** Room for a moving camera around the first frame, as a share of its sides. */
const canvasMargin = 0.35;
/** A scene ends when less of the picture than this lies on its canvas. */
const leastShare = 0.7;
/** Frames in a row whose place cannot be found before the scene is given up. */
const maxLost = 4;

type Size = { width: number; height: number };

/** One stretch of video before one background. */
interface Scene {
  model: BackgroundModel;
  tracker: Tracker;
  canvas: Size;
  moving: boolean;
  /** Where each frame lies on the canvas. */
  poses: Map<number, Affine>;
  pose: Affine;
  lost: number;
}

/**
 * Learns the background of each scene, then tracks; what was kept for learning is tracked too, from its first frame. When
 * the camera moves, frames are laid over a canvas around the first one, and motion is measured against that.
 */
export class SceneTracker {
  /** Times at which a new background had to be learnt. */
  changes = 0;
  /** Scenes with a moving camera. */
  movingScenes = 0;
  readonly #size: Size;
  readonly #options: MotionOptions;
  readonly #finished: MotionTrack[] = [];
  #waiting: RawFrame[] = [];
  #scene: Scene | null = null;
  readonly #cuts = new CutDetector();

  constructor(size: Size, options: MotionOptions) {
    this.#size = size;
    this.#options = options;
  }

  add(frame: RawFrame): void {
    if (this.#cuts.isCut(frame.data)) {
      this.#closeShot();
      this.changes += 1;
    }
    this.#take(frame);
  }

  #take(frame: RawFrame): void {
    if (this.#scene !== null) {
      this.#track(frame, this.#scene, false);
      return;
    }
    this.#waiting.push(frame);
    if (this.#waiting.length >= learningFrames) this.#learn();
  }

  #learn(): void {
    const waiting = this.#waiting;
    const poses = this.#options.stabilize ? findPoses(waiting, this.#size) : waiting.map(() => identity);
    // Where frames cannot be joined, a new scene begins behind them.
    const frames = waiting.slice(0, Math.max(1, poses.length));
    const rest = waiting.slice(frames.length);
    this.#waiting = [];
    if (frames.length >= leastLearningFrames) {
      const scene = this.#begin(frames, poses);
      this.#scene = scene;
      for (const frame of frames) this.#track(frame, scene, true);
      if (rest.length > 0) this.#end(scene);
    }
    for (const frame of rest) this.#take(frame);
  }

  #begin(frames: RawFrame[], poses: Affine[]): Scene {
    const moving = poses.some((pose) => cornerShift(pose, this.#size.width, this.#size.height) > stillShift);
    if (moving) this.movingScenes += 1;
    const [marginX, marginY] = moving
      ? [Math.round(this.#size.width * canvasMargin), Math.round(this.#size.height * canvasMargin)]
      : [0, 0];
    const canvas = { width: this.#size.width + 2 * marginX, height: this.#size.height + 2 * marginY };
    const placed = new Map<number, Affine>();
    for (const [i, frame] of frames.entries()) {
      const pose = moving ? (poses[i] ?? identity) : identity;
      placed.set(frame.frame, { ...pose, c: pose.c + marginX, f: pose.f + marginY });
    }
    const step = Math.max(1, Math.floor(frames.length / 25));
    const chosen = frames.filter((_, index) => index % step === 0);
    const samples = chosen.map((frame) => this.#place(frame, canvas, moving, placed.get(frame.frame) ?? identity));
    const model = new BackgroundModel(samples, canvas, { ...this.#options, tolerant: moving });
    const { maxMissed, minHits, minTravel } = this.#options;
    const tracker = new Tracker({
      maxMissed,
      minHits,
      minTravel: minTravel * Math.hypot(this.#size.width, this.#size.height),
    });
    return {
      model,
      tracker,
      canvas,
      moving,
      poses: placed,
      pose: placed.get(frames[0]?.frame ?? 0) ?? identity,
      lost: 0,
    };
  }

  #place(frame: RawFrame, canvas: Size, moving: boolean, pose: Affine): PlacedFrame {
    return moving ? placeFrame(frame.data, this.#size, canvas, pose) : { data: frame.data, covered: null, share: 1 };
  }

  /** `learnt`: the background was learnt from this frame too; to begin anew because of it would never end. */
  #track(frame: RawFrame, scene: Scene, learnt: boolean): void {
    const pose = this.#findPose(frame, scene);
    const placed = pose === null ? null : this.#place(frame, scene.canvas, scene.moving, pose);
    if (pose === null || placed === null || placed.share < leastShare) {
      this.#giveUp(frame, scene, learnt);
      return;
    }
    scene.pose = pose;
    scene.poses.set(frame.frame, pose);
    const mask = scene.model.step(placed);
    const area = this.#size.width * this.#size.height;
    if (countMask(mask) > cutShare * area) {
      this.#giveUp(frame, scene, learnt);
      return;
    }
    const minArea = Math.max(6, this.#options.minArea * area);
    scene.tracker.step(frame.frame, findBlobs(mask, placed.data, scene.model, { minArea, joinRadius: 2 }));
  }

  /** Where the frame lies on the canvas; null when that has not been found for some frames, or a still camera moved. */
  #findPose(frame: RawFrame, scene: Scene): Affine | null {
    const known = scene.poses.get(frame.frame);
    if (known !== undefined) return known;
    if (!this.#options.stabilize) return identity;
    // A still camera is only looked after now and then.
    if (!scene.moving && frame.frame % (10 * this.#options.accel) !== 0) return identity;
    const found = estimateMotion(lumaOf(frame.data, this.#size), scene.model.luma(), scene.pose);
    if (scene.moving) {
      scene.lost = found === null ? scene.lost + 1 : 0;
      return found ?? (scene.lost > maxLost ? null : scene.pose);
    }
    const moved = found !== null && cornerShift(found, this.#size.width, this.#size.height) > 2 * stillShift;
    scene.lost = moved ? scene.lost + 1 : 0;
    return scene.lost >= 2 ? null : identity;
  }

  #giveUp(frame: RawFrame, scene: Scene, learnt: boolean): void {
    if (learnt) {
      scene.tracker.step(frame.frame, []);
      return;
    }
    this.changes += 1;
    this.#end(scene);
    this.#waiting = [frame];
  }

  #end(scene: Scene): void {
    this.#scene = null;
    for (const track of scene.tracker.finish()) {
      const boxes = scene.moving ? track.boxes.flatMap((box) => this.#onPicture(box, scene) ?? []) : track.boxes;
      if (boxes.length > 0) this.#finished.push({ ...track, boxes });
    }
  }

  /** A box of the canvas on its frame, cut to the picture; null outside. */
  #onPicture(box: TrackedBox, scene: Scene): TrackedBox | null {
    const back = invertAffine(scene.poses.get(box.frame) ?? scene.pose);
    const corners = [
      [box.x, box.y],
      [box.x + box.width, box.y],
      [box.x, box.y + box.height],
      [box.x + box.width, box.y + box.height],
    ].map(([x = 0, y = 0]) => applyAffine(back, x, y));
    const left = Math.max(0, Math.min(...corners.map(({ x }) => x)));
    const top = Math.max(0, Math.min(...corners.map(({ y }) => y)));
    const right = Math.min(this.#size.width, Math.max(...corners.map(({ x }) => x)));
    const bottom = Math.min(this.#size.height, Math.max(...corners.map(({ y }) => y)));
    return right > left && bottom > top ? { ...box, x: left, y: top, width: right - left, height: bottom - top } : null;
  }

  #closeShot(): void {
    // Too few frames to tell a background from: nothing can be said of them.
    while (this.#waiting.length >= leastLearningFrames) this.#learn();
    this.#waiting = [];
    if (this.#scene !== null) this.#end(this.#scene);
  }

  finish(): MotionTrack[] {
    this.#closeShot();
    return this.#finished.toSorted((a, b) => (a.boxes[0]?.frame ?? 0) - (b.boxes[0]?.frame ?? 0));
  }
}

/** Where each frame lies over the first one, as far as that can be followed. */
function findPoses(frames: RawFrame[], size: Size): Affine[] {
  const first = frames[0];
  if (first === undefined) return [];
  const reference = lumaOf(first.data, size);
  const poses: Affine[] = [identity];
  let lost = 0;
  for (const frame of frames.slice(1)) {
    const found = estimateMotion(lumaOf(frame.data, size), reference, poses.at(-1) ?? identity);
    lost = found === null ? lost + 1 : 0;
    if (lost > maxLost && !stillSoFar(poses, size)) return poses.slice(0, poses.length - maxLost);
    poses.push(found ?? poses.at(-1) ?? identity);
  }
  return poses;
}

/** Pictures without corners, or hidden by what moves, say nothing of a camera; it is taken to stand where it stood. */
function stillSoFar(poses: Affine[], size: Size): boolean {
  return poses.every((pose) => cornerShift(pose, size.width, size.height) <= stillShift);
}
