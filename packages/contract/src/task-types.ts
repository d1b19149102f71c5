import { z } from 'zod';
import { paramSchemas } from './task-params.ts';
import { responseSchemas } from './task-responses.ts';

/** What the work of a type is, and so what its answer looks like; types of one family share it. */
export const taskFamilies = ['vector', 'segmentation', 'video', 'playback', 'category', 'comparison', 'fields', 'audio', 'entities', 'collection', 'document', 'lidar', 'points', 'free'] as const;
export type TaskFamily = (typeof taskFamilies)[number];

export interface TaskType {
  family: TaskFamily;
  /** What attachments are when `attachment_type` does not say. */
  media: string;
  /** Parameters that must be there after those of the project or recipe were taken over; `a|b` is satisfied by one of them. */
  required: readonly string[];
  params: z.ZodType;
  response: z.ZodType;
}

const responseOf: Readonly<Record<TaskFamily, z.ZodType>> = {
  vector: responseSchemas.drawn,
  segmentation: responseSchemas.drawn,
  video: responseSchemas.drawn,
  playback: responseSchemas.drawn,
  document: responseSchemas.drawn,
  lidar: responseSchemas.drawn,
  points: responseSchemas.drawn,
  category: responseSchemas.category,
  comparison: responseSchemas.comparison,
  fields: responseSchemas.fields,
  audio: responseSchemas.audio,
  entities: responseSchemas.entities,
  collection: responseSchemas.collection,
  free: responseSchemas.free,
};

const type = (family: TaskFamily, media: string, params: keyof typeof paramSchemas, ...required: string[]): TaskType => ({ family, media, required, params: paramSchemas[params], response: responseOf[family] });

/** All task types: their family, their usual medium, their parameters and what they cannot be without, and their answers. */
export const taskTypes = {
  imageannotation: type('vector', 'image', 'image', 'attachment', 'geometries'),
  annotation: type('vector', 'image', 'boxes', 'attachment', 'objects_to_annotate'),
  polygonannotation: type('vector', 'image', 'shapes', 'attachment', 'objects_to_annotate'),
  lineannotation: type('vector', 'image', 'shapes', 'attachment', 'objects_to_annotate'),
  pointannotation: type('vector', 'image', 'boxes', 'attachment', 'objects_to_annotate'),
  cuboidannotation: type('vector', 'image', 'cuboids', 'attachment', 'objects_to_annotate'),
  segmentannotation: type('segmentation', 'image', 'segmentation', 'attachment', 'labels'),
  videoannotation: type('video', 'video', 'video', 'attachments|attachment', 'geometries'),
  videoboxannotation: type('video', 'image', 'frames', 'attachments', 'objects_to_annotate'),
  videocuboidannotation: type('video', 'image', 'frames', 'attachments', 'objects_to_annotate'),
  videoplaybackannotation: type('playback', 'video', 'playback', 'attachment', 'geometries'),
  categorization: type('category', 'text', 'categories', 'attachment', 'attachment_type', 'categories|taxonomies'),
  comparison: type('comparison', 'image', 'comparison', 'attachments', 'attachment_type', 'choices|fields'),
  transcription: type('fields', 'image', 'fields', 'attachment', 'fields|repeatable_fields'),
  datacollection: type('fields', 'website', 'fields', 'attachment', 'fields'),
  audiotranscription: type('audio', 'audio', 'audio', 'attachment'),
  documenttranscription: type('document', 'document', 'document', 'attachment|attachments', 'features'),
  namedentityrecognition: type('entities', 'text', 'entities', 'text', 'labels'),
  textcollection: type('collection', 'mixed', 'collection', 'attachments', 'fields'),
  lidarannotation: type('lidar', 'json', 'lidar', 'attachments', 'labels'),
  lidartopdown: type('vector', 'json', 'topdown', 'project', 'attachments|attachment', 'geometries'),
  lidarsegmentation: type('points', 'json', 'points', 'attachments|lidar_task', 'labels|lidar_task'),
  lidarlinking: type('free', 'json', 'free'),
  laneannotation: type('free', 'image', 'free'),
  documentmodel: type('free', 'document', 'free'),
  sensorfusion: type('free', 'json', 'free'),
  chat: type('free', 'text', 'free'),
  chatexperimental: type('free', 'text', 'free'),
  chatlite: type('free', 'text', 'free'),
  multichat: type('free', 'text', 'free'),
  multistage: type('free', 'text', 'free'),
  federal2dvideoannotation: type('free', 'video', 'free'),
} as const satisfies Record<string, TaskType>;
export type TaskTypeName = keyof typeof taskTypes;

export const taskTypeNames = Object.keys(taskTypes) as [TaskTypeName, ...TaskTypeName[]];

/** The row of a type; undefined for a name that is none. */
export function taskTypeOf(name: string): TaskType | undefined {
  return Object.hasOwn(taskTypes, name) ? taskTypes[name as TaskTypeName] : undefined;
}

/** Something that is wrong with a parameter or an answer, and what is allowed. */
export interface TaskFault {
  /** With dots: `geometries.box.objects_to_annotate`. */
  path: string;
  message: string;
}

/** What a parameter that is not among the others is satisfied by, such as an item for an attachment. */
export type Elsewhere = ReadonlySet<string>;

/** What is wrong with the parameters of a task, what is missing first. */
export function taskParamFaults(name: TaskTypeName, params: Readonly<Record<string, unknown>>, elsewhere: Elsewhere = new Set()): TaskFault[] {
  const { required, params: schema } = taskTypes[name];
  const missing = required.flatMap((need): TaskFault[] => {
    const alternatives = need.split('|');
    if (alternatives.some((key) => elsewhere.has(key) || isPresent(params[key]))) return [];
    return [{ path: alternatives.join('" or "'), message: 'is required' }];
  });
  const wrong = faultsOf(schema.safeParse(withoutNulls(params), { reportInput: true }));
  const both = name === 'lidartopdown' && isPresent(params['attachment']) && isPresent(params['attachments']);
  const unsaid = missing.filter(({ path }) => !wrong.some((fault) => fault.path === path));
  return [...unsaid, ...(both ? [{ path: 'attachment', message: 'and "attachments" must not both be given' }] : []), ...wrong];
}

/** True for a parameter that says something: empty texts and arrays do not. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** The issues of a schema, which was asked to report what it was given, with their paths in dots. */
export function faultsOf(result: z.ZodSafeParseResult<unknown>): TaskFault[] {
  if (result.success) return [];
  return result.error.issues.map((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? [issue.keys[0] ?? ''] : [];
    return { path: [...issue.path, ...keys].map(String).join('.'), message: isMissing(issue) ? 'is required' : wordsOf(issue.message) };
  });
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value') && issue.path.length > 0;
}

/** The library's own messages in our words. */
function wordsOf(message: string): string {
  const [, expected] = /^Invalid input: expected (.+?)(, received .+)?$/.exec(message) ?? [];
  return expected === undefined ? message : `must be of type ${expected}`;
}

/** Null stands for what is not given, at any depth. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])));
}

/** JSON Schema of the parameters of a type, with what it cannot be without. */
export function taskParamsSchema({ required, params }: TaskType): Record<string, unknown> {
  const single = required.filter((need) => !need.includes('|'));
  const either = required.filter((need) => need.includes('|')).map((need) => ({ anyOf: need.split('|').map((key) => ({ required: [key] })) }));
  return { ...jsonSchemaOf(params), ...(single.length > 0 ? { required: single } : {}), ...(either.length > 0 ? { allOf: either } : {}) };
}

/** JSON Schema of the answer to a type. */
export function taskResponseSchema({ response }: TaskType): Record<string, unknown> {
  return jsonSchemaOf(response);
}

function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _$schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-2020-12' }) as Record<string, unknown>;
  return rest;
}
