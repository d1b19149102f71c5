import type { AnnotationContent, AnnotationGeometry, GeometryOf, Keyframe, Xy } from '@fovea/contract';
import { encodeRle } from '@fovea/geometry';
import { attributesOf } from './attributes.ts';
import type { LabelledItem } from './dataset.ts';
import { corners } from './dataloop-write.ts';
import { fromBase64 } from './files.ts';
import { runsInBox } from './mask-layers.ts';
import { decodePng } from './png.ts';
import {
  asConfidence,
  asCount,
  asList,
  asNumber,
  asObject,
  asObjects,
  asText,
  type Json,
  xyObjects,
} from './values.ts';

const degrees = 180 / Math.PI;

/** What must be known of an item to understand its annotations. */
export type DataloopMedia = Pick<LabelledItem, 'width' | 'height' | 'frames'>;

/** What a Dataloop annotation says; the rest has defaults. */
export type DataloopContent = Pick<AnnotationContent, 'label' | 'geometry' | 'attributes' | 'confidence'> &
  Partial<Pick<AnnotationContent, 'frame' | 'endFrame' | 'keyframes' | 'source'>>;

/**
 * An annotation as Dataloop writes it (`type`, `label`, `coordinates`, `metadata`) as content of ours, or why that cannot be. The points of a
 * pose are annotations of their own: its `children`.
 */
export function contentOfDataloop(
  record: Json,
  media: DataloopMedia,
  children: readonly Json[] = [],
): DataloopContent | string {
  const system = asObject(asObject(record['metadata'])?.['system']) ?? {};
  const model = asObject(asObject(asObject(record['metadata'])?.['user'])?.['model']);
  const type = String(record['type']);
  const geometry = type === 'pose' ? poseOf(children) : geometryOf(type, record['coordinates'], media);
  if (typeof geometry === 'string') return geometry;
  const common: DataloopContent = {
    label: asText(record['label']) ?? '',
    geometry,
    attributes: attributesOf(system['attributes']),
    confidence: asConfidence(model?.['confidence']),
    ...(model && { source: 'model' as const }),
  };
  const isFilm = media.frames !== undefined && media.frames > 1;
  const frame = asCount(system['frame']);
  if (!isFilm || frame === undefined) return common;
  const endFrame = asCount(system['endFrame']) ?? frame;
  const snapshots = asObjects(system['snapshots_']);
  if (snapshots.length === 0) return { ...common, frame, endFrame: endFrame > frame ? endFrame : null };
  const keyframes = keyframesOf(common, frame, snapshots, type, media);
  return typeof keyframes === 'string' ? keyframes : { ...common, frame, endFrame, keyframes };
}

/** Between snapshots the state of the last one holds: before one that differs, a key frame keeps it still. */
function keyframesOf(
  first: Pick<DataloopContent, 'geometry' | 'attributes'>,
  frame: number,
  snapshots: readonly Json[],
  type: string,
  media: DataloopMedia,
): Keyframe[] | string {
  const keyframes: Keyframe[] = [{ frame, geometry: first.geometry, attributes: first.attributes ?? {} }];
  for (const snapshot of snapshots) {
    const at = asCount(snapshot['frame']);
    const previous = keyframes[keyframes.length - 1];
    if (at === undefined || previous === undefined || at <= previous.frame) continue;
    const geometry = geometryOf(asText(snapshot['type']) ?? type, snapshot['data'], media);
    if (typeof geometry === 'string') return geometry;
    if (at > previous.frame + 1 && !previous.outside && JSON.stringify(previous.geometry) !== JSON.stringify(geometry))
      keyframes.push({ frame: at - 1, geometry: previous.geometry });
    keyframes.push({
      frame: at,
      geometry,
      ...(snapshot['objectVisible'] === false && { outside: true }),
      attributes: attributesOf(snapshot['namedAttributes']),
    });
  }
  return keyframes;
}

function geometryOf(type: string, coordinates: unknown, media: DataloopMedia): AnnotationGeometry | string {
  const record = asObject(coordinates) ?? {};
  const list = asList(coordinates);
  const number = (value: unknown) => asNumber(value) ?? Number.NaN;
  switch (type) {
    case 'class':
      return { type: 'classification' };
    case 'point':
      return { type: 'point', x: number(record['x']), y: number(record['y']) };
    case 'box':
      return boxOf(list);
    case 'segment': {
      // A ring may also stand bare, without the list of rings.
      const rings = (Array.isArray(list[0]) ? list : [list]).map(xyObjects);
      const [points, ...holes] = rings.filter((ring) => ring !== undefined);
      if (points === undefined || rings.includes(undefined)) return 'its points cannot be read';
      return holes.length > 0 ? { type: 'polygon', points, holes } : { type: 'polygon', points };
    }
    case 'polyline': {
      const points = xyObjects(Array.isArray(list[0]) ? list[0] : list);
      return points ? { type: 'polyline', points } : 'its points cannot be read';
    }
    case 'ellipse': {
      const center = asObject(record['center']);
      return {
        type: 'ellipse',
        cx: number(center?.['x']),
        cy: number(center?.['y']),
        rx: number(record['rx']),
        ry: number(record['ry']),
        angle: (asNumber(record['angle']) ?? 0) / degrees,
      };
    }
    case 'cube':
      return {
        type: 'cuboid',
        vertices: corners.map((corner): Xy => [
          number(asObject(record[corner])?.['x']),
          number(asObject(record[corner])?.['y']),
        ]),
      };
    case 'cube_3d': {
      const triple = (key: string): [number, number, number] => {
        const value = asObject(record[key]);
        return [number(value?.['x']), number(value?.['y']), number(value?.['z'])];
      };
      return { type: 'cuboid', center: triple('position'), size: triple('scale'), rotation: triple('rotation') };
    }
    case 'binary':
      return maskOf(typeof coordinates === 'string' ? coordinates : '', media);
    case 'subtitle':
    case 'item_description':
      return { type: 'text', text: String(record['text'] ?? '') };
    default:
      return `an annotation of type ${type.slice(0, 50)} is not known`;
  }
}

/** Two corners, and for a turned box its angle in degrees. */
function boxOf(list: readonly unknown[]): AnnotationGeometry {
  const [a, b] = [asObject(list[0]), asObject(list[1])];
  const number = (value: unknown) => asNumber(value) ?? Number.NaN;
  const [x, y, width, height] = [
    number(a?.['x']),
    number(a?.['y']),
    number(b?.['x']) - number(a?.['x']),
    number(b?.['y']) - number(a?.['y']),
  ];
  const angle = asNumber(list[2]);
  if (angle === undefined) return { type: 'box', x, y, width, height };
  return { type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle: angle / degrees };
}

/** A PNG of the item's size whose pixels with an alpha over 127 belong to the mask. */
function maskOf(text: string, media: DataloopMedia): GeometryOf<'mask'> | string {
  const bytes = fromBase64(text.replace(/^data:image\/png;base64,/, ''));
  if (bytes === undefined || bytes.length === 0) return 'its mask is not base64';
  const { width, height, channels, data } = decodePng(bytes, 'mask');
  if (width !== media.width || height !== media.height) return 'its mask has another size than the item';
  const last = channels - 1;
  const box = { left: 0, top: 0, width, height };
  const runs = runsInBox(box, box, (x, y) => (data[(y * width + x) * channels + last] ?? 0) > 127);
  return { type: 'mask', rle: encodeRle(runs) };
}

/** The points of a pose are annotations of their own below it; their labels name them. */
function poseOf(children: readonly Json[]): AnnotationGeometry | string {
  const points = children.map((child): GeometryOf<'keypoints'>['points'][number] => {
    const place = asObject(child['coordinates']);
    const seen = asObject(asObject(asObject(child['metadata'])?.['system'])?.['attributes'])?.['visibility'];
    const visibility = seen === 0 ? 0 : seen === 1 ? 1 : 2;
    return {
      name: asText(child['label']) ?? '',
      x: asNumber(place?.['x']) ?? Number.NaN,
      y: asNumber(place?.['y']) ?? Number.NaN,
      visibility,
    };
  });
  return points.length > 0 ? { type: 'keypoints', points } : 'its pose has no points';
}
