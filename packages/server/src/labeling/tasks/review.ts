import type { Parsed, tasks } from '@fovea/contract';
import type { Database, Tx, WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { selectAnnotation } from '../annotations/store.ts';
import type { taskAnswers } from './answers.ts';
import { illegal, type TaskLife } from './life.ts';
import type { StoredTask, TaskChange } from './store.ts';

type Verdict = Parsed<typeof tasks.review>['body'];

const statusOf = { accept: 'accepted', reject: 'rejected', fix: 'fixed', comment: 'commented' } as const;

/** Judgements of work: accepted, sent back with a comment, fixed with both versions kept, or commented on. */
export function taskReview({ db, life, answers }: { db: Database; life: TaskLife; answers: ReturnType<typeof taskAnswers> }) {
  const { access, locked, change, tell, answer, keepDrafts, complete } = life;

  /** Completed work is judged again, and what a fix says of it is kept beside what was there. */
  async function judgeCompleted(tx: Tx, caller: Caller, task: StoredTask, body: Verdict, reviewed: TaskChange): Promise<StoredTask> {
    // What the reviewer added in the task belongs to the item now, as the rest of the work does.
    if (body.verdict === 'fix') await keepDrafts(tx, task);
    const fixed = body.verdict === 'fix' ? await answer(tx, { ...task, response: body.response ?? {} }, { fixed: true }) : {};
    const after = await change(tx, caller, task, { ...reviewed, ...fixed }, 'task.reviewed', { verdict: body.verdict });
    await tell(tx, after, 'reviewed');
    return after;
  }

  return {
    async review(caller: Caller, id: string, body: Verdict, whenMade?: WhenMade<StoredTask>): Promise<StoredTask> {
      const { role } = await access(caller, id, 'reviewer', 'label');
      return db.tx(keeping(whenMade, async (tx) => {
        const task = await locked(tx, id);
        // Who manages the project may be the only person in it.
        if (role === 'reviewer' && task.submittedBy === caller.email) throw new Fault('forbidden', 'You did this work yourself; another person reviews it.');
        if (task.status !== 'submitted' && task.status !== 'completed') throw illegal(task);
        await needPlace(tx, task, body.annotation);
        if (body.verdict === 'fix' && body.response !== undefined) await answers.need(tx, task, body.response);
        const reviewed = judgement(caller, task, body);
        if (task.status === 'completed') return judgeCompleted(tx, caller, task, body, reviewed);
        if (body.verdict === 'reject') {
          return change(tx, caller, task, { ...reviewed, status: 'pending', rounds: task.rounds + 1 }, 'task.rejected', { comment: body.comment ?? null });
        }
        if (body.verdict === 'comment') return change(tx, caller, task, reviewed, 'task.reviewed', { verdict: body.verdict });
        return complete(tx, caller, task, reviewed);
      }));
    },
  };
}

/** A comment may be pinned to what lies or lay on the task's item, or on another of its scan: any of the dataset. */
async function needPlace(tx: Tx, task: StoredTask, annotationId: string | undefined): Promise<void> {
  if (annotationId === undefined) return;
  const found = await selectAnnotation(tx, annotationId);
  if (!found || found.datasetId !== task.datasetId) {
    throw new Fault('invalid_request', `There is no annotation "${annotationId}" in the dataset of the task.`, { errors: [{ path: 'body.annotation', message: "must be an annotation in the task's dataset" }] });
  }
}

/** What a verdict writes on a task, whatever state it is in. */
function judgement(caller: Caller, task: StoredTask, body: Verdict): TaskChange {
  const at = new Date().toISOString();
  const note = body.comment === undefined ? {} : { addComment: { comment: body.comment, by: caller.email, at, ...(body.annotation ? { annotationId: body.annotation } : {}) } };
  const reviewStatus = statusOf[body.verdict];
  return {
    ...note,
    reviewStatus,
    addAudit: { audited_by: caller.email, audited_at: at, audit_result: reviewStatus, comments: body.comment ?? null },
    ...(body.verdict === 'fix' && task.response !== null ? { addPriorResponse: task.response } : {}),
    ...(body.verdict === 'fix' && body.response !== undefined ? { response: body.response } : {}),
  };
}
