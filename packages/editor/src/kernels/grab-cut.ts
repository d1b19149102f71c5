import { ColorMixture } from './color-mixture.ts';
import { GridCut } from './grid-cut.ts';
import type { Rgba } from './image.ts';

/** The rectangle that a person drew around the object, in the image's pixels. */
export interface CutBox {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

export interface GrabCutOptions {
  readonly iterations?: number;
  /** How much a border costs against unlikely colours; 50 by the paper. */
  readonly smoothness?: number;
  /** Pixels of which it is known: 1 object, 2 background, 0 unknown. */
  readonly hints?: Uint8Array;
}

/** More than any pixel's other costs together: such a pixel never changes sides. */
const certain = 1e6;
const edgeWays = [0, 1, 2, 3] as const;

/**
 * The object within a box: "GrabCut: Interactive Foreground Extraction using Iterated Graph Cuts" (Rother, Kolmogorov,
 * Blake; SIGGRAPH 2004). What lies outside the box is background; two colour mixtures are fitted and the cheapest cut is
 * taken, in turn. Returns 1 for the object's pixels. The cost grows with the pixels: give a picture of at most some
 * 60,000, reduced if need be.
 */
export function grabCut(image: Rgba, box: CutBox, options: GrabCutOptions = {}): Uint8Array {
  const { width, height } = image;
  const known = options.hints ?? new Uint8Array(width * height);
  let object = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isInside = x >= box.minX && x < box.maxX && y >= box.minY && y < box.maxY;
      object[y * width + x] = isInside && known[y * width + x] !== 2 ? 1 : 0;
    }
  }
  const mayBeObject = object.slice();
  const edges = edgeCosts(image, options.smoothness ?? 50);
  for (let round = 0; round < (options.iterations ?? 4); round++) {
    const [inside, outside] = [colorsOf(image, object, 1), colorsOf(image, object, 0)];
    if (inside.length === 0 || outside.length === 0) return object;
    const models = { inside: new ColorMixture(inside), outside: new ColorMixture(outside) };
    const next = cutOnce({ image, models, edges, mayBeObject, known });
    const isSame = next.every((value, at) => value === object[at]);
    object = next;
    if (isSame) break;
  }
  return object;
}

interface Round {
  readonly image: Rgba;
  readonly models: { readonly inside: ColorMixture; readonly outside: ColorMixture };
  readonly edges: Float32Array;
  readonly mayBeObject: Uint8Array;
  readonly known: Uint8Array;
}

function cutOnce({ image, models, edges, mayBeObject, known }: Round): Uint8Array<ArrayBuffer> {
  const { width, height, data } = image;
  const graph = new GridCut(width, height);
  for (let at = 0; at < width * height; at++) {
    for (const way of edgeWays) graph.setEdge(at, way, edges[at * 4 + way]);
    if (mayBeObject[at] === 0) graph.setTerminals(at, 0, certain);
    else if (known[at] === 1) graph.setTerminals(at, certain, 0);
    else {
      const [r, g, b] = [data[at * 4], data[at * 4 + 1], data[at * 4 + 2]];
      graph.setTerminals(at, models.outside.cost(r, g, b), models.inside.cost(r, g, b));
    }
  }
  return new Uint8Array(graph.cut());
}

/** What it costs to part neighbours: little where the colour changes (equation 11; β from the mean contrast). */
function edgeCosts({ width, height, data }: Rgba, smoothness: number): Float32Array {
  const contrast = new Float32Array(width * height * 4).fill(-1);
  const offsets = [1, width + 1, width, width - 1];
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      for (const way of edgeWays) {
        const isOff = (way < 2 && x === width - 1) || (way === 3 && x === 0) || (way > 0 && y === height - 1);
        if (isOff) continue;
        const [a, b] = [at * 4, (at + offsets[way]) * 4];
        const squared = (data[a] - data[b]) ** 2 + (data[a + 1] - data[b + 1]) ** 2 + (data[a + 2] - data[b + 2]) ** 2;
        contrast[at * 4 + way] = squared;
        sum += squared;
        count++;
      }
    }
  }
  const beta = sum > 0 ? count / (2 * sum) : 0;
  return contrast.map((squared, at) => (squared < 0 ? 0 : (smoothness * Math.exp(-beta * squared)) / (at % 2 === 1 ? Math.SQRT2 : 1)));
}

/** The colours of one side; of many pixels only some, evenly spread: the mixture does not need them all. */
function colorsOf({ data }: Rgba, object: Uint8Array, side: 0 | 1): Float64Array {
  const pixels: number[] = [];
  for (let at = 0; at < object.length; at++) if (object[at] === side) pixels.push(at);
  const stride = Math.max(1, Math.floor(pixels.length / 8000));
  const chosen = pixels.filter((_, index) => index % stride === 0);
  const colors = new Float64Array(chosen.length * 3);
  chosen.forEach((at, index) => {
    colors[index * 3] = data[at * 4];
    colors[index * 3 + 1] = data[at * 4 + 1];
    colors[index * 3 + 2] = data[at * 4 + 2];
  });
  return colors;
}
