import type { GeometryOf } from '@fovea/contract';
import { unplacedKind } from './kind.ts';

/** A class for the whole item (or frame range): shown in the panels, not on the picture. */
export const classificationKind = unplacedKind<GeometryOf<'classification'>>('classification');
