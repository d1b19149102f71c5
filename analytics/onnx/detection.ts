import type { AnnotationContent } from '@fovea/contract';
import { boxIou } from '@fovea/geometry';
import { InputError } from '../analytic.ts';
import { innerDims, pickOutput, sigmoid, type ModelOutput } from './outputs.ts';
import type { Placement } from './picture-input.ts';
import { labelName, type OnnxDetection } from './spec.ts';

export interface Detection {
  classIndex: number;
  score: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Boxes on the picture, after non-maximum suppression. */
export function readDetections(
  outputs: ModelOutput[],
  spec: OnnxDetection,
  labels: string[],
  placement: Placement,
): AnnotationContent[] {
  return findDetections(outputs, spec, placement, labels.length).map(({ classIndex, score, ...box }) => ({
    type: 'box',
    label: labelName(labels, classIndex),
    geometry: { type: 'box', ...box },
    attributes: {},
    frame: null,
    endFrame: null,
    confidence: Math.min(1, score),
    source: 'model',
  }));
}

export function findDetections(
  outputs: ModelOutput[],
  spec: OnnxDetection,
  placement: Placement,
  classCount: number,
): Detection[] {
  const candidates =
    spec.form === 'separate' ? separateCandidates(outputs, spec) : rowCandidates(outputs, spec, classCount);
  const kept = suppress(
    candidates.filter(({ score }) => score >= spec.threshold).map((candidate) => toCorner(candidate, spec, placement)),
    spec,
  );
  return kept.flatMap((box) => toPicture(box, placement) ?? []);
}

/** Coordinates as the model gives them, in the order of the spec. */
interface Candidate {
  classIndex: number;
  score: number;
  values: [number, number, number, number];
}

/**
 * Rows of boxes and scores. Models lay them out either way round: the side that holds 4 + classes numbers is told by the
 * number of labels, or else is the shorter one.
 */
function rowCandidates(outputs: ModelOutput[], spec: OnnxDetection, classCount: number): Candidate[] {
  const { data, dims } = pickOutput(outputs, spec.output);
  const [rows = 0, columns = 0] = innerDims(dims, 2);
  const head = spec.form === 'rows_objectness' ? 5 : 4;
  if (innerDims(dims, 2).length !== 2 || Math.min(rows, columns) <= head)
    throw new InputError(`the model's output is ${dims.join('×')}, not rows of boxes and scores`);
  const expected = classCount + head;
  const turned = rows === expected && columns !== expected ? true : columns === expected ? false : rows < columns;
  const [count, width] = turned ? [columns, rows] : [rows, columns];
  const at = (row: number, column: number) => (turned ? data[column * count + row] : data[row * width + column]) ?? 0;
  const activate = spec.activation === 'sigmoid' ? sigmoid : (value: number) => value;
  const out: Candidate[] = [];
  for (let row = 0; row < count; row++) {
    const objectness = head === 5 ? activate(at(row, 4)) : 1;
    if (objectness < spec.threshold) continue;
    let best = { classIndex: 0, score: -Infinity };
    for (let column = head; column < width; column++) {
      const score = activate(at(row, column)) * objectness;
      if (score > best.score) best = { classIndex: column - head, score };
    }
    if (best.score >= spec.threshold) out.push({ ...best, values: [at(row, 0), at(row, 1), at(row, 2), at(row, 3)] });
  }
  return out;
}

function separateCandidates(outputs: ModelOutput[], spec: OnnxDetection): Candidate[] {
  if (spec.boxes === undefined || spec.scores === undefined)
    throw new InputError('boxes and scores must name the outputs that hold them');
  const boxes = pickOutput(outputs, spec.boxes).data;
  const scores = pickOutput(outputs, spec.scores);
  const classes = spec.classes === undefined ? null : pickOutput(outputs, spec.classes).data;
  const count = Math.floor(boxes.length / 4);
  const perBox = Math.max(1, Math.floor(scores.data.length / Math.max(1, count)));
  const activate = spec.activation === 'sigmoid' ? sigmoid : (value: number) => value;
  return Array.from({ length: count }, (_, row): Candidate => {
    let best = { classIndex: 0, score: -Infinity };
    for (let k = 0; k < perBox; k++) {
      const score = activate(Number(scores.data[row * perBox + k] ?? 0));
      if (score > best.score) best = { classIndex: k, score };
    }
    const classIndex = classes === null ? best.classIndex : Number(classes[row] ?? 0);
    const value = (k: number) => Number(boxes[row * 4 + k] ?? 0);
    return { classIndex, score: best.score, values: [value(0), value(1), value(2), value(3)] };
  });
}

/** As left, top, width, height in pixels of the model's input. */
function toCorner(candidate: Candidate, spec: OnnxDetection, placement: Placement): Detection {
  const [fx, fy] = spec.normalized ? [placement.width, placement.height] : [1, 1];
  const [a, b, c, d] = candidate.values;
  const { classIndex, score } = candidate;
  const made = (x: number, y: number, width: number, height: number): Detection => ({
    classIndex,
    score,
    x: x * fx,
    y: y * fy,
    width: width * fx,
    height: height * fy,
  });
  if (spec.coordinates === 'cxcywh') return made(a - c / 2, b - d / 2, c, d);
  if (spec.coordinates === 'xyxy') return made(a, b, c - a, d - b);
  if (spec.coordinates === 'yxyx') return made(b, a, d - b, c - a);
  return made(a, b, c, d);
}

/** Greedy non-maximum suppression: the best first, those that overlap it too much fall away. */
export function suppress(
  boxes: Detection[],
  spec: Pick<OnnxDetection, 'nmsIou' | 'classAgnostic' | 'maxDetections'>,
): Detection[] {
  // Past some thousands, the rest is noise, and the square of it would take minutes.
  const sorted = boxes.toSorted((a, b) => b.score - a.score).slice(0, 10_000);
  const kept: Detection[] = [];
  for (const box of sorted) {
    if (kept.length >= spec.maxDetections) break;
    const rival = kept.some(
      (other) => (spec.classAgnostic || other.classIndex === box.classIndex) && boxIou(other, box) > spec.nmsIou,
    );
    if (!rival) kept.push(box);
  }
  return kept;
}

/** On the picture, cut to it; null where nothing of it lies inside. */
function toPicture(box: Detection, placement: Placement): Detection | null {
  const left = Math.max(0, (box.x - placement.offsetX) / placement.scaleX);
  const top = Math.max(0, (box.y - placement.offsetY) / placement.scaleY);
  const right = Math.min(placement.pictureWidth, (box.x + box.width - placement.offsetX) / placement.scaleX);
  const bottom = Math.min(placement.pictureHeight, (box.y + box.height - placement.offsetY) / placement.scaleY);
  return right > left && bottom > top ? { ...box, x: left, y: top, width: right - left, height: bottom - top } : null;
}
