import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { rotatedBoxVertices } from '@fovea/geometry';
import type { LabelledAnnotation, LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, toBase64 } from './files.ts';
import { bitmapOf } from './mask-layers.ts';
import { baseName, folderOf } from './paths.ts';
import { encodePng } from './png.ts';
import { statesOf } from './tracks.ts';
import type { Json } from './values.ts';
import type { WriteContext } from './writing.ts';

const degrees = 180 / Math.PI;

/** The corners of a drawn cuboid in our order. */
export const corners = [
  'front_tl',
  'front_tr',
  'front_br',
  'front_bl',
  'back_tl',
  'back_tr',
  'back_br',
  'back_bl',
] as const;

/** Writes an array of items. */
export async function* writeItems({ items }: WriteContext): AsyncIterable<FilePiece> {
  const path = 'items.json';
  let count = 0;
  yield { path, bytes: encodeText('[\n') };
  for await (const item of items) {
    yield { path, bytes: encodeText(`${count === 0 ? '' : ',\n'}${JSON.stringify(itemRecord(item))}`) };
    count += 1;
  }
  yield { path, bytes: encodeText('\n]\n') };
}

function itemRecord(item: LabelledItem): Json {
  const { width, height, mediaType, frames, fps, split } = item;
  const system = {
    width,
    height,
    ...(mediaType !== undefined && { mimetype: mediaType }),
    ...(frames !== undefined && { ffmpeg: { nb_read_frames: frames } }),
    ...(split !== undefined && { tags: { [split]: true } }),
    refs: [],
  };
  const folder = folderOf(item.path);
  return {
    id: item.path,
    filename: `/${item.path}`,
    name: baseName(item.path),
    dir: folder === '' ? '/' : `/${folder}`,
    type: 'file',
    metadata: { system, ...(fps !== undefined && { fps }), user: item.metadata ?? {} },
    annotations: item.annotations.flatMap((annotation) => recordsOfDataloop(annotation, item)),
  };
}

/** An annotation as Dataloop has it; keypoints as a pose, followed by its points. The item's size is that of masks. */
export function recordsOfDataloop(
  annotation: LabelledAnnotation,
  item: Pick<LabelledItem, 'width' | 'height' | 'fps'>,
): Json[] {
  const { id, label, geometry, attributes, confidence, frame, endFrame } = annotation;
  const times =
    frame === null
      ? {}
      : {
          frame,
          endFrame: endFrame ?? frame,
          objectId: id,
          ...(item.fps !== undefined && { startTime: frame / item.fps, endTime: (endFrame ?? frame) / item.fps }),
        };
  const snapshots = annotation.keyframes ? { snapshots_: snapshotsOf(annotation, item) } : {};
  // A track's first state is the annotation itself, with the attributes of its first key frame.
  const first = { ...attributes, ...annotation.keyframes?.[0]?.attributes };
  const metadata = {
    system: { automated: confidence !== null, attributes: first, ...times, ...snapshots },
    user: confidence === null ? {} : { model: { name: 'model', confidence } },
  };
  const own = { id, label, metadata, ...shapeRecord(geometry, annotation, item) };
  if (geometry.type !== 'keypoints') return [own];
  const points = geometry.points.map(({ name, x, y, visibility }, index) => ({
    id: `${id ?? ''}.${index}`,
    label: name,
    metadata: { system: { attributes: { visibility }, parentId: id }, user: {} },
    type: 'point',
    coordinates: { x, y, z: 0 },
  }));
  return [own, ...points];
}

function snapshotsOf(annotation: LabelledAnnotation, item: Pick<LabelledItem, 'width' | 'height'>): Json[] {
  const states = statesOf(annotation) ?? [];
  return states.slice(1).flatMap((state, index) => {
    const before = states[index];
    const { type, coordinates } = shapeRecord(state.geometry, annotation, item);
    const snapshot = {
      frame: state.frame,
      fixed: true,
      label: annotation.label,
      type,
      objectVisible: true,
      data: coordinates,
      namedAttributes: state.attributes ?? {},
    };
    const gap = before && state.frame > before.frame + 1;
    const { coordinates: last } = before ? shapeRecord(before.geometry, annotation, item) : { coordinates };
    return gap
      ? [
          {
            ...snapshot,
            frame: before.frame + 1,
            objectVisible: false,
            data: last,
            namedAttributes: before.attributes ?? {},
          },
          snapshot,
        ]
      : [snapshot];
  });
}

function shapeRecord(
  geometry: AnnotationGeometry,
  annotation: LabelledAnnotation,
  item: Pick<LabelledItem, 'width' | 'height'>,
): { type: string; coordinates: unknown } {
  const at = ([x, y]: Xy) => ({ x, y, z: 0 });
  const ring = (points: readonly Xy[]) => points.map(([x, y]) => ({ x, y }));
  switch (geometry.type) {
    case 'point':
      return { type: 'point', coordinates: at([geometry.x, geometry.y]) };
    case 'box':
      return {
        type: 'box',
        coordinates: [at([geometry.x, geometry.y]), at([geometry.x + geometry.width, geometry.y + geometry.height])],
      };
    case 'rotated_box': {
      const [corner, , opposite] = rotatedBoxVertices({ ...geometry, angle: 0 });
      return { type: 'box', coordinates: [at(corner), at(opposite), geometry.angle * degrees] };
    }
    case 'polygon':
      return { type: 'segment', coordinates: [geometry.points, ...(geometry.holes ?? [])].map(ring) };
    case 'polyline':
      return { type: 'polyline', coordinates: [ring(geometry.points)] };
    case 'ellipse':
      return {
        type: 'ellipse',
        coordinates: {
          angle: geometry.angle * degrees,
          center: at([geometry.cx, geometry.cy]),
          rx: geometry.rx,
          ry: geometry.ry,
        },
      };
    case 'cuboid': {
      if (geometry.vertices)
        return {
          type: 'cube',
          coordinates: {
            ...Object.fromEntries(corners.map((corner, i) => [corner, at(geometry.vertices?.[i] ?? [0, 0])])),
            angle: 0,
          },
        };
      const triple = ([x, y, z]: readonly [number, number, number] = [0, 0, 0]) => ({ x, y, z });
      return {
        type: 'cube_3d',
        coordinates: {
          position: triple(geometry.center),
          scale: triple(geometry.size),
          rotation: triple(geometry.rotation),
        },
      };
    }
    case 'mask':
      return { type: 'binary', coordinates: maskText({ ...annotation, geometry }, item) };
    case 'text':
      return { type: 'subtitle', coordinates: { text: geometry.text } };
    case 'keypoints':
      return { type: 'pose', coordinates: { templateId: annotation.label, instanceId: annotation.id } };
    default:
      return { type: 'class', coordinates: [] };
  }
}

function maskText(annotation: LabelledAnnotation, { width, height }: Pick<LabelledItem, 'width' | 'height'>): string {
  const data = new Uint8Array(width * height * 4);
  bitmapOf(annotation)?.forEach((pixel, i) => data.fill(pixel * 255, i * 4, i * 4 + 4));
  return `data:image/png;base64,${toBase64(encodePng({ width, height, channels: 4, data }))}`;
}
