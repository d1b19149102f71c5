import { badParameter, noAttachment } from './errors.ts';

type Params = Record<string, unknown>;

/** What the answer to a type looks like; types of one family share it. */
export type Family =
  | 'vector'
  | 'segmentation'
  | 'video'
  | 'playback'
  | 'category'
  | 'comparison'
  | 'fields'
  | 'audio'
  | 'entities'
  | 'collection'
  | 'document'
  | 'lidar'
  | 'points'
  | 'free';

interface TaskType {
  family: Family;
  /** What attachments are when `attachment_type` does not say. */
  media: string;
  /** Parameters that must be there after the project's were taken over; `a|b` is satisfied by one of them. */
  required: readonly string[];
}

const type = (family: Family, media: string, ...required: string[]): TaskType => ({ family, media, required });

/** All task types: their family, their usual medium, and what they cannot be without. */
export const taskTypes: Readonly<Record<string, TaskType>> = {
  imageannotation: type('vector', 'image', 'attachment', 'geometries'),
  annotation: type('vector', 'image', 'attachment', 'objects_to_annotate'),
  polygonannotation: type('vector', 'image', 'attachment', 'objects_to_annotate'),
  lineannotation: type('vector', 'image', 'attachment', 'objects_to_annotate'),
  pointannotation: type('vector', 'image', 'attachment', 'objects_to_annotate'),
  cuboidannotation: type('vector', 'image', 'attachment', 'objects_to_annotate'),
  segmentannotation: type('segmentation', 'image', 'attachment', 'labels'),
  videoannotation: type('video', 'video', 'attachments|attachment', 'geometries'),
  videoboxannotation: type('video', 'image', 'attachments', 'objects_to_annotate'),
  videocuboidannotation: type('video', 'image', 'attachments', 'objects_to_annotate'),
  videoplaybackannotation: type('playback', 'video', 'attachment', 'geometries'),
  categorization: type('category', 'text', 'attachment', 'attachment_type', 'categories|taxonomies'),
  comparison: type('comparison', 'image', 'attachments', 'attachment_type', 'choices|fields'),
  transcription: type('fields', 'image', 'attachment', 'fields|repeatable_fields'),
  datacollection: type('fields', 'website', 'attachment', 'fields'),
  audiotranscription: type('audio', 'audio', 'attachment'),
  documenttranscription: type('document', 'document', 'attachment|attachments', 'features'),
  namedentityrecognition: type('entities', 'text', 'text', 'labels'),
  textcollection: type('collection', 'mixed', 'attachments', 'fields'),
  lidarannotation: type('lidar', 'json', 'attachments', 'labels'),
  lidartopdown: type('vector', 'json', 'project', 'attachments|attachment', 'geometries'),
  lidarsegmentation: type('points', 'json', 'attachments|lidar_task', 'labels|lidar_task'),
  lidarlinking: type('free', 'json'),
  laneannotation: type('free', 'image'),
  documentmodel: type('free', 'document'),
  sensorfusion: type('free', 'json'),
  chat: type('free', 'text'),
  chatexperimental: type('free', 'text'),
  chatlite: type('free', 'text'),
  multichat: type('free', 'text'),
  multistage: type('free', 'text'),
  federal2dvideoannotation: type('free', 'video'),
};

/** Types of the rapid quality tasks. */
export const qualityTypes = ['documenttranscription', 'segmentannotation', 'videoplaybackannotation', 'imageannotation', 'textcollection', 'namedentityrecognition'];

export function typeOf(name: string): TaskType {
  const found = Object.hasOwn(taskTypes, name) ? taskTypes[name] : undefined;
  if (!found) throw badParameter('type', `must be a task type, one of ${Object.keys(taskTypes).join(', ')}`);
  return found;
}

/** Throws the fault for the first parameter that is missing or of the wrong kind. */
export function checkParams(name: string, params: Params, project: string | undefined): void {
  for (const need of typeOf(name).required) {
    const alternatives = need.split('|');
    if (alternatives.some((key) => present(key === 'project' ? project : params[key]))) continue;
    if (alternatives.every((key) => key.startsWith('attachment') && key !== 'attachment_type')) throw noAttachment();
    throw badParameter(alternatives.join('" or "'), 'is required');
  }
  checkAttachments(name, params);
  checkKind(params, 'geometries', 'an object', isObject);
  checkKind(params, 'annotation_attributes', 'an object', isObject);
  checkKind(params, 'objects_to_annotate', 'an array', Array.isArray);
  checkKind(params, 'labels', 'an array', Array.isArray);
  if (isObject(params['geometries'])) checkGeometries(params['geometries']);
  if (name === 'segmentannotation' && Array.isArray(params['labels']) && params['labels'].length > 50) throw badParameter('labels', 'must have at most 50 labels');
}

const geometryKinds = ['box', 'polygon', 'line', 'point', 'cuboid', 'ellipse'];

function checkGeometries(geometries: Params): void {
  for (const [kind, geometry] of Object.entries(geometries)) {
    if (!geometryKinds.includes(kind)) throw badParameter(`geometries.${kind}`, `must be one of ${geometryKinds.join(', ')}`);
    if (!isObject(geometry)) throw badParameter(`geometries.${kind}`, 'must be an object');
    if (!Array.isArray(geometry['objects_to_annotate'])) throw badParameter(`geometries.${kind}.objects_to_annotate`, geometry['objects_to_annotate'] === undefined ? 'is required' : 'must be an array');
    const { min_vertices: min, max_vertices: max } = geometry;
    if (typeof min === 'number' && typeof max === 'number' && max < min) throw badParameter(`geometries.${kind}.max_vertices`, 'must be at least min_vertices');
  }
}

function checkAttachments(name: string, params: Params): void {
  const { attachment, attachments } = params;
  if (present(attachment) && typeof attachment !== 'string') throw badParameter('attachment', 'must be text');
  if (present(attachments) && !Array.isArray(attachments)) throw badParameter('attachments', 'must be an array');
  if (Array.isArray(attachments) && attachments.length > 5_000) throw badParameter('attachments', 'must have at most 5,000 attachments');
  if (name === 'lidartopdown' && present(attachment) && present(attachments)) throw badParameter('attachment', 'and "attachments" must not both be given');
}

function checkKind(params: Params, key: string, what: string, is: (value: unknown) => boolean): void {
  if (present(params[key]) && !is(params[key])) throw badParameter(key, `must be ${what}`);
}

export function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}
