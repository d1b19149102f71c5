import { coco } from './coco.ts';
import type { Format } from './dataset.ts';
import { cvat } from './cvat.ts';
import { voc } from './voc.ts';
import { yolo, yoloClassify, yoloObb, yoloPose, yoloSegment } from './yolo.ts';

/** All formats, the commonest first. */
export const formats: readonly Format[] = [coco, yolo, yoloSegment, yoloPose, yoloObb, yoloClassify, voc, cvat];
