import { z } from 'zod';
import { operation } from './operation.ts';
import { id, page, pageQuery, queryBoolean } from './primitives.ts';

const wholeNumber = (what: string) => z.coerce.number({ error: `${what} must be a whole number` }).int(`${what} must be a whole number`);
const finite = (what: string) => z.coerce.number({ error: `${what} must be a number` });

/** How values become greys. */
const windowQuery = {
  window: z.enum(['default', 'percentile']).default('default').describe('`default`: as the header says, else from the 1st to the 99th percentile; `percentile`: always the latter'),
  windowCenter: finite('windowCenter').optional().describe('In real values (Hounsfield units of a CT); together with windowWidth'),
  windowWidth: finite('windowWidth').positive('windowWidth must be above 0').optional(),
};
const pictureQuery = {
  ...windowQuery,
  format: z.enum(['png', 'jpeg']).default('png'),
  maxSize: wholeNumber('maxSize').min(1).max(8192, 'maxSize must be at most 8192').optional().describe('Longest side in pixels; smaller pictures are not enlarged'),
};
const bothOrNone = (query: { windowCenter?: number | undefined; windowWidth?: number | undefined }) => (query.windowCenter === undefined) === (query.windowWidth === undefined);
const bothOrNoneMessage = { error: 'windowCenter and windowWidth go together', path: ['windowWidth'] };

export const sliceAxes = ['i', 'j', 'k', 'axial', 'coronal', 'sagittal'] as const;
const sliceParams = { axis: z.enum(sliceAxes), index: z.string().regex(/^(\d{1,9}|middle)$/, 'must be a number from 0, or "middle"') };
const time = wholeNumber('time').min(0).default(0).describe('Point in time of a series of volumes, from 0');
const oneItem = z.object({ item: id });
const oneFrame = z.object({ item: id, frame: z.string().regex(/^\d{1,9}$/, 'must be a number from 0') });
const oneSeries = z.object({ dataset: id, series: z.string().min(1).max(200) });

/** How the bytes of an array are to be read; it comes in the header `x-fovea-array`. */
export const arrayFacts = z.object({
  dtype: z.enum(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'float64']).describe('Little endian'),
  shape: z.array(z.int()).describe('Slowest axis first: [rows, columns], [rows, columns, samples], [slices, rows, columns]'),
  slope: z.number().describe('real value = slope · stored + intercept'),
  intercept: z.number(),
  window: z.object({ center: z.number(), width: z.number() }).nullable().describe('To show it with, in real values'),
  photometric: z.string().nullable(),
  affine: z.array(z.array(z.number())).nullable().describe('Of a volume: rows of a 3 × 4 matrix from voxel indices (i, j, k) to millimetres, RAS+'),
});
export type ArrayFacts = z.infer<typeof arrayFacts>;

export const seriesSummary = z.object({
  series: z.string().describe('Series Instance UID; `none` for instances without one'),
  studyInstanceUid: z.string().nullable(),
  patientId: z.string().nullable(),
  modality: z.string().nullable(),
  description: z.string().nullable(),
  bodyPart: z.string().nullable(),
  instances: z.int(),
  frames: z.int(),
  sizeBytes: z.int(),
});

export const orderedSeries = seriesSummary.extend({
  orderedBy: z.enum(['geometry', 'instance-number', 'given']).describe('What the order rests on'),
  spacing: z.number().nullable().describe('Median distance of neighbouring slices in mm'),
  items: z.array(
    z.object({
      id,
      path: z.string(),
      sopInstanceUid: z.string().nullable(),
      instanceNumber: z.number().nullable(),
      frames: z.int().nullable(),
      place: z.number().nullable().describe('Along the normal of the slices, in mm'),
      problem: z.string().nullable(),
    }),
  ).describe('In order'),
  gaps: z.array(z.object({ afterIndex: z.int(), distance: z.number(), missing: z.int() })).describe('Distances above the usual: after which item, how far in mm, how many slices would fit'),
  duplicates: z.array(z.object({ kind: z.enum(['same-instance', 'same-place']), indices: z.array(z.int()) })).describe('Items that share an instance UID or a place'),
  notes: z.array(z.string()),
});
export type OrderedSeries = z.infer<typeof orderedSeries>;

/** DICOM and NIfTI items: headers, pictures, stored values. */
export const scans = {
  header: operation({
    id: 'scans.header',
    method: 'GET',
    path: '/v1/items/{item}/header',
    summary: 'The whole header of a scan: the DICOM JSON model of a DICOM file, the fields of a NIfTI header.',
    description: 'Binary values up to 1,024 bytes are inline (base64); larger ones, the pixels among them, have no value.',
    audience: 'annotator',
    params: oneItem,
    result: z.record(z.string(), z.unknown()),
    errors: ['not_found', 'unsupported_media'],
  }),
  frame: operation({
    id: 'scans.frame',
    method: 'GET',
    path: '/v1/items/{item}/frames/{frame}',
    summary: 'Renders a frame of a DICOM file, or a slice along k of a NIfTI file, as PNG or JPEG.',
    description: 'Frames count from 0. Rescale, window or lookup table, photometric interpretation, palette and overlays are applied.',
    audience: 'annotator',
    params: oneFrame,
    query: z.object({ ...pictureQuery, overlays: queryBoolean.default(true).describe('Paint the overlay planes'), time }).refine(bothOrNone, bothOrNoneMessage),
    result: 'binary',
    errors: ['not_found', 'unsupported_media'],
  }),
  pixels: operation({
    id: 'scans.pixels',
    method: 'GET',
    path: '/v1/items/{item}/frames/{frame}/pixels',
    summary: 'The stored values of a frame as a little endian array; its form is in the header `x-fovea-array`.',
    audience: 'annotator',
    params: oneFrame,
    query: z.object({ time }),
    result: 'binary',
    errors: ['not_found', 'unsupported_media'],
  }),
  slice: operation({
    id: 'scans.slice',
    method: 'GET',
    path: '/v1/items/{item}/slices/{axis}/{index}',
    summary: 'Renders a slice of a volume (NIfTI, or multi-frame DICOM) along any axis as PNG or JPEG.',
    description: 'Along `i`, `j`, `k` pixel (x, y) is a voxel; `axial`, `coronal` and `sagittal` are turned upright as radiologists look at them, with square pixels.',
    audience: 'annotator',
    params: z.object({ item: id, ...sliceParams }),
    query: z.object({ ...pictureQuery, time }).refine(bothOrNone, bothOrNoneMessage),
    result: 'binary',
    errors: ['not_found', 'unsupported_media'],
  }),
  volume: operation({
    id: 'scans.volume',
    method: 'GET',
    path: '/v1/items/{item}/volume',
    summary: 'The voxels of a volume as a little endian array (form in `x-fovea-array`) or as a NIfTI file.',
    audience: 'annotator',
    params: oneItem,
    query: z.object({ format: z.enum(['raw', 'nifti']).default('raw'), time }),
    result: 'binary',
    errors: ['not_found', 'unsupported_media'],
  }),
};

/** DICOM series of a dataset. */
export const series = {
  list: operation({
    id: 'series.list',
    method: 'GET',
    path: '/v1/datasets/{dataset}/series',
    summary: 'Lists the DICOM series of a dataset.',
    audience: 'annotator',
    params: z.object({ dataset: id }),
    query: pageQuery.extend({ study: z.string().max(200).optional().describe('Study Instance UID'), modality: z.string().max(16).optional() }),
    result: page(seriesSummary),
    errors: ['not_found'],
  }),
  get: operation({
    id: 'series.get',
    method: 'GET',
    path: '/v1/datasets/{dataset}/series/{series}',
    summary: 'A series in order, by where its slices lie in the patient; gaps and duplicates are reported.',
    audience: 'annotator',
    params: oneSeries,
    result: orderedSeries,
    errors: ['not_found', 'too_large'],
  }),
  slice: operation({
    id: 'series.slice',
    method: 'GET',
    path: '/v1/datasets/{dataset}/series/{series}/slices/{axis}/{index}',
    summary: 'Renders a slice of the volume that a series makes, along any axis, as PNG or JPEG.',
    audience: 'annotator',
    params: oneSeries.extend(sliceParams),
    query: z.object({ ...pictureQuery, allowGaps: queryBoolean.default(true).describe('Also when slices are missing: the volume is shorter there') }).refine(bothOrNone, bothOrNoneMessage),
    result: 'binary',
    errors: ['not_found', 'unsupported_media', 'too_large'],
  }),
  volume: operation({
    id: 'series.volume',
    method: 'GET',
    path: '/v1/datasets/{dataset}/series/{series}/volume',
    summary: 'The volume that a series makes, in real values, as a little endian array (form in `x-fovea-array`) or as a NIfTI file.',
    audience: 'annotator',
    params: oneSeries,
    query: z.object({ format: z.enum(['raw', 'nifti']).default('raw'), allowGaps: queryBoolean.default(false) }),
    result: 'binary',
    errors: ['not_found', 'unsupported_media', 'too_large'],
  }),
};
