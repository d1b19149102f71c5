import { coco } from './coco.ts';
import { cocoCaptions } from './coco-captions.ts';
import { cocoPanoptic } from './coco-panoptic.ts';
import { cvat } from './cvat.ts';
import type { Format } from './dataset.ts';
import { dataloop } from './dataloop.ts';
import { fiftyone } from './fiftyone.ts';
import { labelbox } from './labelbox.ts';
import { kitti } from './kitti.ts';
import { mot } from './mot.ts';
import { openImages } from './open-images.ts';
import { parquet } from './parquet.ts';
import { tfrecord } from './tfrecord.ts';
import { webdataset } from './webdataset.ts';
import { scale } from './scale.ts';
import { datumaro } from './datumaro.ts';
import { labelStudio } from './label-studio.ts';
import { labelme } from './labelme.ts';
import { voc } from './voc.ts';
import { vocSegmentation } from './voc-segmentation.ts';
import { asUtf8 } from './utf8-source.ts';
import { yoloClassify } from './yolo-classify.ts';
import { yolo, yoloObb, yoloPose, yoloSegment } from './yolo.ts';

const known: readonly Format[] = [
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
  mot,
  kitti,
  openImages,
  parquet,
  tfrecord,
  webdataset,
];

/** All formats, the commonest first. */
export const formats: readonly Format[] = known.map((format) => {
  const { read } = format;
  return read ? { ...format, read: (source, options) => read(asUtf8(source), options) } : format;
});
