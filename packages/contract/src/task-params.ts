import { z } from 'zod';

/**
 * Parameters of tasks, in the words of the wire that they came from: they are kept and given back unchanged. What is not listed is kept too.
 * Whether a parameter must be there is said by the table of types, as it may also come from a project or a recipe.
 */

/** Geometries that a task may ask for. */
export const geometryKinds = ['box', 'polygon', 'line', 'point', 'cuboid', 'ellipse'] as const;
/** What an attachment is. */
export const attachmentTypes = ['text', 'image', 'video', 'audio', 'website', 'pdf', 'json', 'document', 'mixed'] as const;
export const attributeKinds = ['category', 'number', 'angle', 'text', 'x_line', 'y_line', 'linked'] as const;
export const fieldKinds = ['text', 'number', 'category', 'boolean', 'datetime', 'field_set', 'form'] as const;

const maxAttachments = 5_000;
const text = z.string('must be text');
const flag = z.union([z.boolean(), z.enum(['true', 'false'])], 'must be true or false');
const object = z.record(z.string(), z.unknown(), 'must be an object');
const list = z.array(z.unknown(), 'must be an array');

/** A number, or one written as text, as some callers send it. */
const number = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a number')], 'must be a number');
const wholeNumber = 'must be a whole number from 0';
const count = z.union([z.int(wholeNumber).min(0, wholeNumber), z.string().regex(/^\d+$/, wholeNumber)], wholeNumber);
const aboveZero = 'must be a number above 0';
const positive = z.union([z.number().gt(0, aboveZero), z.string().regex(/^\d+(\.\d+)?$/, aboveZero).refine((digits) => Number(digits) > 0, aboveZero)], aboveZero);

/** A label: its name, or an object with `choice` (`name` for entities); with `subchoices` it is only a menu of others. */
const labelWords = 'must be a label: a text that is not empty, or an object with "choice"';
export const labelDescription: z.ZodType = z.union(
  [
    z.string().min(1, labelWords),
    z
      .looseObject({ choice: text.optional(), name: text.optional(), label: text.optional(), display: text.optional(), instance_label: flag.optional(), subchoices: z.lazy(() => z.array(labelDescription)).optional() })
      .refine((label) => [label.choice, label.name, label.label].some((one) => one !== undefined && one !== ''), labelWords),
  ],
  labelWords,
);
const labels = z.array(labelDescription, 'must be an array of labels');

const geometry = z.looseObject({ objects_to_annotate: labels, integer_pixels: flag.optional(), can_rotate: flag.optional() }, 'must be an object');
const sized = geometry.extend({ min_width: number.optional(), min_height: number.optional() });
const cornered = geometry
  .extend({ min_vertices: count.optional(), max_vertices: count.nullish() })
  .refine(({ min_vertices: min, max_vertices: max }) => min === undefined || max === undefined || max === null || Number(max) >= Number(min), { path: ['max_vertices'], error: 'must be at least min_vertices' });
const camera = { camera_intrinsics: object.optional(), camera_rotation_quaternion: object.optional(), camera_height: number.optional() };

/** Kept beside the kinds, such as `examples`; what asks for objects under another name is a kind that there is not. */
const besides = z.unknown().refine((value) => typeof value !== 'object' || value === null || !('objects_to_annotate' in value), `is no geometry: the kinds are ${geometryKinds.join(', ')}`);

/** `geometries`: what may be drawn, each kind with its labels and bounds. */
const geometries = z
  .object(
    {
      box: sized.optional(),
      polygon: cornered.optional(),
      line: cornered.optional(),
      point: geometry.extend({ connections: list.optional() }).optional(),
      cuboid: sized.extend(camera).optional(),
      ellipse: geometry.optional(),
    } satisfies Record<(typeof geometryKinds)[number], z.ZodType>,
    'must be an object',
  )
  .catchall(besides);

/** `annotation_attributes`: what is asked about every object. */
const annotationAttributes = z.record(
  z.string().min(1).max(200),
  z
    .looseObject(
      {
        type: z.enum(attributeKinds, { error: `must be one of ${attributeKinds.join(', ')}` }).optional(),
        description: text.optional(),
        choices: labels.optional(),
        allow_multiple: flag.optional(),
        required: flag.optional(),
        min: number.optional(),
        max: number.optional(),
        allowed_labels: list.optional(),
      },
      'must be an object',
    )
    .refine((one) => (one.type ?? 'category') !== 'category' || (one.choices?.length ?? 0) > 0, { path: ['choices'], error: 'is required' }),
  'must be an object',
);

const links = z.record(z.string(), z.looseObject({ is_bidirectional: flag.optional(), from_allowed_labels: list.optional(), to_allowed_labels: list.optional() }, 'must be an object'), 'must be an object');
const attachmentType = z.enum(attachmentTypes, { error: `must be one of ${attachmentTypes.join(', ')}` });
const attachments = z.array(z.union([z.string().min(1), object], 'must be a URL or an object'), 'must be an array').max(maxAttachments, 'must have at most 5,000 attachments');

const common = { attachment_type: attachmentType.optional(), annotation_attributes: annotationAttributes.optional(), links: links.optional(), layers: object.optional() };
const one = { attachment: text.optional() };
const several = { attachments: attachments.optional() };
const padding = { padding: number.optional(), padding_x: number.optional(), padding_y: number.optional() };
const prelabels = {
  hypothesis: z.union([object, list], 'must be an object or an array').optional(),
  base_annotations: z.union([object, list], 'must be an object or an array').optional(),
  can_add_base_annotations: flag.optional(),
  can_edit_base_annotations: flag.optional(),
  can_edit_base_annotation_labels: flag.optional(),
  can_delete_base_annotations: flag.optional(),
};
const rates = { frame_rate: positive.optional(), events_to_annotate: list.optional() };
const described = (what: string) => z.record(z.string(), z.unknown(), `must be an object of ${what} and what each means`);

/** What the old types with one geometry take, which stands beside their labels. */
const legacy = { ...common, objects_to_annotate: labels.optional(), with_labels: flag.optional(), examples: list.optional(), geometries: geometries.optional() };
const box = { ...legacy, min_width: number.optional(), min_height: number.optional() };
const corners = { ...legacy, min_vertices: count.optional(), max_vertices: count.nullish(), splines: z.unknown().optional() };

const answers = z.array(z.union([text, number, object]), 'must be an array').min(1, 'must not be empty');
const responses = { min_responses_required: z.int('must be a whole number').min(0).max(100).optional(), max_responses_required: z.int('must be a whole number').min(1).max(100, 'must be at most 100').optional() };

/** A question of a text collection. */
export const collectionField: z.ZodType = z.lazy(() =>
  z
    .looseObject(
      {
        type: z.enum(fieldKinds, { error: `must be one of ${fieldKinds.join(', ')}` }),
        field_id: z.string('is required').min(1, 'must not be empty'),
        title: text.optional(),
        description: text.nullish(),
        hint: text.nullish(),
        required: flag.optional(),
        ...responses,
        choices: answers.optional(),
        fields: z.array(collectionField, 'must be an array').optional(),
        min: number.optional(),
        max: number.optional(),
        max_characters: count.optional(),
        min_choices: count.optional(),
        max_choices: count.optional(),
      },
      'must be an object with type, field_id and title',
    )
    .superRefine((field, context) => {
      const lacks = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
      if (field.title === undefined && field.type !== 'form') lacks('title', 'is required');
      if (field.type === 'category' && field.choices === undefined) lacks('choices', 'is required');
      if (field.type === 'field_set' && (field.fields?.length ?? 0) < 2) lacks('fields', 'must have at least 2 fields');
    }),
);

/** Parameters by the way a task is worked on; types share them. */
export const paramSchemas = {
  image: z.looseObject({ ...common, ...one, ...padding, ...prelabels, geometries: geometries.optional(), context_attachments: list.optional() }),
  boxes: z.looseObject({ ...box, ...one }),
  shapes: z.looseObject({ ...corners, ...one }),
  cuboids: z.looseObject({ ...box, ...camera, ...one }),
  segmentation: z.looseObject({ ...common, ...one, ...prelabels, labels: labels.max(50, 'must have at most 50 labels').optional(), allow_unlabeled: flag.optional(), instance_labels: list.optional(), context_attachments: list.optional() }),
  video: z.looseObject({ ...common, ...one, ...several, ...padding, ...prelabels, ...rates, geometries: geometries.optional() }),
  playback: z.looseObject({ ...common, ...one, ...several, ...rates, geometries: geometries.optional(), annotation_frame_rate: positive.optional(), video_frame_rate: positive.optional(), with_labels: flag.optional() }),
  frames: z.looseObject({ ...box, ...corners, ...camera, ...rates, ...several }),
  categories: z.looseObject({ ...one, attachment_type: attachmentType.optional(), categories: labels.optional(), taxonomies: object.optional(), category_ids: object.optional(), allow_multiple: flag.optional(), layers: object.optional() }),
  comparison: z.looseObject({ ...several, attachment_type: attachmentType.optional(), choices: answers.optional(), fields: described('fields').optional() }),
  fields: z.looseObject({ ...one, attachment_type: attachmentType.optional(), fields: described('fields').optional(), repeatable_fields: described('fields').optional() }),
  audio: z.looseObject({ ...one, attachment_type: attachmentType.optional(), verbatim: flag.optional(), phrases: list.optional() }),
  document: z.looseObject({ ...one, ...several, attachment_type: attachmentType.optional(), features: z.array(z.union([text, object], 'must be an object with type and label'), 'must be an array').optional(), hypothesis: prelabels.hypothesis, annotation_attributes: annotationAttributes.optional() }),
  entities: z.looseObject({ text: text.optional(), labels: labels.optional(), hypothesis: prelabels.hypothesis }),
  collection: z.looseObject({ ...several, title: text.nullish(), description: text.nullish(), fields: z.array(collectionField, 'must be an array of fields').optional(), responses_required: count.optional(), hypothesis: z.unknown().optional() }),
  lidar: z.looseObject({ ...several, attachment_type: attachmentType.optional(), labels: labels.optional(), annotation_attributes: annotationAttributes.optional(), pitch_and_roll_enabled: flag.optional() }),
  topdown: z.looseObject({ ...one, ...several, attachment_type: attachmentType.optional(), geometries: geometries.optional() }),
  points: z.looseObject({ ...several, labels: labels.optional(), lidar_task: text.optional(), lidar_task_frames: z.unknown().optional() }),
  free: z.looseObject({ ...one, attachments: z.unknown().optional() }),
};
