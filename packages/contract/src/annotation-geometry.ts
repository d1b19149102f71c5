import { z } from 'zod';

/**
 * The shapes that an annotation can have. Coordinates are absolute pixels of the original, upright picture (EXIF
 * orientation applied), sub-pixel allowed; x to the right, y down, (0, 0) the top left corner of the top left pixel.
 * Angles are radians, clockwise as seen on the screen. A field that a shape does not have is refused, not dropped.
 */
const coordinate = z.number('must be a finite number');
const length = z.number().min(0, 'must not be negative');

/** `[x, y]` in pixels. */
export const xy = z.tuple([coordinate, coordinate]);
const xyz = z.tuple([coordinate, coordinate, coordinate]);
const maxVertices = 100_000;
const tooMany = `must have at most ${maxVertices.toLocaleString('en')} vertices`;

/** A closed ring: the last point joins the first, without being repeated. */
export const ring = z.array(xy).min(3, 'must have at least 3 points').max(maxVertices, tooMany);

/** COCO run-length encoding: column-major runs, beginning with zeros; `counts` compressed (text) or plain (numbers). */
export const rle = z.strictObject({
  size: z.tuple([z.int().min(1), z.int().min(1)]).describe('[height, width] in pixels'),
  counts: z.union([z.string().max(64_000_000), z.array(z.int().min(0))]),
});

export const classificationGeometry = z.strictObject({ type: z.literal('classification') });
export const pointGeometry = z.strictObject({ type: z.literal('point'), x: coordinate, y: coordinate });
export const boxGeometry = z.strictObject({ type: z.literal('box'), x: coordinate, y: coordinate, width: length, height: length });
export const rotatedBoxGeometry = z.strictObject({
  type: z.literal('rotated_box'),
  cx: coordinate,
  cy: coordinate,
  width: length,
  height: length,
  angle: coordinate.describe('Radians, clockwise, about the centre'),
});
export const polygonGeometry = z.strictObject({
  type: z.literal('polygon'),
  points: ring,
  holes: z.array(ring).optional(),
});
export const polylineGeometry = z.strictObject({
  type: z.literal('polyline'),
  points: z.array(xy).min(2, 'must have at least 2 points').max(maxVertices, tooMany),
});
export const ellipseGeometry = z.strictObject({
  type: z.literal('ellipse'),
  cx: coordinate,
  cy: coordinate,
  rx: length,
  ry: length,
  angle: coordinate.default(0),
});
/** Either eight projected corners on a picture (front top-left, clockwise, then back), or a box in space (metres). */
export const cuboidGeometry = z.strictObject({
  type: z.literal('cuboid'),
  vertices: z.array(xy).length(8, 'must have 8 corners').optional(),
  center: xyz.optional(),
  size: xyz.optional(),
  rotation: xyz.optional().describe('Euler angles about x, y, z in radians'),
});
export const keypointsGeometry = z.strictObject({
  type: z.literal('keypoints'),
  points: z
    .array(
      z.strictObject({
        name: z.string(),
        x: coordinate,
        y: coordinate,
        visibility: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(2).describe('0 absent, 1 hidden, 2 visible (COCO)'),
      }),
    )
    .min(1),
});
export const maskGeometry = z.strictObject({ type: z.literal('mask'), rle });
/** Text of its own (a transcription), or a span of the item's text, counted in UTF-16 units. */
export const textGeometry = z.strictObject({
  type: z.literal('text'),
  text: z.string().max(1_000_000),
  start: z.int().min(0).optional(),
  end: z.int().min(0).optional(),
});
/** What belongs to a volume on one frame (of a NIfTI file: slice along k) of its item; null for nothing. */
export const volumeSlice = z.strictObject({ frame: z.int().min(0), rle: rle.nullable() });
/** A segmentation of a whole stack, kept as a NIfTI blob; the voxels with `value` belong to the annotation. */
export const volumeGeometry = z.strictObject({
  type: z.literal('volume'),
  blob: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal')
    .optional()
    .describe('SHA-256 of the NIfTI file; the platform makes it from `slices` where those are given'),
  value: z.int().min(1).max(65_535).default(1),
  size: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]).describe('Voxels along i, j, k'),
  slices: z
    .array(volumeSlice)
    .max(100_000)
    .optional()
    .describe('Only in a new annotation or an edit: what the volume is on these frames from now on; the others stay as they are. Read them by `segmentations.slices`'),
});

export const annotationGeometry = z.discriminatedUnion('type', [
  classificationGeometry,
  pointGeometry,
  boxGeometry,
  rotatedBoxGeometry,
  polygonGeometry,
  polylineGeometry,
  ellipseGeometry,
  cuboidGeometry,
  keypointsGeometry,
  maskGeometry,
  textGeometry,
  volumeGeometry,
]);
export type AnnotationGeometry = z.infer<typeof annotationGeometry>;
export type GeometryOf<T extends AnnotationGeometry['type']> = Extract<AnnotationGeometry, { type: T }>;
export type Rle = z.infer<typeof rle>;
export type VolumeSlice = z.infer<typeof volumeSlice>;
export type Xy = z.infer<typeof xy>;

export const annotationTypes = annotationGeometry.options.map((option) => option.shape.type.value);
export type AnnotationType = AnnotationGeometry['type'];

/** A value of an attribute. */
export const attributeValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);
export const attributes = z.record(z.string(), attributeValue);
export type Attributes = z.infer<typeof attributes>;

/** One key frame of a track. Between key frames the geometry is interpolated; `outside` ends the visible stretch. */
export const keyframe = z.strictObject({
  frame: z.int().min(0).describe('Decode index, from 0'),
  geometry: annotationGeometry,
  occluded: z.boolean().optional(),
  outside: z.boolean().optional().describe('The object is not in the picture from this frame to the next key frame'),
  attributes: attributes.optional(),
});
export type Keyframe = z.infer<typeof keyframe>;

/** What an annotation says, without who says it and where it is stored: the common coin of formats, editor, analytics. */
export const annotationContent = z.object({
  type: z.enum(annotationTypes as [AnnotationType, ...AnnotationType[]]),
  label: z.string().min(1, 'must not be empty').max(500, 'must have at most 500 characters'),
  geometry: annotationGeometry,
  attributes: attributes.default({}),
  frame: z.int().min(0).nullable().default(null).describe('First frame (decode index), null for a still or the whole item'),
  endFrame: z.int().min(0).nullable().default(null).describe('Last frame, inclusive; null for a single frame'),
  keyframes: z.array(keyframe).max(1_000_000).optional().describe('Of a track, ascending by frame; the first equals `geometry`'),
  confidence: z.number().min(0).max(1).nullable().default(null),
  source: z.enum(['human', 'model', 'import']).default('human'),
  group: z.string().max(200).optional().describe('Annotations of one object share it'),
  zOrder: z.number().min(-1e9).max(1e9).optional().describe('What is drawn upon what: greater lies on top, 0 where it is not given; of equal ones the newer lies on top'),
});
export type AnnotationContent = z.infer<typeof annotationContent>;
