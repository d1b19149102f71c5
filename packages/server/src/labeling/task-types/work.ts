import type { AnnotationContent } from '@fovea/contract';

export type Json = Record<string, unknown>;

/** One annotation as a person left it; `page` tells on which of a task's files, from 0. */
export interface WorkAnnotation extends AnnotationContent {
  id: string;
  page: number;
}

/** What a response is made of: the task's words, what was drawn, and what was answered besides. */
export interface Work {
  type: string;
  params: Json;
  annotations: readonly WorkAnnotation[];
  answers: Json;
  media: Media;
}

/** Of the task's first file; `pages` counts the files. */
export interface Media {
  width: number;
  height: number;
  frames: number;
  fps: number;
  pages: number;
}

/** Attributes go out when they were asked for, or when there are some. */
export function attributesOf(params: Json, attributes: AnnotationContent['attributes']): { attributes?: Json } {
  const asked = params['annotation_attributes'] !== undefined && params['annotation_attributes'] !== null;
  return asked || Object.keys(attributes).length > 0 ? { attributes } : {};
}

/** True for a JSON object: no array, not null. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
