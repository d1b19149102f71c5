import type { Xy } from '@fovea/contract';

/** An upright rectangle in pixels; `x, y` is its top left corner. */
export type Box = { x: number; y: number; width: number; height: number };

/** A closed ring of points; the last joins the first without being repeated. */
export type Ring = readonly Xy[];

/** An area of the plane: an outer ring and holes within it. */
export type Region = { points: Ring; holes?: readonly Ring[] | undefined };

/** The size of a picture in pixels. */
export type Size = { width: number; height: number };
