import { z } from 'zod';

/** The document of an analytic: what it is called, what it takes, what it gives, what it runs on. */
export const mediaKinds = ['image', 'video', 'dicom', 'nifti', 'text', 'pdf', 'audio', 'other'] as const;
export type MediaKind = (typeof mediaKinds)[number];

const identifier = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must begin with a letter and have at most 64 letters, digits, _ or -');

export const analyticInput = z.object({
  name: identifier,
  description: z.string().default(''),
  media: z.array(z.enum(mediaKinds)).min(1).describe('Kinds of item that it accepts'),
  many: z.boolean().default(false).describe('Takes several items'),
  required: z.boolean().default(true),
});

export const parameterTypes = ['number', 'integer', 'string', 'boolean', 'choice', 'object', 'array', 'file'] as const;
export const analyticParameter = z.object({
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
export const analyticOutput = z.object({
  name: identifier,
  description: z.string().default(''),
  type: z.enum(outputTypes),
  mediaType: z.string().default('application/octet-stream'),
  filename: z.string().optional().describe('Name of the file, when there is just one'),
  many: z.boolean().default(false).describe('One per input item'),
});

export const runtime = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('builtin'), module: z.string() }),
  z.object({
    kind: z.literal('process'),
    command: z.array(z.string()).min(1),
    network: z.boolean().default(false),
    memoryBytes: z.int().positive().optional(),
  }),
  z.object({ kind: z.literal('onnx'), model: z.string(), task: z.enum(['classification', 'detection', 'segmentation']) }).loose(),
  z.object({ kind: z.literal('http'), url: z.url() }),
  z.object({ kind: z.literal('container'), image: z.string(), command: z.array(z.string()).optional() }),
]);

export const analyticManifest = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}$/, 'must be owner/name in lower case'),
  version: z.string().regex(/^\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?$/, 'must be a version such as 1.2.0'),
  title: z.string().default(''),
  description: z.string().default(''),
  scope: z.enum(['public', 'org', 'private']).default('org'),
  inputs: z.array(analyticInput).max(100),
  parameters: z.array(analyticParameter).max(200).default([]),
  outputs: z.array(analyticOutput).max(100),
  compute: z.object({ cpu: z.boolean().default(true), gpu: z.boolean().default(false) }).prefault({}),
  timeoutSeconds: z.int().positive().max(86_400).default(3_600),
  runtime,
});
export type AnalyticManifest = z.infer<typeof analyticManifest>;
