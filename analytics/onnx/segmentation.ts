import type { AnnotationContent } from '@fovea/contract';
import { area, encodeRle, maskPolygons, runsFromBitmap, simplifyRing } from '@fovea/geometry';
import { InputError } from '../analytic.ts';
import { innerDims, pickOutput, sigmoid, type ModelOutput } from './outputs.ts';
import type { Placement } from './picture-input.ts';
import { labelName, type OnnxSegmentation } from './spec.ts';

/** Scores of a model, a map per class, at the model's own output size. */
interface ScoreMaps {
  classes: number;
  width: number;
  height: number;
  at(classIndex: number, pixel: number): number;
}

/** Masks (or polygons) of the labels on the picture, at its full size. */
export function readSegmentation(
  outputs: ModelOutput[],
  spec: OnnxSegmentation,
  labels: string[],
  placement: Placement,
): AnnotationContent[] {
  const bitmaps = classBitmaps(scoreMaps(outputs, spec), spec, placement);
  const out: AnnotationContent[] = [];
  for (const [classIndex, { bitmap, confidence }] of [...bitmaps].toSorted(([a], [b]) => a - b)) {
    const label = labelName(labels, classIndex);
    if (spec.ignore.includes(label)) continue;
    const meant = spec.point === undefined ? bitmap : pieceAt(bitmap, spec.point, placement);
    for (const geometry of meant === undefined ? [] : shapesOf(meant, spec, placement)) {
      out.push({
        type: geometry.type,
        label,
        geometry,
        attributes: {},
        frame: null,
        endFrame: null,
        confidence,
        source: 'model',
      });
    }
  }
  return out;
}

/** The piece of a bitmap around a place (4-connected); undefined where the place is not part of it. */
function pieceAt(bitmap: Uint8Array, [x, y]: readonly [number, number], { pictureWidth: width, pictureHeight: height }: Placement): Uint8Array | undefined {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= width || row >= height || bitmap[row * width + column] !== 1) return undefined;
  const piece = new Uint8Array(bitmap.length);
  const open = [row * width + column];
  piece[row * width + column] = 1;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const inRow = at % width;
    for (const next of [inRow > 0 ? at - 1 : -1, inRow < width - 1 ? at + 1 : -1, at - width, at + width]) {
      if (next < 0 || next >= bitmap.length || bitmap[next] !== 1 || piece[next] === 1) continue;
      piece[next] = 1;
      open.push(next);
    }
  }
  return piece;
}

function scoreMaps(outputs: ModelOutput[], spec: OnnxSegmentation): ScoreMaps {
  const { data, dims } = pickOutput(outputs, spec.output);
  const inner = innerDims(dims, 2);
  const [classes, height, width] =
    inner.length === 2 ? [1, inner[0] ?? 0, inner[1] ?? 0] : [inner[0] ?? 0, inner[1] ?? 0, inner[2] ?? 0];
  if (inner.length > 3 || width * height * classes !== data.length)
    throw new InputError(`the model's output is ${dims.join('×')}, not maps of scores`);
  const count = width * height;
  return { classes, width, height, at: (classIndex, pixel) => Number(data[classIndex * count + pixel] ?? 0) };
}

/**
 * For each class its pixels on the picture. Scores are interpolated between the map's pixels, so that outlines follow the
 * probabilities and not the map's coarse squares; class numbers are taken from the nearest.
 */
function classBitmaps(
  maps: ScoreMaps,
  spec: OnnxSegmentation,
  placement: Placement,
): Map<number, { bitmap: Uint8Array; confidence: number | null }> {
  const { pictureWidth, pictureHeight } = placement;
  const found = new Map<number, { bitmap: Uint8Array; sum: number; count: number }>();
  const scores = new Float64Array(maps.classes);
  for (let y = 0; y < pictureHeight; y++) {
    for (let x = 0; x < pictureWidth; x++) {
      const mapX = (((x + 0.5) * placement.scaleX + placement.offsetX) / placement.width) * maps.width - 0.5;
      const mapY = (((y + 0.5) * placement.scaleY + placement.offsetY) / placement.height) * maps.height - 0.5;
      sampleScores(maps, spec, { x: mapX, y: mapY }, scores);
      const decided = decide(scores, spec);
      if (decided === null) continue;
      let entry = found.get(decided.classIndex);
      if (entry === undefined) {
        entry = { bitmap: new Uint8Array(pictureWidth * pictureHeight), sum: 0, count: 0 };
        found.set(decided.classIndex, entry);
      }
      entry.bitmap[y * pictureWidth + x] = 1;
      entry.sum += decided.probability ?? 0;
      entry.count += 1;
    }
  }
  const scored = spec.activation !== 'none';
  return new Map(
    [...found].map(([index, { bitmap, sum, count }]) => [
      index,
      { bitmap, confidence: scored ? Math.min(1, sum / count) : null },
    ]),
  );
}

function sampleScores(maps: ScoreMaps, spec: OnnxSegmentation, at: { x: number; y: number }, into: Float64Array): void {
  const x = Math.min(maps.width - 1, Math.max(0, at.x));
  const y = Math.min(maps.height - 1, Math.max(0, at.y));
  if (spec.activation === 'none') {
    into[0] = maps.at(0, Math.round(y) * maps.width + Math.round(x));
    return;
  }
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [x1, y1] = [Math.min(maps.width - 1, x0 + 1), Math.min(maps.height - 1, y0 + 1)];
  const [wx, wy] = [x - x0, y - y0];
  for (let c = 0; c < maps.classes; c++) {
    const top = maps.at(c, y0 * maps.width + x0) * (1 - wx) + maps.at(c, y0 * maps.width + x1) * wx;
    const bottom = maps.at(c, y1 * maps.width + x0) * (1 - wx) + maps.at(c, y1 * maps.width + x1) * wx;
    into[c] = top * (1 - wy) + bottom * wy;
  }
}

function decide(
  scores: Float64Array,
  spec: OnnxSegmentation,
): { classIndex: number; probability: number | null } | null {
  if (spec.activation === 'none') return { classIndex: Math.round(scores[0] ?? 0), probability: null };
  let best = 0;
  for (let c = 1; c < scores.length; c++) if ((scores[c] ?? 0) > (scores[best] ?? 0)) best = c;
  const score = scores[best] ?? 0;
  if (spec.activation === 'argmax' && scores.length > 1) {
    let sum = 0;
    for (const other of scores) sum += Math.exp(other - score);
    return { classIndex: best, probability: 1 / sum };
  }
  const probability = spec.activation === 'probability' ? score : sigmoid(score);
  return probability >= spec.threshold ? { classIndex: best, probability } : null;
}

function shapesOf(
  bitmap: Uint8Array,
  spec: OnnxSegmentation,
  placement: Placement,
): Extract<AnnotationContent['geometry'], { type: 'mask' | 'polygon' }>[] {
  const runs = runsFromBitmap(bitmap, placement.pictureWidth, placement.pictureHeight);
  if (spec.as === 'mask') {
    const count = bitmap.reduce((sum, value) => sum + value, 0);
    return count >= Math.max(1, spec.minArea) ? [{ type: 'mask', rle: encodeRle(runs) }] : [];
  }
  return maskPolygons(runs)
    .filter((polygon) => area(polygon) >= Math.max(1, spec.minArea))
    .map((polygon) => {
      // Pixel stairs become lines: half a pixel's diagonal is all that moves.
      const points = simplifyRing(polygon.points, 0.75);
      const holes = (polygon.holes ?? []).map((hole) => simplifyRing(hole, 0.75)).filter((hole) => hole.length >= 3);
      return holes.length === 0 ? { type: 'polygon', points } : { type: 'polygon', points, holes };
    });
}
