import type { AnnotationContent, AnnotationGeometry, Attributes, Item, Xy } from '@fovea/contract';
import { annotationFault } from '../../labeling/annotations/check.ts';
import type { DoorExtras } from '../../labeling/annotations/new-row.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { origin } from './context.ts';
import type { AnnotationItem, WireAnnotationType } from './wire.ts';

type Row = Record<string, unknown>;

/** What the door keeps on an annotation: what was said, as it was said. */
export interface AnnotationNotes {
  type: WireAnnotationType;
  scope: 'frame' | 'image';
  frame_index: number | null;
  value?: string | number | boolean | null;
  units?: string | null;
  geometry?: unknown;
  worklist?: string | null;
  project?: string | null;
  imported_from?: string | null;
  import_author?: string | null;
  is_model?: boolean | null;
  model_id?: string | null;
  source?: string | null;
  /** Name and media type of the file that came with it. */
  file?: { name: string; mediaType: string };
  approved_at?: string;
  approved_by?: string;
}

export type NewAnnotation = AnnotationContent & DoorExtras & { id?: string };

/** An annotation as the room takes it. Where the shape has no place on the item, it stays a classification, and the shape is kept as it was said. */
export function fromWire(said: AnnotationItem, item: Item): NewAnnotation {
  const frame = said.frame_range?.[0] ?? said.frame_index ?? null;
  const endFrame = said.frame_range ? said.frame_range[1] : null;
  const notes: AnnotationNotes = {
    type: said.type,
    scope: said.scope ?? (frame === null ? 'image' : 'frame'),
    frame_index: frame,
    ...given(said, ['value', 'units', 'geometry', 'imported_from', 'import_author', 'is_model', 'model_id', 'source']),
    ...(said.annotation_worklist_id == null ? {} : { worklist: said.annotation_worklist_id }),
  };
  const content = {
    label: said.identifier,
    attributes: attributesOf(said.value),
    confidence: null,
    source: sourceOf(said),
    origin,
    extra: notes,
    ...(said.import_author == null ? {} : { createdBy: said.import_author }),
  };
  return { ...content, ...placed(toGeometry(said.type, pointsOf(said.geometry)), frame, endFrame, item) };
}

function attributesOf(value: AnnotationItem['value']): Attributes {
  return value == null ? {} : { value };
}

/** The first of these that fits the item: the shape on its frame, nothing but the frame, nothing. */
function placed(geometry: AnnotationGeometry, frame: number | null, endFrame: number | null, item: Item): Pick<AnnotationContent, 'type' | 'geometry' | 'frame' | 'endFrame'> {
  const plain: AnnotationGeometry = { type: 'classification' };
  const tries = [
    { type: geometry.type, geometry, frame, endFrame },
    { type: plain.type, geometry: plain, frame, endFrame },
  ];
  return tries.find((content) => annotationFault(content, item) === undefined) ?? { type: plain.type, geometry: plain, frame: null, endFrame: null };
}

function given<K extends keyof AnnotationItem>(said: AnnotationItem, keys: readonly K[]): Row {
  return Object.fromEntries(keys.filter((key) => said[key] !== undefined && said[key] !== null).map((key) => [key, said[key]]));
}

function sourceOf(said: AnnotationItem): 'human' | 'model' | 'import' {
  if (said.is_model || said.model_id != null || said.source?.startsWith('model')) return 'model';
  return said.source === 'imported' || said.imported_from != null ? 'import' : 'human';
}

/** Points in pixels; none when they are places in the patient, which come with the plane that they were seen in. */
function pointsOf(geometry: AnnotationItem['geometry']): Xy[] {
  if (!geometry?.points || geometry['viewPlaneNormal'] != null || geometry['viewUp'] != null) return [];
  return geometry.points.map(([x = 0, y = 0]): Xy => [x, y]);
}

/** The shape of a type with these points. A segmentation gets its shape with its file. */
function toGeometry(type: WireAnnotationType, points: readonly Xy[]): AnnotationGeometry {
  const [first, second] = points;
  switch (type) {
    case 'point':
      return first ? { type: 'point', x: first[0], y: first[1] } : { type: 'classification' };
    case 'line':
    case 'distance':
    case 'angle':
      return points.length >= 2 ? { type: 'polyline', points: [...points] } : { type: 'classification' };
    case 'region':
    case 'area':
    case 'spline':
      return points.length >= 3 ? { type: 'polygon', points: [...points] } : points.length === 2 ? { type: 'polyline', points: [...points] } : { type: 'classification' };
    case 'square':
      return points.length >= 2 ? boxAround(points) : { type: 'classification' };
    case 'circle':
      if (points.length > 2) return ellipseIn(boxAround(points));
      return first && second ? circle(first, second) : { type: 'classification' };
    default:
      return { type: 'classification' };
  }
}

function boxAround(points: readonly Xy[]): { type: 'box'; x: number; y: number; width: number; height: number } {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { type: 'box', x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function ellipseIn({ x, y, width, height }: { x: number; y: number; width: number; height: number }): AnnotationGeometry {
  return { type: 'ellipse', cx: x + width / 2, cy: y + height / 2, rx: width / 2, ry: height / 2, angle: 0 };
}

/** Two points are the centre and a point on the circle. */
function circle([cx, cy]: Xy, [x, y]: Xy): AnnotationGeometry {
  const r = Math.hypot(x - cx, y - cy);
  return { type: 'ellipse', cx, cy, rx: r, ry: r, angle: 0 };
}

/** What an annotation that was made in Fovea is called here. */
export const typesOf: Record<AnnotationGeometry['type'], WireAnnotationType> = {
  mask: 'segmentation',
  volume: 'segmentation',
  box: 'square',
  rotated_box: 'region',
  polygon: 'region',
  polyline: 'line',
  ellipse: 'circle',
  point: 'point',
  keypoints: 'region',
  cuboid: 'region',
  text: 'category',
  classification: 'label',
};

/** What the notes of an annotation are read from, or made of. */
export type AnnotationSource = Pick<StoredAnnotation, 'origin' | 'extra' | 'geometry' | 'attributes' | 'type' | 'frame' | 'source'>;

export function annotationNotes(annotation: AnnotationSource): AnnotationNotes {
  if (annotation.origin === origin && annotation.extra !== null) return annotation.extra as AnnotationNotes;
  const value = annotation.geometry.type === 'text' ? annotation.geometry.text : annotation.attributes['value'];
  const type = annotation.type === 'classification' && value !== undefined ? 'category' : typesOf[annotation.type];
  return {
    type,
    scope: annotation.frame === null ? 'image' : 'frame',
    frame_index: annotation.frame,
    value: typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null,
    geometry: wireGeometry(annotation.geometry, annotation.frame ?? 0),
    is_model: annotation.source === 'model',
    source: { human: 'manual', model: 'model_pipeline', import: 'imported' }[annotation.source],
  };
}

/** A shape as points with the frame as their third coordinate; null for what has no points. */
function wireGeometry(geometry: AnnotationGeometry, frame: number): { points: number[][] } | null {
  const points = (list: readonly Xy[]) => ({ points: list.map(([x, y]) => [x, y, frame]) });
  switch (geometry.type) {
    case 'point':
      return points([[geometry.x, geometry.y]]);
    case 'box': {
      const { x, y, width, height } = geometry;
      return points([[x, y], [x + width, y], [x, y + height], [x + width, y + height]]);
    }
    case 'polygon':
    case 'polyline':
      return points(geometry.points);
    case 'keypoints':
      return points(geometry.points.filter(({ visibility }) => visibility > 0).map(({ x, y }) => [x, y]));
    case 'cuboid':
      return points(geometry.vertices ?? []);
    case 'rotated_box':
      return points(corners(geometry));
    case 'ellipse': {
      const { cx, cy, rx, ry } = geometry;
      return points([[cx, cy], [cx + Math.max(rx, ry), cy]]);
    }
    default:
      return null;
  }
}

function corners({ cx, cy, width, height, angle }: { cx: number; cy: number; width: number; height: number; angle: number }): Xy[] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const signs: Xy[] = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  return signs.map(([sx, sy]) => [cx + (sx * width * cos - sy * height * sin) / 2, cy + (sx * width * sin + sy * height * cos) / 2]);
}

/** The annotation object of replies. `resource` gives the name and modality of its resource, where they are known. */
export function toWire(annotation: StoredAnnotation, resource?: { filename: string; modality: string | null }): Row {
  const notes = annotationNotes(annotation);
  const numeric = notes.type === 'integer' || notes.type === 'float';
  const value = notes.value ?? null;
  const file = annotation.blob === null && annotation.type !== 'mask' && annotation.type !== 'volume' ? null : `annotations/${annotation.id}/${annotation.blob?.slice(0, 16) ?? annotation.revision}`;
  return {
    id: annotation.id,
    identifier: annotation.label,
    annotation_type: notes.type,
    scope: notes.scope,
    frame_index: notes.frame_index,
    text_value: numeric || value === null ? null : String(value),
    numeric_value: numeric && value !== null ? Number(value) : null,
    units: notes.units ?? null,
    geometry: notes.geometry ?? null,
    created_at: annotation.createdAt,
    created_by: annotation.createdBy,
    annotation_worklist_id: notes.worklist ?? null,
    project_id: notes.project ?? null,
    imported_from: notes.imported_from ?? null,
    import_author: notes.import_author ?? null,
    status: notes.approved_at === undefined ? 'new' : 'published',
    approved_at: notes.approved_at ?? null,
    approved_by: notes.approved_by ?? null,
    resource_id: annotation.itemId,
    associated_file: file,
    file,
    deleted: annotation.deleted,
    deleted_at: annotation.deleted ? annotation.updatedAt : null,
    deleted_by: annotation.deleted ? annotation.updatedBy : null,
    created_by_model: notes.model_id ?? null,
    is_model: notes.is_model ?? false,
    model_id: notes.model_id ?? null,
    source: notes.source ?? null,
    resource_filename: resource?.filename ?? null,
    resource_modality: resource?.modality ?? null,
    ...(annotation.endFrame === null ? {} : { frame_range: [annotation.frame, annotation.endFrame] }),
  };
}
