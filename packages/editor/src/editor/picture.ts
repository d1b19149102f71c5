/** The size of what is annotated, in image pixels; `frames` is undefined for a still. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly frames: number | undefined;
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
}
