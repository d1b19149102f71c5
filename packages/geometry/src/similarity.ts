import type { AnnotationGeometry, GeometryOf, Xy } from '@fovea/contract';
import { boxOverlap } from './clip.ts';
import { iou } from './iou.ts';
import { bounds } from './measure.ts';
import { distanceToLine, lineLength } from './ring.ts';
import { cuboidIou, spatialCuboid } from './solids.ts';
import { textSimilarity } from './text-similarity.ts';
import type { Ring } from './types.ts';
import { volumeIou } from './volumes.ts';

/** How far things may be apart to be called alike. */
export type SimilarityOptions = {
  /**
   * The distance in pixels at which points and lines are 61 % alike (one standard deviation of a Gaussian). A sensible
   * one is 1 % of the picture's diagonal. Default 10.
   */
  sigmaPx?: number | undefined;
  /** Per key point name, COCO's per-key-point constant σ. Default: COCO's own for its 17 names, their mean for others. */
  keypointSigmas?: Readonly<Record<string, number>> | undefined;
};

/**
 * How alike two geometries are, from 0 to 1; `a` is the reference where the measure is not symmetric (key points).
 *
 * - two areas (box, rotated box, polygon, ellipse, mask, drawn cuboid): intersection over union, see `iou`;
 * - two cuboids in space: intersection over union of their volumes;
 * - two points: exp(-d² / 2σ²); two polylines: the same of their mean distance from each other;
 * - two sets of key points: object keypoint similarity, see `keypointSimilarity`;
 * - a point and an area: 1 when it lies inside, else 0 (see `iou`);
 * - texts: overlap of their spans, or 1 less their normalised edit distance, see `textSimilarity`;
 * - two classifications: 1; two volumes: intersection over union of their voxels where their slices are given, else 1
 *   when they are of the same blob and value;
 * - all other pairs have nothing in common: 0.
 */
export function similarity(a: AnnotationGeometry, b: AnnotationGeometry, options: SimilarityOptions = {}): number {
  const sigma = options.sigmaPx ?? 10;
  if (a.type === 'point' && b.type === 'point') return closeness(Math.hypot(a.x - b.x, a.y - b.y), sigma);
  if (a.type === 'polyline' && b.type === 'polyline') return closeness(lineDistance(a.points, b.points), sigma);
  if (a.type === 'keypoints' && b.type === 'keypoints') return keypointSimilarity(a, b, options.keypointSigmas);
  if (a.type === 'text' && b.type === 'text') return textSimilarity(a, b);
  if (a.type === 'classification' && b.type === 'classification') return 1;
  if (a.type === 'volume' && b.type === 'volume') return volumeIou(a, b) ?? (a.blob !== undefined && a.blob === b.blob && a.value === b.value ? 1 : 0);
  if (a.type === 'cuboid' && b.type === 'cuboid') {
    const [solidA, solidB] = [spatialCuboid(a), spatialCuboid(b)];
    if (solidA && solidB) return cuboidIou(solidA, solidB);
  }
  return iou(a, b) ?? 0;
}

function closeness(distancePx: number, sigmaPx: number): number {
  return Math.exp(-(distancePx * distancePx) / (2 * sigmaPx * sigmaPx));
}

/**
 * The mean distance between two lines in pixels, taken both ways (the average of the two directed mean distances, a
 * modified Hausdorff distance after Dubuisson and Jain, ICPR 1994, with the mean in place of the larger one). Each line
 * is sampled at 64 places of equal spacing.
 */
export function lineDistance(a: Ring, b: Ring): number {
  const mean = (from: Ring, to: Ring) => {
    const samples = sampleLine(from, 64);
    return samples.reduce((sum, point) => sum + distanceToLine(point, to), 0) / samples.length;
  };
  return (mean(a, b) + mean(b, a)) / 2;
}

/** `count` points (at least 2) at equal distances along a line, its ends among them. */
export function sampleLine(line: Ring, count: number): Xy[] {
  const total = lineLength(line);
  const samples: Xy[] = [];
  let [passed, index] = [0, 0];
  for (let step = 0; step < count; step += 1) {
    const target = (total * step) / (count - 1);
    for (;;) {
      const [from, to] = [line[index] ?? [0, 0], line[index + 1]];
      const length = to === undefined ? 0 : Math.hypot(to[0] - from[0], to[1] - from[1]);
      if (to === undefined || passed + length >= target || index + 2 >= line.length) {
        const t = to === undefined || length === 0 ? 0 : Math.min(1, (target - passed) / length);
        samples.push(
          to === undefined ? [from[0], from[1]] : [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])],
        );
        break;
      }
      passed += length;
      index += 1;
    }
  }
  return samples;
}

/** COCO's constants, <https://cocodataset.org/#keypoints-eval>, §1.2: σ of the 17 key points of a person. */
export const cocoKeypointSigmas: Readonly<Record<string, number>> = {
  nose: 0.026,
  left_eye: 0.025,
  right_eye: 0.025,
  left_ear: 0.035,
  right_ear: 0.035,
  left_shoulder: 0.079,
  right_shoulder: 0.079,
  left_elbow: 0.072,
  right_elbow: 0.072,
  left_wrist: 0.062,
  right_wrist: 0.062,
  left_hip: 0.107,
  right_hip: 0.107,
  left_knee: 0.087,
  right_knee: 0.087,
  left_ankle: 0.089,
  right_ankle: 0.089,
};
const sigmaValues = Object.values(cocoKeypointSigmas);
const meanSigma = sigmaValues.reduce((sum, sigma) => sum + sigma, 0) / sigmaValues.length;

/**
 * Object keypoint similarity of COCO, <https://cocodataset.org/#keypoints-eval>, §1.1: the mean over the key points that
 * the reference labels (visibility over 0) of exp(-d² / 2s²k²), where k = 2σ and s² is the area of the object, for which
 * the reference's bounding box stands (as in COCO's own code when an object has no area). A point that the other lacks
 * counts 0; points are paired by name. A reference without labelled points has 0 with any, 1 with another like it.
 */
export function keypointSimilarity(
  reference: GeometryOf<'keypoints'>,
  other: GeometryOf<'keypoints'>,
  sigmas: Readonly<Record<string, number>> = cocoKeypointSigmas,
): number {
  const labelled = reference.points.filter((point) => point.visibility > 0);
  const others = new Map(other.points.filter((point) => point.visibility > 0).map((point) => [point.name, point]));
  if (labelled.length === 0) return others.size === 0 ? 1 : 0;
  const box = bounds(reference);
  const areaPx = Math.max(1, (box?.width ?? 0) * (box?.height ?? 0));
  const sum = labelled.reduce((total, point) => {
    const match = others.get(point.name);
    if (match === undefined) return total;
    const k = 2 * (sigmas[point.name] ?? meanSigma);
    const squared = (point.x - match.x) ** 2 + (point.y - match.y) ** 2;
    return total + Math.exp(-squared / (2 * areaPx * k * k));
  }, 0);
  return sum / labelled.length;
}

/** Whether the bounding boxes of two geometries overlap: a quick no before an exact measure. */
export function mayOverlap(a: AnnotationGeometry, b: AnnotationGeometry): boolean {
  const [boxA, boxB] = [bounds(a), bounds(b)];
  return boxA !== undefined && boxB !== undefined && boxOverlap(boxA, boxB) !== undefined;
}
