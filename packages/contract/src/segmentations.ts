import { z } from 'zod';
import { annotation } from './annotations.ts';
import { rle, volumeSlice } from './annotation-geometry.ts';
import { operation } from './operation.ts';
import { id, queryBoolean } from './primitives.ts';

/** `{"1":"liver","2":"spleen"}`: names of label values; of a coloured PNG `{"#ff0000":"liver"}`. */
const labelMap = z
  .string()
  .max(1_000_000)
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JSON object such as {"1":"liver"}' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string().regex(/^(\d{1,5}|#[0-9a-fA-F]{6})$/, 'must be a label value from 1 to 65535, or a colour such as #ff0000'), z.string().min(1).max(500)))
  .optional()
  .describe('Names of the label values as JSON: {"1":"liver"}. When it is given, every value needs a name; without it they are called `label 1` and so on. A DICOM segmentation brings its own names');

const uploadQuery = z.object({
  labels: labelMap,
  frame: z.coerce.number().int('frame must be a whole number').min(0).optional().describe('Of a PNG: the frame that it lies on'),
  resample: queryBoolean.default(false).describe('Bring a segmentation of another geometry onto the grid of the scan, by the nearest voxel'),
  source: z.enum(['human', 'model', 'import']).default('import'),
});
const downloadQuery = z.object({
  format: z.enum(['nifti', 'seg']).default('nifti'),
  label: z.string().max(500).optional().describe('Only annotations with this label'),
});

export const segmentationResult = z.object({
  data: z.array(annotation),
  notes: z.array(z.string()).describe('What was done to it, such as resampling, and what was odd'),
});

const inItem = z.object({ item: id });
const inSeries = z.object({ dataset: id, series: z.string().min(1).max(200) });

/** Segmentations of scans: volumes and masks as annotations, from and to the files that tools exchange. */
export const segmentations = {
  upload: operation({
    id: 'segmentations.upload',
    method: 'POST',
    path: '/v1/items/{item}/segmentations',
    summary: 'Adds the segmentation in a NIfTI, PNG or DICOM SEG file to an item: an annotation for each label.',
    description: 'A NIfTI or DICOM SEG file must lie on the voxels of the scan (size, position, orientation, spacing); with `resample` it is brought there. A PNG is the mask of a picture, or of one frame of a video or scan, and has its size.',
    audience: 'annotator',
    scope: 'label',
    params: inItem,
    query: uploadQuery,
    body: 'binary',
    result: segmentationResult,
    status: 201,
    errors: ['not_found', 'forbidden', 'unsupported_media', 'too_large'],
  }),
  download: operation({
    id: 'segmentations.download',
    method: 'GET',
    path: '/v1/items/{item}/segmentations',
    summary: 'The volumes and masks of an item as one NIfTI or DICOM SEG file; the header `x-fovea-labels` names its values.',
    audience: 'annotator',
    params: inItem,
    query: downloadQuery,
    result: 'binary',
    errors: ['not_found', 'unsupported_media'],
  }),
  frame: operation({
    id: 'segmentations.frame',
    method: 'GET',
    path: '/v1/items/{item}/segmentations/{frame}',
    summary: 'The volumes and masks of an item on one frame or slice, run-length encoded (COCO).',
    audience: 'annotator',
    params: z.object({ item: id, frame: z.string().regex(/^\d{1,9}$/, 'must be a number from 0') }),
    result: z.object({ data: z.array(z.object({ annotationId: id, label: z.string(), value: z.int(), rle })) }),
    errors: ['not_found', 'unsupported_media'],
  }),
  slices: operation({
    id: 'segmentations.slices',
    method: 'GET',
    path: '/v1/annotations/{annotation}/slices',
    summary: 'What belongs to a volume annotation, frame by frame, run-length encoded (COCO).',
    description: 'Frames that it has nothing on are left out. An edit of the geometry with `slices` changes single frames.',
    audience: 'annotator',
    params: z.object({ annotation: id }),
    result: z.object({ revision: z.int(), data: z.array(volumeSlice) }),
    errors: ['not_found', 'unsupported_media'],
  }),
  uploadToSeries: operation({
    id: 'segmentations.uploadToSeries',
    method: 'POST',
    path: '/v1/datasets/{dataset}/series/{series}/segmentations',
    summary: 'Adds the segmentation in a NIfTI or DICOM SEG file to a series: a mask for each label on the items that it touches.',
    audience: 'annotator',
    scope: 'label',
    params: inSeries,
    query: uploadQuery.omit({ frame: true }),
    body: 'binary',
    result: z.object({ annotations: z.int(), items: z.int(), labels: z.array(z.string()), notes: z.array(z.string()) }),
    status: 201,
    errors: ['not_found', 'forbidden', 'unsupported_media', 'too_large'],
  }),
  downloadOfSeries: operation({
    id: 'segmentations.downloadOfSeries',
    method: 'GET',
    path: '/v1/datasets/{dataset}/series/{series}/segmentations',
    summary: 'The masks of the items of a series as one NIfTI or DICOM SEG file; the header `x-fovea-labels` names its values.',
    audience: 'annotator',
    params: inSeries,
    query: downloadQuery,
    result: 'binary',
    errors: ['not_found', 'unsupported_media', 'too_large'],
  }),
};
