import type { GeometryOf } from '@fovea/contract';
import { unplacedKind } from './kind.ts';

/** A segmentation of a stack, kept as a blob: the scan viewer draws it, not the picture editor. */
export const volumeKind = unplacedKind<GeometryOf<'volume'>>('volume');
