import type { Item } from '@fovea/contract';
import type { PictureFacts, PictureSource, PixelSource } from '@fovea/editor';
import { fileUrl, thumbnailUrl } from '../../../api/items.ts';
import { LargePicture } from './large-picture.ts';
import type { Workbench } from './workbench.ts';

/** What is beneath the shapes of a still. */
export interface LoadedPicture {
  readonly facts: PictureFacts;
  readonly source: PictureSource;
  readonly pixels: PixelSource;
  /** The browser cannot show the file: this is its thumbnail, enlarged. */
  readonly isPreview: boolean;
}

/** What the renderer shows beneath the shapes. */
export interface Backdrop {
  readonly source: PictureSource;
  readonly isStill: boolean;
}

/** Puts a picture beneath the shapes of a workbench. */
export function showPicture({ editor, backdrop }: Pick<Workbench, 'editor' | 'backdrop'>, { source, facts, pixels }: LoadedPicture): void {
  editor.setPicture(facts, pixels);
  const show = () => backdrop.set({ source, isStill: true });
  if (source instanceof LargePicture) source.onPieces = show;
  show();
}

/** A picture that is ready to be drawn. */
type Decoded = HTMLImageElement | ImageBitmap | LargePicture;

const kept = new Map<string, Promise<Decoded>>();
const mostKept = 4;
/**
 * Up to this size all the pixels are kept (four bytes each). Larger pictures come in pieces: an element's pixels the browser
 * would forget, and decode again whenever a piece is drawn, while the page stands still.
 */
const mostBitmapPixels = 16_000_000;

/** Fetches and decodes a picture; asked for again it is there at once, which makes the next task appear without waiting. */
function fetchPicture(item: Item): Promise<Decoded> {
  const key = `${item.id} ${item.sha256}`;
  const known = kept.get(key);
  if (known) return known;
  const fetched = decodedFile(item, key);
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
  if (image instanceof LargePicture) return { facts: { width: image.width, height: image.height, frames: undefined }, source: image, pixels: pixelsOfLarge(image), isPreview };
  const own = image instanceof ImageBitmap ? image : { width: image.naturalWidth, height: image.naturalHeight };
  const width = item.width ?? own.width;
  const height = item.height ?? own.height;
  const isSame = own.width === width && own.height === height;
  const source = isSame ? image : scaled(image, width, height);
  return { facts: { width, height, frames: undefined }, source, pixels: pixelsOf(() => source), isPreview };
}

function scaled(image: CanvasImageSource, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.drawImage(image, 0, 0, width, height);
  return canvas;
}

async function decodedFile(item: Item, key: string): Promise<Decoded> {
  const { width, height } = item;
  if (width === null || height === null || width * height <= mostBitmapPixels) return decoded(fileUrl(item.id));
  // A drawing (SVG), or a store that hands out its files to elements only: the element shows it.
  return LargePicture.open(fileUrl(item.id), key, { width, height }).catch(() => decoded(fileUrl(item.id)));
}

async function decoded(url: string): Promise<HTMLImageElement | ImageBitmap> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image.naturalWidth * image.naturalHeight > mostBitmapPixels ? image : createImageBitmap(image);
}

/** Reads pixels of whatever is shown when it is asked. */
export function pixelsOf(source: () => CanvasImageSource | undefined): PixelSource {
  return readWith((context, { x, y, width, height, toWidth, toHeight }) => {
    const picture = source();
    if (picture) context.drawImage(picture, x, y, width, height, 0, 0, toWidth, toHeight);
  });
}

const pixelsOfLarge = (picture: LargePicture): PixelSource => readWith((context, part) => picture.paint(context, part));

function readWith(paint: (context: OffscreenCanvasRenderingContext2D, part: Parameters<PixelSource['read']>[0]) => void): PixelSource {
  return {
    read(part) {
      const { toWidth, toHeight } = part;
      const context = new OffscreenCanvas(toWidth, toHeight).getContext('2d', { willReadFrequently: true });
      if (!context) return { width: toWidth, height: toHeight, data: new Uint8ClampedArray(toWidth * toHeight * 4) };
      paint(context, part);
      return context.getImageData(0, 0, toWidth, toHeight);
    },
  };
}
