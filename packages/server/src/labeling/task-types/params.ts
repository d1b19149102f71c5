import { taskParamFaults, taskTypeNames, taskTypeOf, taskTypes, type TaskFamily, type TaskFault, type TaskTypeName } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import { isObject, type Json } from './work.ts';

/** The type of tasks that say nothing else: whatever the recipe allows may be drawn. */
export const plainType: TaskTypeName = 'annotation';

/** Parameters that say what may be labeled; a recipe says the same. */
const labelParams = ['geometries', 'objects_to_annotate', 'labels', 'categories', 'features'];

export function isTaskType(name: string): name is TaskTypeName {
  return taskTypeOf(name) !== undefined;
}

/** The family of a type; of a name that is none, that of free work. */
export function familyOf(name: string): TaskFamily {
  return isTaskType(name) ? taskTypes[name].family : 'free';
}

/** Families whose work is drawn; what was drawn lies with the item. */
export const drawnFamilies: ReadonlySet<TaskFamily> = new Set<TaskFamily>(['vector', 'segmentation', 'video', 'playback', 'document', 'lidar', 'points']);

/** What a task of the native API brings besides its parameters. */
export interface TaskGiven {
  item: boolean;
  attachment: string | undefined;
  /** Its recipe names labels. */
  labels: boolean;
}

/** Throws for the first parameters that are missing or wrong, each by its name, with what is allowed. */
export function needParams(name: string, params: Json, given: TaskGiven): void {
  if (!isTaskType(name)) throw paramFault([{ path: 'type', message: `must be a task type, one of ${taskTypeNames.join(', ')}` }], 'body');
  const attached = given.item || given.attachment !== undefined;
  const elsewhere = new Set([
    'project',
    ...(attached ? ['attachment', 'attachments'] : []),
    ...(given.item ? ['attachment_type'] : []),
    ...(given.labels || name === plainType ? labelParams : []),
    // A task of the plain type may stand for work that lies elsewhere.
    ...(name === plainType ? ['attachment'] : []),
  ]);
  const faults = taskParamFaults(name, params, elsewhere);
  if (faults.length > 0) throw paramFault(faults, 'body.params');
}

function paramFault(faults: readonly TaskFault[], under: string): Fault {
  const errors = faults.map(({ path, message }) => ({ path: `${under}.${path}`, message }));
  return new Fault('invalid_request', `${faults.map(({ path, message }) => `"${path}" ${message}`).join('; ')}.`, { errors });
}

/** Attachments of a task that are files to be fetched, in their order; `index` counts all attachments. */
export function attachmentsOf(type: string, params: Json): { index: number; url: string }[] {
  const media = isTaskType(type) ? taskTypes[type].media : 'image';
  const kind = typeof params['attachment_type'] === 'string' ? params['attachment_type'] : media;
  const list = Array.isArray(params['attachments']) ? (params['attachments'] as unknown[]) : [];
  const all = [...(typeof params['attachment'] === 'string' ? [params['attachment'] as unknown] : []), ...list];
  return all.flatMap((one, index) => {
    const url = isObject(one) ? (one['content'] ?? one['attachment'] ?? one['url']) : one;
    const ownKind = isObject(one) && typeof one['type'] === 'string' ? one['type'] : kind;
    return typeof url === 'string' && url !== '' && !['text', 'website', 'mixed'].includes(ownKind) ? [{ index, url }] : [];
  });
}
