import { z } from 'zod';
import { facet } from '@fovea/contract';
import { Fault } from '../../fault.ts';

/** What the clients send, as it is on the wire. Keys that are not listed are ignored. */

const idList = z.array(z.string()).max(1_000_000);
const labels = z.array(facet).max(1_000, 'must be at most 1,000 labels');
const email = z.string().trim().toLowerCase().min(3).max(320);

/** Labels in one text, separated by commas. */
export const labelText = z
  .string()
  .transform((text) => [...new Set(text.split(',').map((label) => label.trim()).filter((label) => label !== ''))])
  .pipe(labels);

export const uploadFields = z.object({
  source: z.string().optional(),
  source_filepath: z.string().max(10_000).optional(),
  mimetype: z.string().max(200).optional(),
  channel: z.string().trim().optional().transform((text) => (text === '' ? undefined : text)).pipe(facet.optional()),
  labels: labelText.optional(),
  tags: labelText.optional(),
  modality: z.string().trim().max(100).optional(),
  bypass_inbox: z.string().optional(),
  metadata: z.string().optional(),
});

export const labelsBody = z.object({ labels: labels.optional(), frame_labels: z.unknown().optional() });
export const tagsBody = z.object({ tags: labels });
export const bulkTagsBody = z.object({ resource_ids: idList, tags: labels });
export const resourceIdsBody = z.object({ resource_ids: idList });
export const idsBody = z.object({ ids: idList });

const name = z.string().trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters');
const color = z.array(z.number().min(0).max(255)).min(3).max(4);
export const definition = z.object({ identifier: name, color: color.nullish(), index: z.int().min(1).optional() });
export const segmentation = z.object({ segmentationValueType: z.string().max(50).default('single_label'), definitions: z.array(definition).max(10_000).default([]) });
export const annotationSpec = z.looseObject({
  type: z.string().max(50),
  identifier: z.string().max(500).nullish(),
  scope: z.string().max(50).default('frame'),
  required: z.boolean().default(false),
  values: z.array(z.string()).nullish(),
});
export const annotator = z.looseObject({ email });

export const projectBody = z.object({
  name,
  description: z.string().max(10_000).nullish(),
  resource_ids: idList.default([]),
  segmentationData: segmentation.nullish(),
  annotation_set: z.object({ resource_ids: idList.nullish(), annotations: z.array(annotationSpec).nullish(), annotators: z.array(annotator).nullish() }).nullish(),
  is_active_learning: z.boolean().nullish(),
  two_up_display: z.boolean().nullish(),
  require_review: z.boolean().nullish(),
});
export const projectChange = z.looseObject({ name: name.optional(), description: z.string().max(10_000).nullish(), archived: z.boolean().optional() });

export const worklistBody = z.looseObject({
  name,
  resource_ids: idList.default([]),
  description: z.string().max(10_000).nullish(),
  annotations: z.array(annotationSpec).nullish(),
  annotators: z.array(annotator).nullish(),
  segmentation_data: segmentation.nullish(),
  project_id: z.string().nullish(),
});
/** What may be said of an annotator of a worklist; the e-mail is that of the person in the path. */
export const annotatorChange = z.object({ status: z.enum(['active', 'frozen']).optional(), expertise_level: z.enum(['learner', 'trained', 'expert']).nullish(), return_url: z.string().max(2_000).nullish() });
export const worklistChange = worklistBody.partial();
export const segmentationBody = z.object({ segmentationData: segmentation, renames: z.unknown().optional() });

export const membershipBody = z.object({
  resource_ids_to_add: idList.nullish(),
  resource_ids_to_delete: idList.nullish(),
  all_files_selected: z.boolean().nullish(),
});
export const workStatusBody = z.object({ status: z.string().max(50) });
export const splitsBody = z.object({ resource_ids: idList, split_name: name });

export const annotationTypes = [
  'segmentation', 'area', 'distance', 'angle', 'point', 'line', 'region', 'square', 'circle', 'category', 'label', 'integer', 'float', 'text', 'spline',
] as const;
export type WireAnnotationType = (typeof annotationTypes)[number];

const annotationItem = z.looseObject({
  type: z.enum(annotationTypes),
  identifier: z.string().min(1, 'must not be empty').max(500),
  scope: z.enum(['frame', 'image']).nullish(),
  frame_index: z.int().min(0).nullish(),
  frame_range: z.tuple([z.int().min(0), z.int().min(0)]).nullish(),
  value: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  units: z.string().nullish(),
  geometry: z.looseObject({ points: z.array(z.array(z.number()).min(2).max(3)).max(100_000).optional() }).nullish(),
  annotation_worklist_id: z.string().nullish(),
  imported_from: z.string().nullish(),
  import_author: email.nullish(),
  is_model: z.boolean().nullish(),
  model_id: z.string().nullish(),
  source: z.string().nullish(),
});
export type AnnotationItem = z.infer<typeof annotationItem>;
export const annotationItems = z.array(annotationItem).max(100_000);

/** One of the segmentations in the `payload` of an upload into a worklist; its picture is the image of the same place in the list. */
const uploadedSegmentation = z.looseObject({
  id: z.string().nullish(),
  identifier: z.string().min(1, 'must not be empty').max(500),
  frame_index: z.int().min(0).nullish(),
  set_name: z.string().max(500).nullish(),
  geometry: annotationItem.shape.geometry,
});
export const uploadedSegmentations = z.array(uploadedSegmentation).max(10_000);
/** A file of segments: a list of them, one below a key of the other forms, or names with what is said of each. */
const fileColor = z.union([color, z.string().regex(/^#[0-9a-f]{6}$/i, 'must be #rrggbb').transform((hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)))]);
export const fileDefinitions = z.array(definition.extend({ color: fileColor.nullish() })).max(10_000);

const count = z.union([z.string().regex(/^\d{1,9}$/).transform(Number), z.int().min(0)]);
export const searchBody = z.looseObject({
  resource_id: z.string().nullish(),
  resource_ids: idList.nullish(),
  annotation_type: z.string().nullish(),
  annotatorEmail: z.string().nullish(),
  from: z.string().nullish(),
  to: z.string().nullish(),
  dataset_id: z.string().nullish(),
  annotation_worklist_id: z.string().nullish(),
  status: z.string().nullish(),
  source: z.string().nullish(),
  load_ai_segmentations: z.union([z.boolean(), z.string()]).nullish(),
  offset: count.nullish(),
  limit: count.nullish(),
});
export type Search = z.infer<typeof searchBody>;
export const annotationChange = z.looseObject({ identifier: z.string().min(1).max(500).optional(), project_id: z.string().nullish() });

export const volumeFields = z.object({
  segmentation_map: z.string().optional(),
  source: z.string().optional(),
  imported_from: z.string().optional(),
  annotation_worklist_id: z.string().optional(),
  model_id: z.string().optional(),
});
export const segmentationMap = z.record(z.string(), z.string().min(1).max(500));

export const userBody = z.looseObject({
  email,
  firstname: z.string().max(100).nullish(),
  lastname: z.string().max(100).nullish(),
  password: z.string().min(1).max(1_000).nullish(),
  roles: z.array(z.string()).nullish(),
});
export const userChange = userBody.partial();
export const memberRoles = z.object({ roles: z.array(z.string()).default([]) });

/** Parses what a client sent; a fault that names what is wrong. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, 20).map((issue) => ({ path: issue.path.map(String).join('.') || 'body', message: issue.message }));
  throw new Fault('invalid_request', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
}
