import type { Item } from '@fovea/contract';
import type { PictureFacts, PixelSource } from '@fovea/editor';
import { fileUrl, thumbnailUrl } from '../../../api/items.ts';
import type { Workbench } from './workbench.ts';

/** What is beneath the shapes of a still. */
export interface LoadedPicture {
  readonly facts: PictureFacts;
  readonly source: CanvasImageSource;
  readonly pixels: PixelSource;
  /** The browser cannot show the file: this is its thumbnail, enlarged. */
  readonly isPreview: boolean;
}

/** What the renderer shows beneath the shapes. */
export interface Backdrop {
  readonly source: CanvasImageSource;
  readonly isStill: boolean;
}

/** Puts a picture beneath the shapes of a workbench. */
export function showPicture({ editor, backdrop }: Pick<Workbench, 'editor' | 'backdrop'>, { source, facts, pixels }: LoadedPicture): void {
  editor.setPicture(facts, pixels);
  backdrop.set({ source, isStill: true });
}

/** A picture that is ready to be drawn. */
type Decoded = HTMLImageElement | ImageBitmap;

const kept = new Map<string, Promise<Decoded>>();
const mostKept = 4;
/** Up to this size the pixels themselves are kept (four bytes each); the browser may forget those of larger pictures, and decodes them again. */
const mostBitmapPixels = 16_000_000;

/** Fetches and decodes a picture; asked for again it is there at once, which makes the next task appear without waiting. */
export function fetchPicture(item: Pick<Item, 'id' | 'sha256'>): Promise<Decoded> {
  const key = `${item.id} ${item.sha256}`;
  const known = kept.get(key);
  if (known) return known;
  const fetched = decoded(fileUrl(item.id));
  kept.set(key, fetched);
  fetched.catch(() => kept.delete(key));
  for (const old of [...kept.keys()].slice(0, -mostKept)) kept.delete(old);
  return fetched;
}

/** @throws Error when neither the file nor a preview of it can be shown */
export async function loadPicture(item: Item): Promise<LoadedPicture> {
  try {
    const image = await fetchPicture(item);
    return pictureOf(item, image, false);
  } catch (error) {
    if (!item.hasThumbnail) throw error;
    return pictureOf(item, await decoded(thumbnailUrl(item)), true);
  }
}

function pictureOf(item: Item, image: Decoded, isPreview: boolean): LoadedPicture {
  const own = image instanceof ImageBitmap ? image : { width: image.naturalWidth, height: image.naturalHeight };
  const width = item.width ?? own.width;
  const height = item.height ?? own.height;
  const isSame = own.width === width && own.height === height;
  const source = isSame ? image : scaled(image, width, height);
  return { facts: { width, height, frames: undefined }, source, pixels: pixelsOf(() => source), isPreview };
}

function scaled(image: Decoded, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.drawImage(image, 0, 0, width, height);
  return canvas;
}

async function decoded(url: string): Promise<Decoded> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image.naturalWidth * image.naturalHeight > mostBitmapPixels ? image : createImageBitmap(image);
}

/** Reads pixels of whatever is shown when it is asked. */
export function pixelsOf(source: () => CanvasImageSource | undefined): PixelSource {
  return {
    read({ x, y, width, height, toWidth, toHeight }) {
      const canvas = new OffscreenCanvas(toWidth, toHeight);
      const context = canvas.getContext('2d', { willReadFrequently: true });
      const picture = source();
      if (!context || !picture) return { width: toWidth, height: toHeight, data: new Uint8ClampedArray(toWidth * toHeight * 4) };
      context.drawImage(picture, x, y, width, height, 0, 0, toWidth, toHeight);
      return context.getImageData(0, 0, toWidth, toHeight);
    },
  };
}
