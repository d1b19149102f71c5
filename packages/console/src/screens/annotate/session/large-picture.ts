import { pieceSidePx, type PiecewisePicture, type PixelSource } from '@fovea/editor';
import type { Cut, CutAnswer, CutRequest } from './picture-cutter.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels of the small picture of the whole: 32 MB. */
const overviewPixels = 8_000_000;
/** Four megabytes each: enough for a large screen at any zoom. */
const mostPieces = 96;

/** A picture that is decoded in a worker and comes in pieces, as they are looked at. */
export class LargePicture implements PiecewisePicture {
  readonly width: number;
  readonly height: number;
  readonly overview: ImageBitmap;
  /** Told when pieces have come: the picture is to be drawn anew. */
  onPieces: () => void = () => undefined;
  private readonly key: string;
  private readonly file: Blob;
  private readonly pieces = new Map<string, { readonly bitmap: ImageBitmap; readonly cut: Cut }>();
  private wanted = new Map<string, Cut>();
  private isAsking = false;
  private isBroken = false;

  private constructor(key: string, file: Blob, size: Size, overview: ImageBitmap) {
    this.key = key;
    this.file = file;
    this.width = size.width;
    this.height = size.height;
    this.overview = overview;
  }

  /** @throws Error when the file cannot be fetched or decoded, or is not of that size (upright). */
  static async open(url: string, key: string, size: Size): Promise<LargePicture> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`The file could not be fetched (${answer.status})`);
    const file = await answer.blob();
    const shrink = Math.min(1, Math.sqrt(overviewPixels / (size.width * size.height)));
    const [overview] = await cutOf(key, file, [{ x: 0, y: 0, ...size, toWidth: Math.max(1, Math.round(size.width * shrink)), toHeight: Math.max(1, Math.round(size.height * shrink)) }]);
    if (!overview) throw new Error('The picture could not be decoded');
    return new LargePicture(key, file, size, overview);
  }

  piece(level: number, column: number, row: number): ImageBitmap | undefined {
    const factor = 2 ** level;
    // The overview is as sharp.
    if (this.isBroken || this.overview.width * factor >= this.width) return undefined;
    const key = `${level}/${column}/${row}`;
    const kept = this.pieces.get(key);
    if (!kept) {
      this.want(key, this.cutAt(factor, column, row));
      return undefined;
    }
    // Put last: the first in the map is the one used longest ago.
    this.pieces.delete(key);
    this.pieces.set(key, kept);
    return kept.bitmap;
  }

  /** What is there of a part of the picture, as sharp as it has come. */
  paint(context: OffscreenCanvasRenderingContext2D, part: Parameters<PixelSource['read']>[0]): void {
    const { x, y, width, height, toWidth, toHeight } = part;
    context.setTransform(toWidth / width, 0, 0, toHeight / height, (-x * toWidth) / width, (-y * toHeight) / height);
    context.drawImage(this.overview, 0, 0, this.width, this.height);
    const meets = ({ cut }: { cut: Cut }) => cut.x < x + width && x < cut.x + cut.width && cut.y < y + height && y < cut.y + cut.height;
    const coarsestFirst = [...this.pieces.values()].filter(meets).toSorted((a, b) => b.cut.width / b.cut.toWidth - a.cut.width / a.cut.toWidth);
    for (const { bitmap, cut } of coarsestFirst) context.drawImage(bitmap, cut.x, cut.y, cut.width, cut.height);
    context.resetTransform();
  }

  private cutAt(factor: number, column: number, row: number): Cut {
    const side = pieceSidePx * factor;
    const [x, y] = [column * side, row * side];
    const [width, height] = [Math.min(side, this.width - x), Math.min(side, this.height - y)];
    return { x, y, width, height, toWidth: Math.max(1, Math.round(width / factor)), toHeight: Math.max(1, Math.round(height / factor)) };
  }

  /** All that one drawing misses is asked for together; what was missed before it and is not looked at now is left out. */
  private want(key: string, cut: Cut): void {
    if (this.wanted.size === 0 && !this.isAsking) queueMicrotask(() => void this.ask());
    this.wanted.set(key, cut);
  }

  private async ask(): Promise<void> {
    const asked = [...this.wanted].slice(-mostPieces);
    this.wanted = new Map();
    if (asked.length === 0) return;
    this.isAsking = true;
    try {
      const bitmaps = await cutOf(this.key, this.file, asked.map(([, cut]) => cut));
      for (const [index, [key, cut]] of asked.entries()) {
        const bitmap = bitmaps[index];
        if (bitmap) this.pieces.set(key, { bitmap, cut });
      }
      for (const old of [...this.pieces.keys()].slice(0, -mostPieces)) this.pieces.delete(old);
    } catch {
      // Out of memory, as a rule: the overview stays, and is not asked to become sharper.
      this.isBroken = true;
    }
    this.isAsking = false;
    // What is drawn now asks for what it still misses.
    this.wanted = new Map();
    this.onPieces();
  }
}

interface Waiting {
  readonly resolve: (bitmaps: readonly ImageBitmap[]) => void;
  readonly reject: (error: Error) => void;
}

let cutter: Worker | undefined;
const waiting = new Map<number, Waiting>();
let lastId = 0;

function cutOf(picture: string, file: Blob, cuts: readonly Cut[]): Promise<readonly ImageBitmap[]> {
  cutter ??= startCutter();
  const id = ++lastId;
  const { promise, resolve, reject } = Promise.withResolvers<readonly ImageBitmap[]>();
  waiting.set(id, { resolve, reject });
  const request: CutRequest = { id, picture, file, cuts };
  cutter.postMessage(request);
  return promise;
}

function startCutter(): Worker {
  const worker = new Worker(new URL('picture-cutter.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<CutAnswer>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) asked?.reject(new Error(data.error));
    else asked?.resolve(data.bitmaps);
  };
  worker.onerror = (event) => {
    // It has ended, or could not be loaded: whoever waits hears of it, and the next one starts another.
    cutter = undefined;
    for (const { reject } of waiting.values()) reject(new Error(event.message || 'The picture could not be decoded'));
    waiting.clear();
  };
  return worker;
}
