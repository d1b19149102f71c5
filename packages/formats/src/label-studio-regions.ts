import type { AnnotationGeometry, Attributes } from '@fovea/contract';
import { decodeRle, encodeRle } from '@fovea/geometry';
import { setOwn } from './attributes.ts';
import { decodeBrush, encodeBrush } from './label-studio-brush.ts';
import { asList, asNumber, asNumbers, asObject, asText, asTexts, type Json, xyLists } from './values.ts';

const degrees = 180 / Math.PI;

type PixelSize = { width: number; height: number };

/** Label Studio's region kinds and the key that their labels stand under (the two are called alike). */
export type RegionType =
  | 'rectanglelabels'
  | 'polygonlabels'
  | 'keypointlabels'
  | 'ellipselabels'
  | 'brushlabels'
  | 'videorectangle'
  | 'choices'
  | 'textarea';

/** A geometry as a region: its kind and its value, in percent of the picture. Undefined for those without one. */
export function regionOf(
  geometry: AnnotationGeometry,
  { width, height }: PixelSize,
): { type: RegionType; value: Json } | undefined {
  const [px, py] = [100 / width, 100 / height];
  switch (geometry.type) {
    case 'box':
    case 'rotated_box':
      return { type: 'rectanglelabels', value: rectangleValue(geometry, { width, height }) };
    case 'polygon':
      return {
        type: 'polygonlabels',
        value: { points: geometry.points.map(([x, y]) => [x * px, y * py]), closed: true },
      };
    case 'point':
      return { type: 'keypointlabels', value: { x: geometry.x * px, y: geometry.y * py, width: 0.5 } };
    case 'ellipse':
      return {
        type: 'ellipselabels',
        value: {
          x: geometry.cx * px,
          y: geometry.cy * py,
          radiusX: geometry.rx * px,
          radiusY: geometry.ry * py,
          rotation: geometry.angle * degrees,
        },
      };
    case 'mask':
      return { type: 'brushlabels', value: { format: 'rle', rle: encodeBrush(decodeRle(geometry.rle)) } };
    default:
      return undefined;
  }
}

/** A box as Label Studio has it: the place of the corner that it is turned about, clockwise in degrees. */
export function rectangleValue(geometry: AnnotationGeometry, { width, height }: PixelSize): Json {
  const [px, py] = [100 / width, 100 / height];
  if (geometry.type === 'rotated_box') {
    const [cos, sin, w, h] = [
      Math.cos(geometry.angle),
      Math.sin(geometry.angle),
      geometry.width / 2,
      geometry.height / 2,
    ];
    const [x, y] = [geometry.cx - w * cos + h * sin, geometry.cy - w * sin - h * cos];
    return {
      x: x * px,
      y: y * py,
      width: geometry.width * px,
      height: geometry.height * py,
      rotation: geometry.angle * degrees,
    };
  }
  if (geometry.type !== 'box') return {};
  return {
    x: geometry.x * px,
    y: geometry.y * py,
    width: geometry.width * px,
    height: geometry.height * py,
    rotation: 0,
  };
}

/** The geometry of a region, or what is wrong with it. */
export function geometryOfRegion(type: string, value: Json, size: PixelSize): AnnotationGeometry | string {
  const number = (key: string) => asNumber(value[key]) ?? Number.NaN;
  const [sx, sy] = [size.width / 100, size.height / 100];
  switch (type.replace(/labels$/, '')) {
    case 'rectangle':
      return rectangleOf(value, size);
    case 'polygon': {
      const points = xyLists(value['points']);
      if (points === undefined) return 'its points cannot be read';
      return value['closed'] === false
        ? { type: 'polyline', points: points.map(([x, y]) => [x * sx, y * sy]) }
        : { type: 'polygon', points: points.map(([x, y]) => [x * sx, y * sy]) };
    }
    case 'keypoint':
      return { type: 'point', x: number('x') * sx, y: number('y') * sy };
    case 'ellipse':
      return {
        type: 'ellipse',
        cx: number('x') * sx,
        cy: number('y') * sy,
        rx: number('radiusX') * sx,
        ry: number('radiusY') * sy,
        angle: (asNumber(value['rotation']) ?? 0) / degrees,
      };
    case 'brush': {
      const bytes = asNumbers(value['rle']);
      if (bytes === undefined || bytes.length === 0) return 'its brush mask has no runs';
      const runs = decodeBrush(bytes, size.width, size.height);
      return typeof runs === 'string' ? runs : { type: 'mask', rle: encodeRle(runs) };
    }
    default:
      return `a region of type ${type.slice(0, 50)} is not known`;
  }
}

/** A rectangle out of percent; turned about its first corner. */
export function rectangleOf(value: Json, size: PixelSize): AnnotationGeometry {
  const number = (key: string) => asNumber(value[key]) ?? Number.NaN;
  const [x, y] = [(number('x') * size.width) / 100, (number('y') * size.height) / 100];
  const [width, height] = [(number('width') * size.width) / 100, (number('height') * size.height) / 100];
  const angle = (asNumber(value['rotation']) ?? 0) / degrees;
  if (angle === 0) return { type: 'box', x, y, width, height };
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return {
    type: 'rotated_box',
    cx: x + (width / 2) * cos - (height / 2) * sin,
    cy: y + (width / 2) * sin + (height / 2) * cos,
    width,
    height,
    angle,
  };
}

/** The labels of a region: under the key called like its type, or the first list of texts. */
export function labelsOfRegion(type: string, value: Json): string[] {
  const own = asTexts(value[type]);
  return own.length > 0
    ? own
    : (Object.entries(value)
        .filter(([key]) => key.endsWith('labels'))
        .map(([, list]) => asTexts(list))
        .find((list) => list.length > 0) ?? []);
}

/** An attribute as a per-region control: its type and value. Undefined for null, which nobody chose. */
export function controlOf(value: Attributes[string]): { type: string; value: Json } | undefined {
  if (value === null) return undefined;
  if (typeof value === 'number') return { type: 'number', value: { number: value } };
  if (typeof value === 'string') return { type: 'textarea', value: { text: [value] } };
  return { type: 'choices', value: { choices: Array.isArray(value) ? value : [String(value)] } };
}

/** Sets the attribute that a per-region control gives; says whether it was one. */
export function readControl(attributes: Attributes, entry: Json): boolean {
  const [name, value] = [asText(entry['from_name']), asObject(entry['value'])];
  if (name === undefined || value === undefined) return false;
  const choices = asTexts(value['choices']);
  const text = asList(value['text']);
  if (entry['type'] === 'number') setOwn(attributes, name, asNumber(value['number']) ?? null);
  else if (entry['type'] === 'rating') setOwn(attributes, name, asNumber(value['rating']) ?? null);
  else if (entry['type'] === 'choices')
    setOwn(
      attributes,
      name,
      choices.length === 1 && /^(true|false)$/.test(choices[0] ?? '') ? choices[0] === 'true' : choices,
    );
  else if (entry['type'] === 'textarea')
    setOwn(attributes, name, text.length > 1 ? asTexts(text) : String(text[0] ?? ''));
  else return false;
  return true;
}
