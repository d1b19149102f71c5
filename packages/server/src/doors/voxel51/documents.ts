import { analyticManifest, type AnalyticManifest } from '@fovea/contract';
import { z } from 'zod';
import { invalid } from '../../http/problem.ts';
import { bad } from './errors.ts';

const field = z.object({ name: z.string().min(1), type: z.string().regex(/^types\.\w+$/, 'must be types.<Name>'), description: z.string() }).loose();
const info = z.object({ name: z.string().min(1), version: z.string().min(1), description: z.string(), supports_cpu: z.boolean(), supports_gpu: z.boolean() }).loose();

/** The document of an analytic (section 8.1 of the protocol). Further keys are kept. */
const analyticDocument = z
  .object({
    info,
    inputs: z.array(field.extend({ required: z.boolean() })),
    parameters: z.array(field.extend({ placeholder: z.unknown(), required: z.boolean(), default: z.unknown().optional() })),
    outputs: z.array(field.extend({ filename: z.string().min(1), post_as_data: z.boolean(), schema: z.record(z.string(), z.unknown()).nullable() })),
    zip_outputs: z.boolean(),
  })
  .loose();
export type AnalyticDocument = z.infer<typeof analyticDocument>;

/** Reads an uploaded document; one of the image-to-video kind may consist of `info` alone. */
export function readDocument(value: unknown, imageToVideo: boolean): AnalyticDocument {
  const filled = imageToVideo && typeof value === 'object' && value !== null ? { ...imageToVideoParts, ...value } : value;
  const parsed = analyticDocument.safeParse(filled);
  if (!parsed.success) throw invalid(parsed.error.issues, 'body');
  const { info: about, outputs } = parsed.data;
  if (!about.supports_cpu && !about.supports_gpu) throw bad('info: one of supports_cpu and supports_gpu must be true');
  if (!parsed.data.zip_outputs && outputs.filter((output) => !output.post_as_data).length > 1) throw bad('outputs: several are to be downloaded, so zip_outputs must be true');
  return parsed.data;
}

const imageToVideoParts = {
  inputs: [{ name: 'video', type: 'types.Video', description: 'The video', required: true }],
  parameters: [],
  outputs: [{ name: 'labels', type: 'types.VideoLabels', description: 'Labels of the frames', filename: 'labels.json', post_as_data: false, schema: null }],
  zip_outputs: false,
};

const parameterTypes: Record<string, AnalyticManifest['parameters'][number]['type']> = {
  'types.Boolean': 'boolean',
  'types.String': 'string',
  'types.Number': 'number',
  'types.Object': 'object',
  'types.Config': 'object',
  'types.Array': 'array',
  'types.StringArray': 'array',
  'types.ObjectArray': 'array',
};

/** The files that the images of an analytic are kept as. */
export const imageFiles = { CPU: 'cpu.tar', GPU: 'gpu.tar' } as const;

/** An uploaded document as ours. Names are lower case there; the door shows the name as it was uploaded. */
export function toManifest(document: AnalyticDocument, owner: string): AnalyticManifest {
  const { info: about } = document;
  const parsed = analyticManifest.safeParse({
    name: `${owner}/${about.name.toLowerCase()}`,
    version: about.version,
    description: about.description,
    scope: 'org',
    inputs: document.inputs.map(({ name, description, required }) => ({ name, description, required, media: ['image', 'video', 'dicom', 'nifti', 'text', 'pdf', 'audio', 'other'] })),
    parameters: document.parameters.map(({ name, description, required, type, default: preset }) => ({ name, description, required, type: parameterTypes[type] ?? 'file', ...(preset === undefined ? {} : { default: preset }) })),
    outputs: document.outputs.map(({ name, description, filename, post_as_data: many }) => ({ name, description, type: 'file', filename, many })),
    compute: { cpu: about.supports_cpu, gpu: about.supports_gpu },
    timeoutSeconds: 6 * 3_600,
    runtime: {
      kind: 'container',
      image: `${owner}/${about.name}:${about.version}`,
      network: true,
      ...(about.supports_cpu ? { archive: imageFiles.CPU } : {}),
      ...(about.supports_gpu ? { gpuArchive: imageFiles.GPU } : {}),
    },
  });
  if (!parsed.success) throw invalid(parsed.error.issues, 'body');
  return parsed.data;
}

const outboundTypes: Record<string, string> = { number: 'types.Number', integer: 'types.Number', string: 'types.String', choice: 'types.String', boolean: 'types.Boolean', object: 'types.Object', array: 'types.Array', file: 'types.File' };

/** The document of an analytic that was not uploaded through this door. */
export function fromManifest(manifest: AnalyticManifest): AnalyticDocument {
  return {
    info: { name: manifest.name.split('/')[1] ?? manifest.name, version: manifest.version, description: manifest.description, supports_cpu: manifest.compute.cpu, supports_gpu: manifest.compute.gpu },
    inputs: manifest.inputs.map(({ name, description, media, required }) => ({ name, type: inputType(media), description, required })),
    parameters: manifest.parameters.map(({ name, description, type, required, default: preset }) => ({
      name,
      type: outboundTypes[type] ?? 'types.String',
      description,
      placeholder: preset === undefined ? '' : String(preset),
      required,
      ...(preset === undefined ? {} : { default: preset }),
    })),
    outputs: manifest.outputs.map(({ name, description, filename, mediaType }) => ({
      name,
      type: filename === 'labels.json' ? 'types.VideoLabels' : mediaType === 'application/json' ? 'types.JSONFile' : 'types.File',
      description,
      filename: filename ?? name,
      post_as_data: false,
      schema: null,
    })),
    zip_outputs: false,
  };
}

function inputType(media: readonly string[]): string {
  const [only, more] = media;
  if (more !== undefined) return 'types.File';
  return only === 'video' ? 'types.Video' : only === 'image' ? 'types.Image' : 'types.File';
}

/** One file for each input and one to download: all that the protocol can say. */
export function isExpressible(manifest: AnalyticManifest): boolean {
  return manifest.inputs.length > 0 && manifest.inputs.every((input) => !input.many) && manifest.outputs.filter((output) => !output.many && output.type !== 'labels').length === 1 && manifest.outputs.length === 1;
}

/** The file that a job gives to download, by output name; undefined where its outputs all become data. */
export function downloadOf(document: AnalyticDocument): { output: string | null; filename: string } | undefined {
  if (document.zip_outputs) return { output: null, filename: 'output.zip' };
  const output = document.outputs.find((one) => !one.post_as_data);
  return output && { output: output.name, filename: output.filename };
}
