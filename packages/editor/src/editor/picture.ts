/** The values that a scan shows from black to white, in real values (Hounsfield units of a CT). */
export interface PictureWindow {
  readonly center: number;
  readonly width: number;
}

/** The size of what is annotated, in image pixels; `frames` is undefined for a still. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly frames: number | undefined;
  /** A scan: frames that make a volume, frames (or a single one) that each stand for themselves. Undefined: a picture or a video. */
  readonly scan?: 'volume' | 'frames' | undefined;
  /** What a scan shows where nobody has chosen otherwise; undefined where there is nothing to choose. */
  readonly window?: PictureWindow | undefined;
}

/** A rectangle of colours, row by row, four bytes a pixel (red, green, blue, alpha): what `ImageData` is. */
export interface PixelRect {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Gives the smart tools the picture's pixels; the page decides how (a canvas, a decoder, a worker). */
export interface PixelSource {
  /** The pixels of a rectangle that lies within the picture, scaled to the size given (both in whole pixels). */
  read(request: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly toWidth: number;
    readonly toHeight: number;
  }): PixelRect;
  /** The stored values of the whole frame, row by row, and what makes real ones of them; undefined of colours. */
  values?(): { readonly data: ArrayLike<number>; readonly slope: number; readonly intercept: number } | undefined;
}
