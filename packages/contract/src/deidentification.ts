import { z } from 'zod';
import { operation } from './operation.ts';
import { id, time } from './primitives.ts';

const pattern = z.string().min(1).max(200).optional().describe('`*` stands for anything; case does not count');
const pixels = z.int().min(0).max(100_000);

/** Regions to black out in every frame of the images that a rule applies to. */
export const pixelRule = z
  .object({
    when: z.object({ modality: pattern, manufacturer: pattern, model: pattern, station: pattern, rows: pixels.optional(), columns: pixels.optional() }).strict().optional(),
    regions: z.array(z.object({ x: pixels, y: pixels, width: pixels, height: pixels }).strict()).min(1).max(100),
  })
  .strict();

/** Options of the Basic Application Level Confidentiality Profile (PS3.15 annex E). All off unless given. */
export const deidentifyOptions = z
  .object({
    retainUids: z.boolean().optional(),
    retainDevice: z.boolean().optional(),
    retainInstitution: z.boolean().optional(),
    retainPatientCharacteristics: z.boolean().optional(),
    longitudinalDates: z.enum(['full', 'modified']).optional().describe('`full` keeps dates; `modified` moves them by a number of days that is the same for all files of a patient'),
    cleanDescriptors: z.boolean().optional().describe('Keep descriptions, with what identifies taken out'),
    cleanStructuredContent: z.boolean().optional(),
    cleanGraphics: z.boolean().optional(),
    retainSafePrivate: z.boolean().optional().describe('Keep private attributes known to be without identity'),
    pixelRules: z.array(pixelRule).max(200).optional(),
    keepPath: z.boolean().optional().describe('Keep the folder and file name, which may name the patient. Otherwise the path is made of pseudonyms'),
  })
  .strict();
export type DeidentifyOptions = z.infer<typeof deidentifyOptions>;

/** `true`, or the options as JSON, as it stands in a query. */
export const deidentifyQuery = z
  .string()
  .max(20_000)
  .transform((text, context): unknown => {
    if (text === 'true') return {};
    if (text === 'false') return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be true, false, or the options as a JSON object' });
      return z.NEVER;
    }
  })
  .pipe(deidentifyOptions.optional())
  .optional()
  .describe('De-identify DICOM and NIfTI files before anything is stored: `true`, or the options of the profile as JSON');

export const deidentificationReport = z.object({
  itemId: id,
  format: z.enum(['dicom', 'nifti']),
  options: deidentifyOptions,
  actions: z.array(z.object({ path: z.string(), keyword: z.string().optional(), action: z.string(), reason: z.string().optional() })).describe('Every attribute that something was done to; never what stood there'),
  blackedOut: z.array(z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })),
  warnings: z.array(z.string()).describe('What a person should look at'),
  patientId: z.string().nullable().describe('The pseudonym'),
  sopInstanceUid: z.string().nullable(),
  createdBy: z.string(),
  createdAt: time,
});
export type DeidentificationReport = z.infer<typeof deidentificationReport>;

export const deidentification = {
  key: operation({
    id: 'deidentification.key',
    method: 'GET',
    path: '/v1/projects/{project}/deidentification-key',
    summary: 'The secret by which the project maps identities, so that a client de-identifies as the server does.',
    description: 'With it equal identifiers become equal pseudonyms, UIDs and date shifts. Whoever has it can test guesses of who a patient is: keep it where the originals are.',
    audience: 'developer',
    scope: 'write',
    params: z.object({ project: id }),
    result: z.object({ projectId: id, key: z.string() }),
    errors: ['not_found', 'forbidden'],
  }),
  report: operation({
    id: 'deidentification.report',
    method: 'GET',
    path: '/v1/items/{item}/deidentification',
    summary: 'What was done to an item when it was de-identified at upload.',
    audience: 'annotator',
    params: z.object({ item: id }),
    result: deidentificationReport,
    errors: ['not_found'],
  }),
};
