import type { GeometryOf, Rle } from '@fovea/contract';
import { decodeRle, eachRun, formatCounts } from '@fovea/geometry';
import type { Runs } from '@fovea/geometry';
import { TiledMask, tileSize } from './tiled-mask.ts';

type Mask = GeometryOf<'mask'>;

const tiledOf = new WeakMap<Mask, TiledMask>();

/** The pixels of a mask geometry in tiles; decoded once for each geometry. @throws {RleError} on broken counts. */
export function tiledMask(geometry: Mask): TiledMask {
  let tiled = tiledOf.get(geometry);
  if (!tiled) tiledOf.set(geometry, (tiled = tiledFromRuns(decodeRle(geometry.rle))));
  return tiled;
}

/**
 * A mask geometry over tiles. Its `counts` are computed whenever they are read and not kept: a history of strokes then
 * holds the changed tiles of each stroke, not a run-length text of the whole mask.
 */
export function maskGeometry(tiled: TiledMask): Mask {
  const rle: Rle = {
    size: [tiled.height, tiled.width],
    get counts() {
      return formatCounts(runsOf(tiled).lengths);
    },
  };
  const geometry: Mask = { type: 'mask', rle };
  tiledOf.set(geometry, tiled);
  return geometry;
}

export function tiledFromRuns(runs: Runs): TiledMask {
  const { height, width } = runs;
  // Runs go down columns; tiles want rows. Turned through one bitmap per band of tile columns, to bound the memory.
  return new TiledMask(width, height).paint(true, (sink) => {
    let band = -1;
    const bitmap = new Uint8Array(tileSize * height);
    const flush = () => {
      if (band < 0) return;
      for (let y = 0; y < height; y++) emitRow(bitmap, y, band * tileSize, sink);
      bitmap.fill(0);
    };
    eachRun(runs, (start, end) => {
      for (let at = start; at < end; ) {
        const x = Math.floor(at / height);
        const stop = Math.min(end, (x + 1) * height);
        const next = Math.floor(x / tileSize);
        if (next !== band) {
          flush();
          band = next;
        }
        const column = x % tileSize;
        for (; at < stop; at++) bitmap[(at % height) * tileSize + column] = 1;
      }
    });
    flush();
  });
}

function emitRow(bitmap: Uint8Array, y: number, left: number, sink: (y: number, from: number, to: number) => void): void {
  const row = y * tileSize;
  for (let x = 0; x < tileSize; x++) {
    if (bitmap[row + x] === 0) continue;
    const from = x;
    while (x < tileSize && bitmap[row + x] === 1) x++;
    sink(y, left + from, left + x);
  }
}

/** Column-major runs, as COCO counts them. The cost is the tiles that hold pixels, not the picture. */
export function runsOf(tiled: TiledMask): Runs {
  const { width, height } = tiled;
  const lengths: number[] = [];
  let position = 0;
  let lastEnd = 0;
  let isOpen = false;
  const toggle = (at: number) => {
    lengths.push(at - position);
    position = at;
  };
  const bands = bandsOf(tiled);
  for (const band of [...bands.keys()].sort((a, b) => a - b)) {
    const places = bands.get(band) ?? [];
    for (let x = band * tileSize; x < Math.min(width, (band + 1) * tileSize); x++) {
      for (const [from, to] of columnSpans(tiled, places, x)) {
        const [start, end] = [x * height + from, x * height + to];
        if (isOpen && start !== lastEnd) {
          toggle(lastEnd);
          isOpen = false;
        }
        if (!isOpen) toggle(start);
        isOpen = true;
        lastEnd = end;
      }
    }
  }
  if (isOpen) toggle(lastEnd);
  if (position < width * height) lengths.push(width * height - position);
  return { width, height, lengths };
}

/** The places of tiles by tile column, each from top to bottom. */
function bandsOf(tiled: TiledMask): Map<number, number[]> {
  const bands = new Map<number, number[]>();
  for (const [place] of tiled.entries()) {
    const band = place % tiled.tileColumns;
    const places = bands.get(band);
    if (places) places.push(place);
    else bands.set(band, [place]);
  }
  for (const places of bands.values()) places.sort((a, b) => a - b);
  return bands;
}

function columnSpans(tiled: TiledMask, places: readonly number[], x: number): [number, number][] {
  const spans: [number, number][] = [];
  const inX = x % tileSize;
  const [word, bit] = [inX >>> 5, inX & 31];
  for (const place of places) {
    const tile = tiled.tileAt(place);
    if (!tile) continue;
    const top = Math.floor(place / tiled.tileColumns) * tileSize;
    for (let row = 0; row < tileSize; row++) {
      if (((tile[row * 2 + word] >>> bit) & 1) === 0) continue;
      const last = spans.at(-1);
      if (last && last[1] === top + row) last[1]++;
      else spans.push([top + row, top + row + 1]);
    }
  }
  return spans;
}
