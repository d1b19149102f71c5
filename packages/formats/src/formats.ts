import { coco } from './coco.ts';
import { cocoCaptions } from './coco-captions.ts';
import { cocoPanoptic } from './coco-panoptic.ts';
import { cvat } from './cvat.ts';
import type { Format } from './dataset.ts';
import { dataloop } from './dataloop.ts';
import { fiftyone } from './fiftyone.ts';
import { labelbox } from './labelbox.ts';
import { scale } from './scale.ts';
import { datumaro } from './datumaro.ts';
import { labelStudio } from './label-studio.ts';
import { labelme } from './labelme.ts';
import { voc } from './voc.ts';
import { vocSegmentation } from './voc-segmentation.ts';
import { yolo, yoloClassify, yoloObb, yoloPose, yoloSegment } from './yolo.ts';

/** All formats, the commonest first. */
export const formats: readonly Format[] = [
  coco,
  cocoPanoptic,
  cocoCaptions,
  yolo,
  yoloSegment,
  yoloPose,
  yoloObb,
  yoloClassify,
  voc,
  vocSegmentation,
  cvat,
  labelStudio,
  labelme,
  datumaro,
  fiftyone,
  labelbox,
  dataloop,
  scale,
];
