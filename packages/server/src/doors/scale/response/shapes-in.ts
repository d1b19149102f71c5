import type { AnnotationContent, AnnotationGeometry, Attributes, Xy } from '@fovea/contract';
import { isObject, type Json } from '../../../labeling/task-types/work.ts';

/** Annotations of a `hypothesis` or `base_annotations`, in ours; what cannot be read is counted. */
export function annotationsIn(given: unknown, labelOfAll: string): { contents: AnnotationContent[]; unread: number } {
  const list = Array.isArray(given) ? given : isObject(given) && Array.isArray(given['annotations']) ? (given['annotations'] as unknown[]) : [];
  const contents = list.flatMap((one): AnnotationContent[] => {
    const content = isObject(one) ? annotationIn(one, labelOfAll) : undefined;
    return content ? [content] : [];
  });
  return { contents, unread: list.length - contents.length };
}

/** One annotation; undefined when it cannot be read. */
export function annotationIn(one: Json, labelOfAll: string): AnnotationContent | undefined {
  const geometry = geometryIn(one);
  const label = typeof one['label'] === 'string' && one['label'] !== '' ? one['label'] : labelOfAll;
  return geometry && { type: geometry.type, label, geometry, attributes: attributesIn(one['attributes']), frame: null, endFrame: null, confidence: null, source: 'import' };
}

function geometryIn(one: Json): AnnotationGeometry | undefined {
  const number = (key: string) => (typeof one[key] === 'number' && Number.isFinite(one[key]) ? one[key] : Number.NaN);
  const points = pointsIn(one['vertices']);
  const geometry = ((): AnnotationGeometry | undefined => {
    switch (one['type'] ?? (one['left'] === undefined ? 'polygon' : 'box')) {
      case 'box': {
        const [x, y, width, height] = [number('left'), number('top'), number('width'), number('height')];
        const angle = number('rotation');
        return Number.isNaN(angle) ? { type: 'box', x, y, width, height } : { type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle };
      }
      case 'polygon':
        return points.length >= 3 ? { type: 'polygon', points } : undefined;
      case 'line':
        return points.length >= 2 ? { type: 'polyline', points } : undefined;
      case 'point':
        return { type: 'point', x: number('x'), y: number('y') };
      case 'ellipse':
        return points.length === 4 ? ellipseIn(points) : undefined;
      case 'cuboid':
        return points.length === 8 ? { type: 'cuboid', vertices: points } : undefined;
      default:
        return undefined;
    }
  })();
  return geometry && Object.values(geometry).some((value) => typeof value === 'number' && Number.isNaN(value)) ? undefined : geometry;
}

function ellipseIn(points: Xy[]): AnnotationGeometry {
  const at = (index: number): Xy => points[index] ?? [0, 0];
  const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = [at(0), at(1), at(2), at(3)];
  const rx = Math.hypot(ax - cx, ay - cy) / 2;
  const ry = Math.hypot(bx - dx, by - dy) / 2;
  return { type: 'ellipse', cx: (ax + cx) / 2, cy: (ay + cy) / 2, rx, ry, angle: Math.atan2(ay - cy, ax - cx) };
}

function pointsIn(vertices: unknown): Xy[] {
  if (!Array.isArray(vertices)) return [];
  return vertices.flatMap((vertex): Xy[] => (isObject(vertex) && typeof vertex['x'] === 'number' && typeof vertex['y'] === 'number' ? [[vertex['x'], vertex['y']]] : []));
}

function attributesIn(given: unknown): Attributes {
  if (!isObject(given)) return {};
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]): [string, Attributes[string]][] => {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [[key, value]];
      if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return [[key, value as string[]]];
      return [];
    }),
  );
}
