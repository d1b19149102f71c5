import type { GeometryOf } from '@fovea/contract';
import { unplacedKind } from './kind.ts';

/** Text of its own or a span of the item's text: shown beside the picture. */
export const textKind = unplacedKind<GeometryOf<'text'>>('text');
