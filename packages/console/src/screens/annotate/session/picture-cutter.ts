// Runs in a worker of its own: decodes large pictures and cuts pieces out of them, so that the page never waits for it.
import type { PixelSource } from '@fovea/editor';

/** A rectangle of the picture in its pixels, and the size that it is wanted in. */
export type Cut = Parameters<PixelSource['read']>[0];

export interface CutRequest {
  readonly id: number;
  /** Of the picture: the last one that was decoded is kept for a while. */
  readonly picture: string;
  readonly file: Blob;
  readonly cuts: readonly Cut[];
}

export type CutAnswer = { readonly id: number; readonly bitmaps: readonly ImageBitmap[] } | { readonly id: number; readonly error: string };

/** A decoded picture takes four bytes a pixel: who looks on without moving needs it no more. */
const keptMs = 10_000;

let decoded: { readonly picture: string; readonly bitmap: Promise<ImageBitmap>; timer: ReturnType<typeof setTimeout> | undefined } | undefined;

function letGo(): void {
  clearTimeout(decoded?.timer);
  // One that could not be decoded was reported to whoever asked for it.
  decoded?.bitmap.then((bitmap) => bitmap.close(), () => undefined);
  decoded = undefined;
}

async function cut({ picture, file, cuts }: CutRequest): Promise<ImageBitmap[]> {
  if (decoded?.picture !== picture) {
    letGo();
    decoded = { picture, bitmap: createImageBitmap(file), timer: undefined };
  }
  const mine = decoded;
  clearTimeout(mine.timer);
  const whole = await mine.bitmap;
  const bitmaps = await Promise.all(cuts.map(({ x, y, width, height, toWidth, toHeight }) => createImageBitmap(whole, x, y, width, height, { resizeWidth: toWidth, resizeHeight: toHeight, resizeQuality: 'medium' })));
  clearTimeout(mine.timer);
  if (decoded === mine) mine.timer = setTimeout(letGo, keptMs);
  return bitmaps;
}

/** The part of a worker's global scope that is used here; the page's own type says nothing of it. */
const worker = globalThis as unknown as { postMessage(answer: CutAnswer, transfer?: Transferable[]): void; onmessage: (event: MessageEvent<CutRequest>) => void };

let last: Promise<unknown> = Promise.resolve();

worker.onmessage = ({ data }) => {
  // One after the other: two decoded pictures at once would take twice the memory.
  last = last.then(() => cut(data)).then(
    (bitmaps) => worker.postMessage({ id: data.id, bitmaps }, bitmaps),
    (error: unknown) => {
      letGo();
      worker.postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
    },
  );
};
