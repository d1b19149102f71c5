import { taskTypeOf, type Task, type TaskFamily } from '@fovea/contract';

/** How the answer to a task is written down when it is not drawn. */
export type FormKind = 'category' | 'comparison' | 'fields' | 'audio' | 'entities' | 'collection' | 'document' | 'json';

const kinds: Readonly<Record<TaskFamily, FormKind | undefined>> = {
  vector: undefined,
  segmentation: undefined,
  video: undefined,
  playback: undefined,
  category: 'category',
  comparison: 'comparison',
  fields: 'fields',
  audio: 'audio',
  entities: 'entities',
  collection: 'collection',
  document: 'document',
  lidar: 'json',
  points: 'json',
  free: 'json',
};

/** The form of a task; undefined for one that is drawn on an item. */
export function formKindOf(task: Pick<Task, 'type'>): FormKind | undefined {
  const type = taskTypeOf(task.type);
  return type && kinds[type.family];
}

/** An answer as it is sent, or on the way to it. */
export type Answer = Readonly<Record<string, unknown>>;
export type Params = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : value === undefined || value === null || value === '' ? [] : [value]);
export const asText = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
/** `true` also as text, as some callers send it. */
export const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** Something that can be chosen: what is sent, and what is read. */
export interface Option {
  value: string | number | boolean;
  label: string;
  hint?: string;
}

/** Choices and labels in all the ways they are written; menus of others are opened out. */
export function optionsOf(list: unknown): Option[] {
  return asList(list).flatMap((one): Option[] => {
    if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') return [{ value: one, label: String(one) }];
    if (!isObject(one)) return [];
    const below = optionsOf(one['subchoices']);
    if (below.length > 0) return below;
    const value = [one['value'], one['choice'], one['name'], one['label']].find((key) => typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean');
    if (value === undefined) return [];
    const hint = asText(one['hint'] ?? one['description']);
    return [{ value: value as Option['value'], label: asText(one['display'] ?? one['label']) || String(value), ...(hint !== '' && { hint }) }];
  });
}
