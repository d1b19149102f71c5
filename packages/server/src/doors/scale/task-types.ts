import { taskParamFaults, taskTypeNames, type TaskTypeName } from '@fovea/contract';
import { isTaskType } from '../../labeling/task-types/params.ts';
import type { Json } from '../../labeling/task-types/work.ts';
import { badParameter, noAttachment } from './errors.ts';

/** Types of the rapid quality tasks. */
export const qualityTypes = ['documenttranscription', 'segmentannotation', 'videoplaybackannotation', 'imageannotation', 'textcollection', 'namedentityrecognition'];

/** The name as that of a type, or the fault that lists them. */
export function needType(name: string): TaskTypeName {
  if (!isTaskType(name)) throw badParameter('type', `must be a task type, one of ${taskTypeNames.join(', ')}`);
  return name;
}

/** Throws the fault for the first parameter that is missing or of the wrong kind, in the service's words. */
export function checkParams(name: string, params: Json, project: string | undefined): void {
  const [first] = taskParamFaults(needType(name), params, new Set(project === undefined ? [] : ['project']));
  if (!first) return;
  const isAttachment = first.message === 'is required' && first.path.split('" or "').every((key) => key.startsWith('attachment') && key !== 'attachment_type');
  throw isAttachment ? noAttachment() : badParameter(first.path, first.message);
}
