import type { AnnotationContent } from '@fovea/contract';
import { countMask } from '../imaging/plane.ts';
import { probeVideo, type VideoFacts } from '../video/probe.ts';
import { fitSide, rawFrames, type RawFrame } from '../video/raw-frames.ts';
import { BackgroundModel } from './background-model.ts';
import { findBlobs } from './blobs.ts';
import { trackContent } from './track-content.ts';
import { Tracker, type MotionTrack } from './tracker.ts';

export interface MotionOptions {
  /** Every nth frame is looked at. */
  accel: number;
  /** Longer side of the picture that is looked at, pixels. */
  analysisSide: number;
  /** Least area of an object as a share of the picture. */
  minArea: number;
  /** Standard deviations from the background that make a pixel foreground. */
  sensitivity: number;
  /** Least way of an object as a share of the picture's diagonal. */
  minTravel: number;
  suppressShadows: boolean;
  maxMissed: number;
  minHits: number;
  label: string;
}

export const defaultMotionOptions: MotionOptions = {
  accel: 1,
  analysisSide: 320,
  minArea: 0.0006,
  sensitivity: 3.5,
  minTravel: 0.02,
  suppressShadows: false,
  maxMissed: 10,
  minHits: 4,
  label: 'moving object',
};

export interface MotionResult {
  video: VideoFacts;
  /** Frames decoded and looked at. */
  framesSeen: number;
  tracks: AnnotationContent[];
  /** Times at which most of the picture changed at once and the background was learnt anew. */
  sceneChanges: number;
}

/** Frames kept at the start (and after a scene change) to learn the background from. */
const learningFrames = 60;
/** Share of changed pixels that is taken for a cut or a moved camera. */
const cutShare = 0.55;

export interface MotionHooks {
  signal: AbortSignal;
  progress?: (fraction: number) => void;
}

/**
 * Finds moving objects in the video of a still camera and follows them. Memory is bounded by the learning frames,
 * whatever the length. Throws InputError where the file holds no video.
 */
export async function findTracks(path: string, options: MotionOptions, hooks: MotionHooks): Promise<MotionResult> {
  const video = await probeVideo(path, hooks.signal);
  const size = fitSide(video.width, video.height, options.analysisSide);
  const scene = new SceneTracker(size, options);
  let framesSeen = 0;
  const expected = Math.max(1, video.frameCountEstimate / options.accel);
  for await (const frame of rawFrames(path, { ...size, every: options.accel, signal: hooks.signal })) {
    scene.add(frame);
    framesSeen += 1;
    if (framesSeen % 10 === 0) hooks.progress?.(Math.min(0.99, framesSeen / expected));
  }
  const scale = { x: video.width / size.width, y: video.height / size.height };
  const tolerance = 1.6 * Math.max(1, scale.x, scale.y);
  const tracks = scene
    .finish()
    .map((track, index) => trackContent({ ...enlarge(track, scale), id: index + 1 }, options.label, tolerance));
  return { video, framesSeen, tracks, sceneChanges: scene.changes };
}

function enlarge(track: MotionTrack, scale: { x: number; y: number }): MotionTrack {
  const boxes = track.boxes.map((box) => ({
    ...box,
    x: box.x * scale.x,
    y: box.y * scale.y,
    width: box.width * scale.x,
    height: box.height * scale.y,
  }));
  return { ...track, boxes };
}

/** Learns the background of each scene, then tracks; what was kept for learning is tracked too, from its first frame. */
class SceneTracker {
  changes = 0;
  readonly #size: { width: number; height: number };
  readonly #options: MotionOptions;
  readonly #finished: MotionTrack[] = [];
  #waiting: RawFrame[] = [];
  #model: BackgroundModel | null = null;
  #tracker: Tracker;

  constructor(size: { width: number; height: number }, options: MotionOptions) {
    this.#size = size;
    this.#options = options;
    this.#tracker = this.#newTracker();
  }

  #newTracker(): Tracker {
    const { maxMissed, minHits, minTravel } = this.#options;
    return new Tracker({ maxMissed, minHits, minTravel: minTravel * Math.hypot(this.#size.width, this.#size.height) });
  }

  add(frame: RawFrame): void {
    if (this.#model !== null) {
      this.#track(frame, this.#model);
      return;
    }
    this.#waiting.push(frame);
    if (this.#waiting.length >= learningFrames) this.#learn();
  }

  #learn(): void {
    const frames = this.#waiting;
    this.#waiting = [];
    const step = Math.max(1, Math.floor(frames.length / 25));
    const chosen = frames.filter((_, index) => index % step === 0).map(({ data }) => data);
    const model = new BackgroundModel(chosen, this.#size, this.#options);
    this.#model = model;
    for (const frame of frames) {
      if (this.#model === model) this.#track(frame, model);
      else this.add(frame); // A cut among the kept frames: those behind it begin a new scene.
    }
  }

  #track(frame: RawFrame, model: BackgroundModel): void {
    const mask = model.step(frame.data);
    const area = mask.width * mask.height;
    if (countMask(mask) > cutShare * area) {
      this.changes += 1;
      this.#finished.push(...this.#tracker.finish());
      this.#tracker = this.#newTracker();
      this.#model = null;
      this.#waiting = [frame];
      return;
    }
    const minArea = Math.max(6, this.#options.minArea * area);
    this.#tracker.step(frame.frame, findBlobs(mask, frame.data, model, { minArea, joinRadius: 2 }));
  }

  finish(): MotionTrack[] {
    // Too few frames to tell a background from: nothing can be said of them.
    while (this.#model === null && this.#waiting.length >= 5) this.#learn();
    return [...this.#finished, ...this.#tracker.finish()];
  }
}
