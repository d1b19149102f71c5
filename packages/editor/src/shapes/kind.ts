import type { AnnotationGeometry, AnnotationType, Xy } from '@fovea/contract';
import type { Bounds } from '../math/bounds.ts';
import type { Matrix } from '../math/matrix.ts';
import type { Pen } from './pen.ts';

/** A place of a shape that can be taken hold of. */
export interface Handle {
  readonly id: string;
  /** `vertex` may be deleted, `midpoint` becomes a vertex when dragged, `turn` rotates, `move` shifts a part. */
  readonly kind: 'corner' | 'edge' | 'vertex' | 'midpoint' | 'turn' | 'move';
  readonly at: Xy;
  /** Of a midpoint: the length of its edge in image pixels. */
  readonly edgeLength?: number;
}

export interface DragModifiers {
  /** Shift: proportions kept, angles in steps of 15°. */
  readonly constrain: boolean;
  /** Alt: the opposite side moves the other way. */
  readonly fromCenter: boolean;
}

export interface HitOptions {
  /** Image pixels that a point may lie beside an outline. */
  readonly tolerance: number;
  /** Whether the inside counts, or the outline only. */
  readonly inside: boolean;
}

/**
 * All that the editor knows of one kind of geometry. Pure: geometries come in and go out, none is changed in place.
 * Tools, selection and renderer speak to kinds only through this.
 */
export interface ShapeKind<G extends AnnotationGeometry = AnnotationGeometry> {
  readonly type: G['type'];
  /** What the selection may do with it beside moving it. */
  readonly canTurn: boolean;
  readonly canResize: boolean;
  /** Image pixels; undefined for what has no place on the picture. */
  bounds(geometry: G): Bounds | undefined;
  hit(geometry: G, point: Xy, options: HitOptions): boolean;
  /** `unit` is the size of a CSS pixel in image pixels: handles beside the shape keep their distance on the screen. */
  handles(geometry: G, unit: number): Handle[];
  /** The geometry with a handle at a new place. Called with the geometry as it was when the drag began. */
  dragHandle(geometry: G, handleId: string, to: Xy, modifiers: DragModifiers): G;
  transform(geometry: G, matrix: Matrix): G;
  draw(pen: Pen, geometry: G): void;
  /** Points that other shapes snap to. */
  snapPoints(geometry: G): readonly Xy[];
  /** Chains of segments that other shapes snap to. */
  outlines(geometry: G): readonly Outline[];
  /** False for a shape too small to be meant: `least` is in image pixels. */
  isMeant(geometry: G, least: number): boolean;
}

export interface Outline {
  readonly points: readonly Xy[];
  readonly closed: boolean;
}

/** Kinds that have no place on the picture (a class for the whole item, text, a segmentation kept elsewhere). */
export function unplacedKind<G extends AnnotationGeometry>(type: G['type'] & AnnotationType): ShapeKind<G> {
  return {
    type,
    canTurn: false,
    canResize: false,
    bounds: () => undefined,
    hit: () => false,
    handles: () => [],
    dragHandle: (geometry) => geometry,
    transform: (geometry) => geometry,
    draw: () => undefined,
    snapPoints: () => [],
    outlines: () => [],
    isMeant: () => true,
  };
}
