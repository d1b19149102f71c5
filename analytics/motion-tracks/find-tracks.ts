import type { AnnotationContent } from '@fovea/contract';
import { probeVideo, type VideoFacts } from '../video/probe.ts';
import { fitSide, rawFrames } from '../video/raw-frames.ts';
import { SceneTracker } from './scene-tracker.ts';
import { trackContent } from './track-content.ts';
import type { MotionTrack } from './tracker.ts';

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
  /** Follows a moving camera and measures motion against the ground. */
  stabilize: boolean;
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
  stabilize: true,
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
  /** Scenes in which the camera moved. */
  movingScenes: number;
}

export interface MotionHooks {
  signal: AbortSignal;
  progress?: (fraction: number) => void;
}

/**
 * Finds moving objects and follows them, before a still camera or one that moves slowly. Memory is bounded by the learning frames,
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
  const found = scene.finish();
  const tracks = found.map((track, index) =>
    trackContent({ ...enlarge(track, scale), id: index + 1 }, options.label, tolerance),
  );
  return { video, framesSeen, tracks, sceneChanges: scene.changes, movingScenes: scene.movingScenes };
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
