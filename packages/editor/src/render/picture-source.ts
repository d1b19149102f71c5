/**
 * A picture that is too large to be decoded where it is drawn: a small one of the whole is there from the start, sharp
 * pieces come when they have been asked for. Whoever shows it sets it anew when more of it has come.
 */
export interface PiecewisePicture {
  /** The whole picture, smaller. */
  readonly overview: ImageBitmap;
  /**
   * The piece in a column and row of the picture at 1/2^level; pieces are `pieceSidePx` wide and high, those at the edges
   * smaller. Undefined while it is on its way.
   */
  piece(level: number, column: number, row: number): ImageBitmap | undefined;
}

/** Pixels along a side of a piece, at its own level. */
export const pieceSidePx = 1024;

/** What may lie beneath the shapes. */
export type PictureSource = CanvasImageSource | PiecewisePicture;

export function isPiecewise(source: PictureSource): source is PiecewisePicture {
  return 'overview' in source;
}
