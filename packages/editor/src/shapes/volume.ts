import type { GeometryOf } from '@fovea/contract';
import { unplacedKind } from './kind.ts';

/** A segmentation of a stack: on a frame it is shown and changed as the mask of its pixels there (see `stateAt`). */
export const volumeKind = unplacedKind<GeometryOf<'volume'>>('volume');
