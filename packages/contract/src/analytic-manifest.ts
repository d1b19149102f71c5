import { z } from 'zod';

/** The document of an analytic: what it is called, what it takes, what it gives, what it runs on. */
export const mediaKinds = ['image', 'video', 'dicom', 'nifti', 'text', 'pdf', 'audio', 'other'] as const;
export type MediaKind = (typeof mediaKinds)[number];

const identifier = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must begin with a letter and have at most 64 letters, digits, _ or -');

export const analyticInput = z.strictObject({
  name: identifier,
  description: z.string().default(''),
  media: z.array(z.enum(mediaKinds)).min(1).describe('Kinds of item that it accepts'),
  many: z.boolean().default(false).describe('Takes several items'),
  required: z.boolean().default(true),
});

export const parameterTypes = ['number', 'integer', 'string', 'boolean', 'choice', 'object', 'array', 'file'] as const;
export const analyticParameter = z.strictObject({
  name: identifier,
  description: z.string().default(''),
  type: z.enum(parameterTypes),
  required: z.boolean().default(false),
  default: z.unknown().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  choices: z.array(z.string()).optional(),
  unit: z.string().optional(),
});

export const outputTypes = ['file', 'image', 'video', 'json', 'labels', 'plot'] as const;
export const analyticOutput = z.strictObject({
  name: identifier,
  description: z.string().default(''),
  type: z.enum(outputTypes),
  mediaType: z.string().default('application/octet-stream'),
  filename: z.string().regex(/^[^/\\\0]{1,200}$/, 'must be a file name without a folder').optional().describe('Name of the file, when there is just one'),
  many: z.boolean().default(false).describe('One per input item'),
});

/** A file that belongs to an analytic, by its path in it. */
const filePath = z
  .string()
  .max(300)
  .regex(/^(?!\/)(?!.*(^|\/)\.{0,2}(\/|$))[^\0\\]+$/, 'must be a relative path without "." and ".."');

/** What a program may use. Unset: 4 GiB of memory, 512 processes, 16 GiB on disk, 64 MiB of log. */
const programLimits = {
  network: z.boolean().default(false).describe('Whether it may reach the network'),
  memoryBytes: z.int().min(16 * 1024 * 1024, 'must be at least 16 MiB').optional(),
  processes: z.int().min(16, 'must be at least 16').max(100_000).optional().describe('Processes and their threads that it may have at once; unset 512'),
  diskBytes: z.int().min(1024 * 1024, 'must be at least 1 MiB').optional().describe('Bytes that it may have in its folders at once; unset 16 GiB'),
  logBytes: z.int().min(64 * 1024, 'must be at least 64 KiB').optional().describe('Bytes that it may say on standard output and standard error; unset 64 MiB'),
};

export const runtime = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('builtin'), module: z.string() }),
  z.strictObject({ kind: z.literal('process'), command: z.array(z.string().min(1)).min(1).max(1_000).describe('Program and arguments; it begins in the folder of the files'), ...programLimits }),
  z.strictObject({ kind: z.literal('typescript'), module: filePath.describe('The file whose default export runs the task'), ...programLimits }),
  z
    .object({ kind: z.literal('onnx'), model: filePath, labelsFile: filePath.optional().describe('Names of the classes, one a line'), task: z.enum(['classification', 'detection', 'segmentation']) })
    .loose()
    .describe('Beside these the description of pre- and post-processing'),
  z.strictObject({ kind: z.literal('http'), url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }) }),
  z.strictObject({
    kind: z.literal('container'),
    image: z.string().min(1).max(500).regex(/^[^-\s][^\s]*$/, 'must be the name of an image'),
    archive: filePath.optional().describe('The image as a file of the analytic: what `podman save` writes, or a root folder as tar'),
    gpuArchive: filePath.optional().describe('The image for machines with a GPU, where it is another one'),
    command: z.array(z.string()).max(1_000).optional(),
    ...programLimits,
  }),
]);

/** A document that people read, and that comes with every answer that shows an analytic. */
const maxDocumentLength = 1_000_000;
const maxDescriptionLength = 100_000;

/** Characters of JSON; undefined for what cannot be written as such, which a module may well give. */
function lengthOf(document: unknown): number | undefined {
  try {
    return JSON.stringify(document).length;
  } catch {
    return undefined;
  }
}

/** What the parts of a document cannot say by themselves: names that differ, and a size that can be shown. */
function checkWhole(document: { inputs: { name: string }[]; parameters: { name: string }[]; outputs: { name: string }[] }, context: z.core.$RefinementCtx): void {
  for (const part of ['inputs', 'parameters', 'outputs'] as const) {
    const seen = new Set<string>();
    for (const [index, { name }] of document[part].entries()) {
      if (seen.has(name)) context.addIssue({ code: 'custom', path: [part, index, 'name'], message: `"${name}" is there twice` });
      seen.add(name);
    }
  }
  const length = lengthOf(document);
  if (length === undefined) context.addIssue({ code: 'custom', path: [], message: 'must be what JSON can say: something in it holds itself, or is a big integer' });
  else if (length > maxDocumentLength) context.addIssue({ code: 'custom', path: [], message: `must have at most ${maxDocumentLength.toLocaleString('en')} characters of JSON; this has ${length.toLocaleString('en')}` });
}

const manifestFields = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}$/, 'must be owner/name in lower case'),
  version: z.string().regex(/^\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?$/, 'must be a version such as 1.2.0'),
  title: z.string().max(500).default(''),
  description: z.string().max(maxDescriptionLength).default(''),
  scope: z.enum(['public', 'org', 'private']).default('org'),
  inputs: z.array(analyticInput).max(100),
  parameters: z.array(analyticParameter).max(200).default([]),
  outputs: z.array(analyticOutput).max(100),
  compute: z.strictObject({ cpu: z.boolean().default(true), gpu: z.boolean().default(false) }).prefault({}),
  timeoutSeconds: z.int().positive().max(86_400).default(3_600),
  runtime,
  files: z.array(filePath).max(1_000).default([]).describe('Files that come with it, uploaded one by one; until all are there it is pending'),
});
export const analyticManifest = manifestFields.superRefine(checkWhole);
export type AnalyticManifest = z.infer<typeof analyticManifest>;
export type AnalyticParameter = z.infer<typeof analyticParameter>;

/** What every segmentation model can be asked for, whether its document says so or not: what lies at one place. */
const pointParameter: AnalyticParameter = { name: 'point', description: 'Only what lies at this place: [x, y] in pixels of the picture', type: 'array', required: false };

/** The parameters of an analytic: those of its document, and those that its runtime brings. */
export function parametersOf({ parameters, runtime: on }: Pick<AnalyticManifest, 'parameters' | 'runtime'>): AnalyticParameter[] {
  const isSegmentation = on.kind === 'onnx' && on.task === 'segmentation';
  return isSegmentation && !parameters.some(({ name }) => name === pointParameter.name) ? [...parameters, pointParameter] : parameters;
}

/** Every file that must have been uploaded before it can run. */
export function neededFiles({ files, runtime: on }: Pick<AnalyticManifest, 'files' | 'runtime'>): string[] {
  const named = on.kind === 'onnx' ? [on.model, on.labelsFile] : on.kind === 'typescript' ? [on.module] : on.kind === 'container' ? [on.archive, on.gpuArchive] : [];
  return [...new Set([...(files ?? []), ...named.filter((path) => path !== undefined)])];
}
