import type { AnnotationGeometry, Xy } from '@fovea/contract';
import type { TiledMask } from '../masks/tiled-mask.ts';
import type { Bounds } from '../math/bounds.ts';

/**
 * What tools show above the shapes, as data in image coordinates: the renderer draws it, tests read it. Widths and radii
 * are CSS pixels; they do not grow with the zoom.
 */
export type OverlayItem =
  | { readonly kind: 'draft'; readonly geometry: AnnotationGeometry; readonly color: string }
  | { readonly kind: 'line'; readonly points: readonly Xy[]; readonly closed: boolean; readonly look: LineLook; readonly color?: string }
  | { readonly kind: 'vertex'; readonly at: Xy; readonly isHot: boolean; readonly color: string }
  | { readonly kind: 'rectangle'; readonly bounds: Bounds; readonly look: LineLook }
  | { readonly kind: 'brush'; readonly at: Xy; readonly size: number; readonly shape: 'circle' | 'square'; readonly isErasing: boolean }
  | { readonly kind: 'pixels'; readonly mask: TiledMask; readonly color: string }
  | { readonly kind: 'snap'; readonly at: Xy };

export type LineLook = 'solid' | 'dashed' | 'marquee' | 'guide';
