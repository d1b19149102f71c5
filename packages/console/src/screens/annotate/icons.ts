import type { AnnotationType } from '@fovea/contract';
import type { ToolId } from '@fovea/editor';
import {
  IconAffiliate, IconBrush, IconBucketDroplet, IconContrast2, IconCube, IconEraser, IconFrame, IconHandStop, IconHexagonMinus, IconHexagons, IconLetterT, IconMagnet,
  IconOval, IconPaint, IconPoint, IconPointer, IconPolygon, IconRectangle, IconRotateRectangle, IconSlice, IconSparkles, IconStack2, IconTag, IconVectorSpline, IconWand, type Icon,
} from '@tabler/icons-react';

export const toolIcons: Record<ToolId, Icon> = {
  select: IconPointer,
  pan: IconHandStop,
  point: IconPoint,
  box: IconRectangle,
  rotated_box: IconRotateRectangle,
  polygon: IconPolygon,
  polyline: IconVectorSpline,
  ellipse: IconOval,
  cuboid: IconCube,
  keypoints: IconAffiliate,
  window: IconContrast2,
  brush: IconBrush,
  threshold_brush: IconPaint,
  eraser: IconEraser,
  fill: IconBucketDroplet,
  cut: IconSlice,
  hole: IconHexagonMinus,
  live_wire: IconMagnet,
  wand: IconWand,
  smart_box: IconFrame,
  superpixels: IconHexagons,
  ask_model: IconSparkles,
};

export const typeIcons: Record<AnnotationType, Icon> = {
  classification: IconTag,
  point: IconPoint,
  box: IconRectangle,
  rotated_box: IconRotateRectangle,
  polygon: IconPolygon,
  polyline: IconVectorSpline,
  ellipse: IconOval,
  cuboid: IconCube,
  keypoints: IconAffiliate,
  mask: IconBrush,
  text: IconLetterT,
  volume: IconStack2,
};
