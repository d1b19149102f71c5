import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CorrelationTracker } from './correlation-tracker.ts';
import { Fft2 } from './fft.ts';
import { floodFill } from './flood-fill.ts';
import { grabCut } from './grab-cut.ts';
import { GridCut } from './grid-cut.ts';
import { toGray } from './image.ts';
import type { Gray, Rgba } from './image.ts';
import { LiveWire, wireCosts } from './live-wire.ts';
import { slic } from './slic.ts';
import { interpolateSlices, signedDistance, squaredDistance } from './slice-interpolation.ts';

type Color = readonly [number, number, number];

/** Numbers that look random and are the same each time (a linear congruence). */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

function picture(width: number, height: number, color: (x: number, y: number) => Color, grain = 0): Rgba {
  const random = noise(1);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      color(x, y).forEach((value, channel) => (data[at + channel] = value + (random() - 0.5) * 2 * grain));
      data[at + 3] = 255;
    }
  }
  return { width, height, data };
}

const disc = (cx: number, cy: number, r: number) => (x: number, y: number) => Math.hypot(x + 0.5 - cx, y + 0.5 - cy) <= r;
const red: Color = [190, 60, 50];
const green: Color = [60, 150, 70];

test('kernels import nothing but kernels', () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(8);
  for (const file of files) {
    const imports = [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from);
    expect(imports.filter((from) => !/^\.\/[\w-]+\.ts$/.test(from ?? '')).map((from) => `${file}: ${from}`)).toEqual([]);
  }
});

describe('the Fourier transform', () => {
  test('there and back gives the same numbers', () => {
    const random = noise(3);
    const re = Float64Array.from({ length: 32 * 32 }, random);
    const im = Float64Array.from({ length: 32 * 32 }, random);
    const [re2, im2] = [re.slice(), im.slice()];
    const fft = new Fft2(32);
    fft.forward(re2, im2);
    fft.backward(re2, im2);
    for (let at = 0; at < re.length; at++) {
      expect(re2[at]).toBeCloseTo(re[at], 10);
      expect(im2[at]).toBeCloseTo(im[at], 10);
    }
  });

  test('of a wave is a single line', () => {
    const re = Float64Array.from({ length: 256 }, (_, at) => Math.cos((2 * Math.PI * 3 * (at % 16)) / 16));
    const im = new Float64Array(256);
    new Fft2(16).forward(re, im);
    const strong = [...re].flatMap((value, at) => (Math.abs(value) > 1e-9 ? [[at, Math.round(value)]] : []));
    expect(strong).toEqual([[3, 128], [13, 128]]);
  });

  test('wants a power of two', () => expect(() => new Fft2(48)).toThrow(RangeError));
});

describe('flood fill', () => {
  const image = picture(60, 40, (x, y) => (disc(20, 20, 10)(x, y) || disc(48, 20, 6)(x, y) ? red : green), 5);

  test('takes the connected pixels of the colour', () => {
    const filled = floodFill(image, 20, 20, { tolerance: 20, contiguous: true });
    for (let y = 0; y < 40; y++) for (let x = 0; x < 60; x++) expect(filled[y * 60 + x]).toBe(disc(20, 20, 10)(x, y) ? 1 : 0);
  });

  test('or all of them', () => {
    const filled = floodFill(image, 20, 20, { tolerance: 20, contiguous: false });
    expect(filled[20 * 60 + 48]).toBe(1);
    expect(filled[0]).toBe(0);
  });

  test('finds its way through a spiral', () => {
    const spiral = picture(41, 41, (x, y) => {
      const ring = Math.max(Math.abs(x - 20), Math.abs(y - 20));
      return ring % 2 === 1 && !(x === 20 + ring && y === 20) ? red : green;
    });
    const filled = floodFill(spiral, 20, 20, { tolerance: 5, contiguous: true });
    expect(filled[0]).toBe(1);
  });
});

describe('live wire', () => {
  test('follows the edge of a disc instead of the straight way', () => {
    const image = toGray(picture(120, 120, (x, y) => (disc(60, 60, 40)(x, y) ? [200, 200, 200] : [40, 40, 40]), 8));
    const wire = new LiveWire(wireCosts(image), 20, 60);
    const path = wire.path(100, 60);
    expect(path[0]).toEqual([20, 60]);
    expect(path.at(-1)).toEqual([100, 60]);
    const middle = path.slice(5, -5);
    for (const [x, y] of middle) expect(Math.abs(Math.hypot(x + 0.5 - 60, y + 0.5 - 60) - 40)).toBeLessThan(3.5);
    expect(middle.length).toBeGreaterThan(60);
  });

  test('in a flat picture is the straight way', () => {
    const flat: Gray = { width: 50, height: 50, data: new Float32Array(2500).fill(9) };
    expect(new LiveWire(wireCosts(flat), 5, 5).path(40, 5)).toHaveLength(36);
    expect(new LiveWire(wireCosts(flat), 5, 5).path(30, 30)).toHaveLength(26);
  });

  test('one search serves many targets, and answers the same in any order', () => {
    const image = toGray(picture(80, 80, (x, y) => ((x >> 4) + (y >> 4)) % 2 === 0 ? red : green, 30));
    const costs = wireCosts(image);
    const wire = new LiveWire(costs, 40, 40);
    wire.path(0, 0);
    wire.path(79, 79);
    expect(wire.path(10, 70).length).toBe(new LiveWire(costs, 40, 40).path(10, 70).length);
  });
});

describe('the grid cut', () => {
  /** The best cut of a small grid by trying all of them. */
  function bestCut(width: number, height: number, terminals: readonly (readonly [number, number])[], edges: Map<string, number>): number {
    let best = Infinity;
    for (let bits = 0; bits < 2 ** (width * height); bits++) best = Math.min(best, cutCost(width, height, terminals, edges, (at) => (bits >> at) & 1));
    return best;
  }
  function cutCost(width: number, height: number, terminals: readonly (readonly [number, number])[], edges: Map<string, number>, sideOf: (at: number) => number): number {
    let cost = 0;
    for (let at = 0; at < width * height; at++) cost += sideOf(at) === 1 ? terminals[at][1] : terminals[at][0];
    for (const [key, edge] of edges) {
      const [a, b] = key.split('-').map(Number);
      if (sideOf(a) !== sideOf(b)) cost += edge;
    }
    return cost;
  }

  test('is the cheapest of all cuts', () => {
    const random = noise(11);
    for (let round = 0; round < 60; round++) {
      const [width, height] = [4, 3];
      const graph = new GridCut(width, height);
      const edges = new Map<string, number>();
      const terminals = Array.from({ length: 12 }, (_, at): [number, number] => {
        const costs: [number, number] = [Math.floor(random() * 9), Math.floor(random() * 9)];
        graph.setTerminals(at, ...costs);
        return costs;
      });
      for (let at = 0; at < 12; at++) {
        for (const [way, dx, dy] of [[0, 1, 0], [1, 1, 1], [2, 0, 1], [3, -1, 1]] as const) {
          const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
          const cost = Math.floor(random() * 6);
          graph.setEdge(at, way, cost);
          if (x >= 0 && x < width && y < height) edges.set(`${at}-${y * width + x}`, cost);
        }
      }
      const side = graph.cut();
      expect(cutCost(width, height, terminals, edges, (at) => side[at])).toBe(bestCut(width, height, terminals, edges));
    }
  });
});

describe('grab cut', () => {
  test('finds the object in the box, whose colours are also apart in the background', () => {
    const isObject = disc(50, 45, 22);
    const image = picture(110, 90, (x, y) => (isObject(x, y) ? ((x + y) % 9 < 4 ? [200, 120, 40] : [170, 60, 60]) : (y >> 3) % 2 === 0 ? [70, 110, 160] : [90, 140, 110]), 14);
    const found = grabCut(image, { minX: 24, minY: 19, maxX: 77, maxY: 71 });
    let [both, either] = [0, 0];
    for (let y = 0; y < 90; y++) {
      for (let x = 0; x < 110; x++) {
        const [a, b] = [isObject(x, y), found[y * 110 + x] === 1];
        both += a && b ? 1 : 0;
        either += a || b ? 1 : 0;
      }
    }
    expect(both / either).toBeGreaterThan(0.95);
  });

  test('keeps to what it is told', () => {
    const image = picture(60, 60, (x, y) => (disc(30, 30, 12)(x, y) ? red : green), 10);
    const hints = new Uint8Array(3600);
    hints[30 * 60 + 30] = 2;
    hints[20 * 60 + 15] = 1;
    const found = grabCut(image, { minX: 10, minY: 10, maxX: 50, maxY: 50 }, { hints });
    expect(found[30 * 60 + 30]).toBe(0);
    expect(found[20 * 60 + 15]).toBe(1);
  });

  test('a picture of one colour breaks nothing', () => {
    const found = grabCut(picture(20, 20, () => red), { minX: 5, minY: 5, maxX: 15, maxY: 15 });
    expect(found.length).toBe(400);
  });
});

describe('superpixels', () => {
  const image = picture(96, 64, (x) => (x < 50 ? red : green), 12);
  const { labels, count } = slic(image, { size: 12 });

  test('cover the picture, each in one piece', () => {
    expect(count).toBeGreaterThan(25);
    expect(count).toBeLessThan(70);
    const seen = new Set(labels);
    expect(seen.size).toBe(count);
    expect(Math.min(...seen)).toBe(0);
    for (const label of seen) expect(pieces(labels, 96, 64, label)).toBe(1);
  });

  test('do not cross an edge', () => {
    let crossing = 0;
    for (const label of new Set(labels)) {
      const sides = [0, 0];
      labels.forEach((value, at) => {
        if (value === label) sides[at % 96 < 50 ? 0 : 1]++;
      });
      crossing += Math.min(...sides);
    }
    expect(crossing / labels.length).toBeLessThan(0.01);
  });

  function pieces(values: Int32Array, width: number, height: number, label: number): number {
    const seen = new Uint8Array(values.length);
    let found = 0;
    for (let start = 0; start < values.length; start++) {
      if (values[start] !== label || seen[start] === 1) continue;
      found++;
      const stack = [start];
      seen[start] = 1;
      for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
        const x = at % width;
        for (const next of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
          if (next < 0 || next >= width * height || seen[next] === 1 || values[next] !== label) continue;
          seen[next] = 1;
          stack.push(next);
        }
      }
    }
    return found;
  }
});

describe('the tracker', () => {
  const texture = picture(40, 30, (x, y) => [80 + 60 * Math.sin(x / 3), 120 + 70 * Math.cos(y / 2.5 + x / 7), 90], 20);
  /** A textured card on a noisy ground, its top left corner at a place, drawn larger by a factor. */
  const frame = (left: number, top: number, scale = 1): Gray =>
    toGray(
      picture(200, 150, (x, y) => {
        const [u, v] = [Math.floor((x - left) / scale), Math.floor((y - top) / scale)];
        const at = (v * 40 + u) * 4;
        return u >= 0 && v >= 0 && u < 40 && v < 30 ? [texture.data[at], texture.data[at + 1], texture.data[at + 2]] : [110, 110, 110];
      }, 10),
    );

  test('follows an object that moves', () => {
    const tracker = new CorrelationTracker(frame(50, 40), { x: 50, y: 40, width: 40, height: 30 });
    for (let step = 1; step <= 12; step++) {
      const [x, y] = [50 + step * 4, 40 + step * 2];
      const { box, peakRatio } = tracker.next(frame(x, y));
      expect(peakRatio).toBeGreaterThan(7);
      expect(Math.abs(box.x + box.width / 2 - x - 20)).toBeLessThan(2.5);
      expect(Math.abs(box.y + box.height / 2 - y - 15)).toBeLessThan(2.5);
    }
  });

  test('grows with an object that comes nearer', () => {
    const tracker = new CorrelationTracker(frame(80, 60), { x: 80, y: 60, width: 40, height: 30 });
    let width = 40;
    for (let step = 1; step <= 10; step++) {
      const scale = 1 + step * 0.03;
      width = tracker.next(frame(100 - 20 * scale, 75 - 15 * scale, scale)).box.width;
    }
    expect(width).toBeGreaterThan(46);
    expect(width).toBeLessThan(60);
  });

  test('says when the object is gone', () => {
    const tracker = new CorrelationTracker(frame(50, 40), { x: 50, y: 40, width: 40, height: 30 });
    const there = tracker.next(frame(51, 40)).peakRatio;
    const gone = tracker.next(frame(500, 500)).peakRatio;
    expect(gone).toBeLessThan(7);
    expect(there).toBeGreaterThan(gone * 1.5);
  });
});

describe('between slices', () => {
  const mask = (width: number, height: number, has: (x: number, y: number) => boolean) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, at) => (has(at % width, Math.floor(at / width)) ? 1 : 0)),
  });

  test('distances are exact', () => {
    const random = noise(5);
    const { data, width, height } = mask(23, 17, () => random() < 0.08);
    const fast = squaredDistance(data, width, height, 1);
    for (let at = 0; at < data.length; at++) {
      let least = Infinity;
      data.forEach((value, other) => {
        if (value === 1) least = Math.min(least, ((at % width) - (other % width)) ** 2 + (Math.floor(at / width) - Math.floor(other / width)) ** 2);
      });
      expect(fast[at]).toBe(least);
    }
  });

  test('are negative inside', () => {
    const signed = signedDistance(mask(21, 21, disc(10.5, 10.5, 6)));
    expect(signed[10 * 21 + 10]).toBeLessThan(-5);
    expect(signed[0]).toBeGreaterThan(5);
  });

  test('a disc that grows has the middle radius in the middle', () => {
    const middle = interpolateSlices(mask(64, 64, disc(32, 32, 8)), mask(64, 64, disc(32, 32, 20)), 0.5);
    const area = middle.data.reduce((sum, value) => sum + value, 0);
    expect(Math.sqrt(area / Math.PI)).toBeCloseTo(14, 0);
  });

  test('a disc that moves is on its way, whole', () => {
    const from = mask(80, 40, disc(15, 20, 8));
    const middle = interpolateSlices(from, mask(80, 40, disc(60, 20, 8)), 0.5);
    const expected = mask(80, 40, disc(37.5, 20, 8)).data;
    const wrong = middle.data.reduce((sum, value, at) => sum + (value === expected[at] ? 0 : 1), 0);
    expect(wrong).toBeLessThan(20);
  });

  test('at the ends are the slices themselves', () => {
    const [from, to] = [mask(40, 40, disc(18, 20, 9)), mask(40, 40, disc(22, 20, 5))];
    expect(interpolateSlices(from, to, 0).data).toEqual(from.data);
    expect(interpolateSlices(from, to, 1).data).toEqual(to.data);
  });
});
