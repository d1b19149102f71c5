import type { AnnotationGeometry, Attributes, Keyframe, Xy } from '@fovea/contract';
import { encodeRle, runsFromBitmap, type Size } from '@fovea/geometry';
import * as fc from 'fast-check';
import type { LabelDefinition, LabelledAnnotation, LabelledItem, LabelSet } from '../src/dataset.ts';

const names = ['car', 'traffic light', 'Ärger', 'a<b & "c"', "it's", 'x,y;z', '犬', 'person'];
const person = ['nose', 'left eye', 'tail'];

/** Labels with and without colours, parents and skeletons; `person` has one. */
export const labelSet: fc.Arbitrary<LabelSet> = fc.constant({
  labels: names.map((name, index): LabelDefinition => ({
    name,
    ...(index % 2 === 0 && { color: `#${(index * 999_983 + 4660).toString(16).padStart(6, '0').slice(0, 6)}` }),
    ...(index === 1 && { parent: 'car' }),
    ...(name === 'person' && { skeleton: { points: person, edges: [['nose', 'tail']] as [string, string][] } }),
  })),
});

/** Mostly hundredths, sometimes all digits of a double. */
function coordinate(from: number, to: number): fc.Arbitrary<number> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.integer({ min: Math.ceil(from * 100), max: Math.floor(to * 100) }).map((value) => value / 100),
    },
    fc.double({ min: from, max: to, noNaN: true }).map((value) => value + 0),
  );
}

const xyIn = ({ width, height }: Size): fc.Arbitrary<Xy> => fc.tuple(coordinate(0, width), coordinate(0, height));

/** A polygon that has an area at any format's precision: corners around a point. */
function polygonIn(size: Size): fc.Arbitrary<Xy[]> {
  const radius = Math.min(size.width, size.height) / 2 - 1;
  return fc.array(coordinate(radius / 2, radius), { minLength: 3, maxLength: 8 }).map((radii) =>
    radii.map((r, index): Xy => {
      const angle = (2 * Math.PI * index) / radii.length;
      return [
        Math.round((size.width / 2 + r * Math.cos(angle)) * 100) / 100,
        Math.round((size.height / 2 + r * Math.sin(angle)) * 100) / 100,
      ];
    }),
  );
}

function boxIn(size: Size): fc.Arbitrary<AnnotationGeometry> {
  return fc
    .tuple(coordinate(0, size.width - 4), coordinate(0, size.height - 4), coordinate(0.2, 1), coordinate(0.2, 1))
    .map(([x, y, w, h]) => ({ type: 'box', x, y, width: (size.width - x) * w, height: (size.height - y) * h }));
}

function maskIn({ width, height }: Size): fc.Arbitrary<AnnotationGeometry> {
  return fc.tuple(fc.integer({ min: 1, max: 97 }), fc.integer({ min: 2, max: 7 })).map(([seed, step]) => {
    const pixels = Array.from({ length: width * height }, (_, i) => Number(((i * seed) >> 3) % step === 0));
    pixels[seed % pixels.length] = 1;
    return { type: 'mask', rle: encodeRle(runsFromBitmap(pixels, width, height)) };
  });
}

const angle = fc.integer({ min: -157, max: 157 }).map((value) => value / 100);

/** Any geometry that a picture of a size can have. */
export function geometryIn(size: Size): fc.Arbitrary<AnnotationGeometry> {
  const [cx, cy] = [
    coordinate(size.width / 4, (size.width * 3) / 4),
    coordinate(size.height / 4, (size.height * 3) / 4),
  ];
  const half = Math.min(size.width, size.height) / 6;
  const within = coordinate(2, half);
  return fc.oneof(
    fc.constant<AnnotationGeometry>({ type: 'classification' }),
    xyIn(size).map(([x, y]): AnnotationGeometry => ({ type: 'point', x, y })),
    boxIn(size),
    fc.record({ type: fc.constant('rotated_box' as const), cx, cy, width: within, height: within, angle }),
    polygonIn(size).map((points): AnnotationGeometry => ({ type: 'polygon', points })),
    polygonIn(size).map((points): AnnotationGeometry => ({ type: 'polygon', points, holes: [shrink(points)] })),
    fc
      .array(xyIn(size), { minLength: 2, maxLength: 6 })
      .map((points): AnnotationGeometry => ({ type: 'polyline', points })),
    fc.record({ type: fc.constant('ellipse' as const), cx, cy, rx: within, ry: within, angle }),
    fc
      .array(xyIn(size), { minLength: 8, maxLength: 8 })
      .map((vertices): AnnotationGeometry => ({ type: 'cuboid', vertices })),
    fc.constant<AnnotationGeometry>({ type: 'cuboid', center: [1, 2.5, 3], size: [4, 5, 6], rotation: [0, 0, 0.5] }),
    fc
      .array(fc.tuple(xyIn(size), fc.constantFrom(0 as const, 1 as const, 2 as const)), { minLength: 3, maxLength: 3 })
      .map((points): AnnotationGeometry => ({
        type: 'keypoints',
        points: points.map(([[x, y], visibility], i) => ({ name: person[i]!, x, y, visibility })),
      })),
    maskIn(size),
    fc
      .constantFrom('A text', 'zwei Zeilen\nund "mehr" <b>', 'x')
      .map((text): AnnotationGeometry => ({ type: 'text', text })),
    fc.constant<AnnotationGeometry>({ type: 'volume', blob: 'ab'.repeat(32), value: 2, size: [4, 5, 6] }),
  );
}

/** A ring half as large about the same middle. */
function shrink(points: readonly Xy[]): Xy[] {
  const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
  const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
  return points.map((point): Xy => [(point[0] + x) / 2, (point[1] + y) / 2]);
}

const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.constantFrom('color', 'occluded', 'n wheels', 'größe', 'truncated', '__proto__x'),
  fc.oneof(
    fc.constantFrom('red', '', 'true', '5', 'a "q" <x> & y', ' spaced '),
    fc.integer({ min: -5, max: 999 }),
    fc.double({ min: -10, max: 10, noNaN: true }).map((value) => value + 0),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom<string[]>(['a', 'b'], ['c']),
  ),
  { maxKeys: 3 },
);

const common = fc.record({
  label: fc.constantFrom(...names),
  attributes,
  confidence: fc.option(fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000)),
  source: fc.constantFrom('human' as const, 'model' as const, 'import' as const),
  zOrder: fc.option(fc.constantFrom(-2, 1, 3), { nil: undefined, freq: 2 }),
});

function annotationIn(size: Size, id: string): fc.Arbitrary<LabelledAnnotation> {
  return fc
    .tuple(common, geometryIn(size), fc.option(fc.constantFrom('g1', 'g2'), { nil: undefined, freq: 3 }))
    .map(([rest, geometry, group]) => ({
      ...rest,
      label: geometry.type === 'keypoints' ? 'person' : rest.label,
      id,
      type: geometry.type,
      geometry,
      frame: null,
      endFrame: null,
      ...(group !== undefined && { group }),
    }));
}

/** A track, or a label of one frame or a range of frames. */
function framedIn(size: Size, frames: number, id: string): fc.Arbitrary<LabelledAnnotation> {
  const shape = fc.oneof(
    { weight: 3, arbitrary: boxIn(size) },
    polygonIn(size).map((points): AnnotationGeometry => ({ type: 'polygon', points })),
    xyIn(size).map(([x, y]): AnnotationGeometry => ({ type: 'point', x, y })),
  );
  const stops = fc.uniqueArray(fc.integer({ min: 0, max: frames - 1 }), { minLength: 1, maxLength: 4 });
  const flags = fc.record({
    occluded: fc.boolean(),
    outside: fc.boolean(),
    attributes: fc.option(attributes, { nil: undefined, freq: 2 }),
  });
  return fc
    .tuple(
      common,
      shape,
      stops,
      fc.array(flags, { minLength: 4, maxLength: 4 }),
      fc.constantFrom('track', 'frame', 'range'),
      fc.nat(3),
    )
    .map(([rest, geometry, places, marks, kind, more]) => {
      const sorted = places.toSorted((a, b) => a - b);
      const frame = sorted[0]!;
      const base = { ...rest, id, type: geometry.type, geometry, frame };
      const last = Math.min(frames - 1, sorted.at(-1)! + more);
      if (kind === 'frame') return { ...base, endFrame: null };
      if (kind === 'range') return { ...base, endFrame: last };
      const keyframes = sorted.map((at, i): Keyframe => {
        const mark = marks[i]!;
        return {
          frame: at,
          geometry: i === 0 ? geometry : moved(geometry, i),
          ...(mark.occluded && { occluded: true }),
          ...(mark.outside && i > 0 && { outside: true }),
          ...(mark.attributes && Object.keys(mark.attributes).length > 0 && { attributes: mark.attributes }),
        };
      });
      return { ...base, endFrame: last, keyframes };
    });
}

function moved(geometry: AnnotationGeometry, by: number): AnnotationGeometry {
  if (geometry.type === 'box') return { ...geometry, x: geometry.x / (by + 1), width: geometry.width / 2 };
  if (geometry.type === 'point') return { ...geometry, x: geometry.x / (by + 1) };
  if (geometry.type === 'polygon')
    return { type: 'polygon', points: geometry.points.map(([x, y]): Xy => [x / (by + 1), y]) };
  return geometry;
}

const size: fc.Arbitrary<Size> = fc.record({
  width: fc.integer({ min: 24, max: 90 }),
  height: fc.integer({ min: 24, max: 90 }),
});
const extra = fc.record(
  {
    split: fc.constantFrom('train', 'val', 'test'),
    metadata: fc.constantFrom({ camera: 'front', n: 3 }, { license: 1, deep: { list: [1, 'two'] } }, {}),
    sha256: fc.constantFrom('cd'.repeat(32)),
  },
  { requiredKeys: [] },
);

function itemAt(path: string): fc.Arbitrary<LabelledItem> {
  const isVideo = path.endsWith('.mp4');
  return fc.tuple(size, fc.integer({ min: 5, max: 20 }), extra).chain(([{ width, height }, frames, more]) => {
    const annotations = fc
      .tuple(
        ...Array.from({ length: 5 }, (_, i) =>
          isVideo && i > 0
            ? framedIn({ width, height }, frames, `${path}-${i}`)
            : annotationIn({ width, height }, `${path}-${i}`),
        ),
        fc.nat(5),
      )
      .map((all) => (all.slice(0, -1) as LabelledAnnotation[]).slice(0, all.at(-1) as number));
    return annotations.map((list): LabelledItem => ({
      path,
      width,
      height,
      mediaType: isVideo ? 'video/mp4' : 'image/jpeg',
      ...more,
      ...(isVideo && { frames, fps: 25 }),
      annotations: list,
    }));
  });
}

const paths = ['one.jpg', 'street/two three.jpg', 'street/deep/vier-ü.png', 'clips/film.mp4', 'street & co/<five>.jpg'];

/** A few items with distinct paths, in order. */
export const items: fc.Arbitrary<LabelledItem[]> = fc
  .subarray(paths, { minLength: 0 })
  .chain((chosen) => fc.tuple(...chosen.map(itemAt)).map((list) => [...list]));
