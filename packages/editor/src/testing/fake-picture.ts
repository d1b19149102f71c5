import type { PixelRect, PixelSource } from '../editor/picture.ts';

export type Paint = (x: number, y: number) => readonly [number, number, number];

/** A picture given by a function of the place, for the smart tools; reduced sizes take the nearest pixel. */
export function paintedPicture(paint: Paint, grain = 0): PixelSource {
  return { read: (request) => readPainted(paint, request, grain) };
}

export interface ReadRequest {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly toWidth: number;
  readonly toHeight: number;
}

export function readPainted(paint: Paint, { x, y, width, height, toWidth, toHeight }: ReadRequest, grain: number): PixelRect {
  const data = new Uint8ClampedArray(toWidth * toHeight * 4);
  let state = 1;
  for (let row = 0; row < toHeight; row++) {
    for (let column = 0; column < toWidth; column++) {
      const at = (row * toWidth + column) * 4;
      const color = paint(Math.floor(x + ((column + 0.5) * width) / toWidth), Math.floor(y + ((row + 0.5) * height) / toHeight));
      color.forEach((value, channel) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        data[at + channel] = value + (state / 2 ** 32 - 0.5) * 2 * grain;
      });
      data[at + 3] = 255;
    }
  }
  return { width: toWidth, height: toHeight, data };
}
