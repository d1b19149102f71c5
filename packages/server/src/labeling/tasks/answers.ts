import type { Queryable } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { answerOf } from '../task-types/answers.ts';
import { answerFaults } from '../task-types/check-answer.ts';
import { drawnFamilies, familyOf } from '../task-types/params.ts';
import type { Json, Work } from '../task-types/work.ts';
import type { StoredTask } from './store.ts';

const maxErrors = 100;

/** Answers to tasks: checked by their types when they are handed in, and written down when tasks are completed. */
export function taskAnswers({ annotations }: { annotations: AnnotationsService }) {
  /** What was said and what was labeled, which answers as well. */
  async function workOf(on: Queryable, task: StoredTask, answers: Json): Promise<Work> {
    const { type, params } = task;
    const found = await annotations.ofTask(on, { taskId: task.id, itemIds: task.itemId === null ? [] : [task.itemId], by: task.submittedBy, since: task.createdAt });
    const { width, height, frames, fps } = found.item ?? {};
    return { type, params, answers, annotations: found.annotations.map((one) => ({ ...one, page: 0 })), media: { width: width ?? 1, height: height ?? 1, frames: frames ?? 1, fps: fps ?? 0, pages: 1 } };
  }

  const saysMore = (task: StoredTask) => !drawnFamilies.has(familyOf(task.type)) && familyOf(task.type) !== 'free';

  return {
    /** Throws where the answer to a task does not fit its type and parameters, or what was labeled lacks what its recipe asks for. */
    async need(on: Queryable, task: StoredTask, answers: Json): Promise<void> {
      const answer = saysMore(task) ? answerOf(await workOf(on, task, answers)) : answers;
      const faults = [
        ...answerFaults(task.type, task.params, answer).map(({ path, message }) => ({ path: path === '' ? 'body.response' : `body.response.${path}`, message })),
        ...(await annotations.draftFaults(on, task)),
      ].slice(0, maxErrors);
      if (faults.length > 0) throw new Fault('invalid_request', faults.slice(0, 3).map(({ path, message }) => `${path}: ${message}.`).join(' '), { errors: faults });
    },

    /** The answer as it is kept: in the words of the type, made of what was said and what was labeled. */
    async of(on: Queryable, task: StoredTask): Promise<Json | undefined> {
      return saysMore(task) ? answerOf(await workOf(on, task, task.response ?? {})) : undefined;
    },
  };
}
