import type { AnnotationGeometry, GeometryOf, Xy } from '@fovea/contract';
import { bitmapFromRuns, decodeRle, encodeRle, resizeCanvas, runsBounds } from '@fovea/geometry';
import { runsOfRows } from './mask-layers.ts';
import { xml, type XmlElement } from './xml.ts';

const degrees = 180 / Math.PI;

/** The places of our eight corners (front, then back, clockwise from the top left) in CVAT's names: its second right edge is the left one behind. */
const cuboidCorners = ['tl1', 'tr1', 'br1', 'bl1', 'tr2', 'tl2', 'bl2', 'br2'] as const;

/**
 * A geometry as a CVAT shape: its element's name, attributes and inner elements. Undefined for those that CVAT has none
 * for. https://docs.cvat.ai/docs/manual/advanced/xml_format/
 */
export function cvatShape(
  geometry: AnnotationGeometry,
  size: { width: number; height: number },
): { name: string; attributes: Record<string, string | number>; inside: string } | undefined {
  const shape = (name: string, attributes: Record<string, string | number>, inside = '') => ({
    name,
    attributes,
    inside,
  });
  switch (geometry.type) {
    case 'classification':
      return shape('tag', {});
    case 'box':
      return shape('box', {
        xtl: geometry.x,
        ytl: geometry.y,
        xbr: geometry.x + geometry.width,
        ybr: geometry.y + geometry.height,
      });
    case 'rotated_box': {
      const { cx, cy, width, height, angle } = geometry;
      return shape('box', {
        xtl: cx - width / 2,
        ytl: cy - height / 2,
        xbr: cx + width / 2,
        ybr: cy + height / 2,
        rotation: angle * degrees,
      });
    }
    case 'polygon':
    case 'polyline':
      return shape(geometry.type, { points: pointsText(geometry.points) });
    case 'point':
      return shape('points', { points: pointsText([[geometry.x, geometry.y]]) });
    case 'ellipse':
      return shape('ellipse', {
        cx: geometry.cx,
        cy: geometry.cy,
        rx: geometry.rx,
        ry: geometry.ry,
        rotation: geometry.angle * degrees,
      });
    case 'keypoints':
      return shape('skeleton', {}, geometry.points.map(skeletonPoint).join(''));
    case 'cuboid': {
      const { vertices } = geometry;
      if (vertices === undefined) return undefined;
      return shape(
        'cuboid',
        Object.fromEntries(
          cuboidCorners.flatMap((corner, i) => [
            [`x${corner}`, vertices[i]?.[0] ?? 0],
            [`y${corner}`, vertices[i]?.[1] ?? 0],
          ]),
        ),
      );
    }
    case 'mask':
      return shape('mask', maskAttributes(geometry, size));
    default:
      return undefined;
  }
}

function pointsText(points: readonly Xy[]): string {
  return points.map(([x, y]) => `${x},${y}`).join(';');
}

function skeletonPoint({ name, x, y, visibility }: GeometryOf<'keypoints'>['points'][number]): string {
  return xml('points', {
    label: name,
    outside: visibility === 0 ? 1 : 0,
    occluded: visibility === 1 ? 1 : 0,
    points: pointsText([[x, y]]),
  });
}

/** A mask as its box and the runs within it, row by row, beginning with zeros. */
function maskAttributes(
  { rle }: GeometryOf<'mask'>,
  size: { width: number; height: number },
): Record<string, string | number> {
  const runs = resizeCanvas(decodeRle(rle), size);
  const { x, y, width, height } = runsBounds(runs) ?? { x: 0, y: 0, width: 1, height: 1 };
  const bitmap = bitmapFromRuns(runs);
  const lengths: number[] = [];
  let [set, length] = [0, 0];
  for (let row = y; row < y + height; row += 1) {
    for (let column = x; column < x + width; column += 1) {
      const pixel = bitmap[row * runs.width + column] ?? 0;
      if (pixel !== set) {
        lengths.push(length);
        [set, length] = [pixel, 0];
      }
      length += 1;
    }
  }
  lengths.push(length);
  return { rle: lengths.join(', '), left: x, top: y, width, height };
}

/** The geometries of a CVAT shape (several for a list of points), or what is wrong with it. */
export function geometriesOfShape(
  element: XmlElement,
  size: { width: number; height: number },
): AnnotationGeometry[] | string {
  const number = (name: string) => Number(element.attributes[name] ?? Number.NaN);
  const rotation = Number(element.attributes['rotation'] ?? 0) / degrees;
  switch (element.name) {
    case 'tag':
      return [{ type: 'classification' }];
    case 'box': {
      const [x, y, width, height] = [
        number('xtl'),
        number('ytl'),
        number('xbr') - number('xtl'),
        number('ybr') - number('ytl'),
      ];
      if (rotation === 0) return [{ type: 'box', x, y, width, height }];
      return [{ type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle: rotation }];
    }
    case 'ellipse':
      return [
        { type: 'ellipse', cx: number('cx'), cy: number('cy'), rx: number('rx'), ry: number('ry'), angle: rotation },
      ];
    case 'polygon':
    case 'polyline': {
      const points = pointsOf(element);
      return points ? [{ type: element.name, points }] : 'its points cannot be read';
    }
    case 'points':
      return pointsOf(element)?.map(([x, y]) => ({ type: 'point', x, y })) ?? 'its points cannot be read';
    case 'cuboid':
      return [
        { type: 'cuboid', vertices: cuboidCorners.map((corner): Xy => [number(`x${corner}`), number(`y${corner}`)]) },
      ];
    case 'skeleton':
      return skeletonOfShape(element);
    case 'mask':
      return maskOfShape(element, size);
    default:
      return `a shape of type ${element.name} is not known`;
  }
}

function pointsOf(element: XmlElement): Xy[] | undefined {
  const points = (element.attributes['points'] ?? '').split(';').map((pair) => pair.split(',').map(Number));
  return points.every((pair) => pair.length === 2 && pair.every(Number.isFinite))
    ? points.map(([x = 0, y = 0]): Xy => [x, y])
    : undefined;
}

function skeletonOfShape(element: XmlElement): AnnotationGeometry[] | string {
  const points = element.children.flatMap((child): GeometryOf<'keypoints'>['points'] => {
    const [at] = pointsOf(child) ?? [];
    if (child.name !== 'points' || at === undefined) return [];
    const visibility = child.attributes['outside'] === '1' ? 0 : child.attributes['occluded'] === '1' ? 1 : 2;
    return [{ name: child.attributes['label'] ?? '', x: at[0], y: at[1], visibility }];
  });
  return points.length > 0 ? [{ type: 'keypoints', points }] : 'its skeleton has no points';
}

function maskOfShape(
  element: XmlElement,
  { width, height }: { width: number; height: number },
): AnnotationGeometry[] | string {
  const [left, top, w, h] = ['left', 'top', 'width', 'height'].map((name) =>
    Number(element.attributes[name] ?? Number.NaN),
  );
  const lengths = (element.attributes['rle'] ?? '').split(',').map(Number);
  const isWhole = [left, top, w, h, ...lengths].every((value) => Number.isSafeInteger(value) && (value ?? -1) >= 0);
  if (!isWhole || left === undefined || top === undefined || w === undefined || h === undefined)
    return 'its mask is not made of whole numbers';
  if (left + w > width || top + h > height) return 'its mask reaches over the edge of the picture';
  if (lengths.reduce((sum, length) => sum + length, 0) !== w * h) return 'the runs of its mask do not sum to its box';
  const runs = runsOfRows({ left, top, width: w, height: h }, { width, height }, lengths);
  return [{ type: 'mask', rle: encodeRle(runs) }];
}
