import { coco } from './coco.ts';
import type { Format } from './dataset.ts';

/** All formats, by name. */
export const formats: readonly Format[] = [coco];
