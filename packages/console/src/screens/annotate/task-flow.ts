import type { Task } from '@fovea/contract';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { fovea } from '../../api/client.ts';
import { explain } from '../../api/errors.ts';
import { queryClient } from '../../api/query-client.ts';
import { refreshTasks, taskQuery } from '../../api/tasks.ts';
import { useMe } from '../../api/session.ts';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { notify, notifyError } from '../../ui/notices.ts';
import { isAhead, takeNext } from './session/ahead.ts';
import { missingAttributes } from './session/required.ts';
import { arrive, heldKey, leaveOut, skip, type QueueScope } from './session/task-queue.ts';
import type { TaskWork } from './session/task-work.ts';
import type { Workbench } from './session/workbench.ts';

/** What a person may do with the task in hand. */
export type TaskMode = { readonly kind: 'work'; readonly work: TaskWork } | { readonly kind: 'review' } | { readonly kind: 'look'; readonly why: string };

export interface TaskFlow {
  readonly isBusy: boolean;
  submit(): void;
  skip(): void;
  flag(reason: string): void;
  review(verdict: 'accept' | 'reject' | 'fix', comment?: string): void;
  /** `annotation`: the one that the comment is pinned to. Resolves to whether the platform has it. */
  comment(comment: string, annotation?: string): Promise<boolean>;
}

/** Ends the task in hand one way or another, and goes on to the next. */
export function useTaskFlow(bench: Workbench, task: Task, mode: TaskMode, scope: QueueScope): TaskFlow {
  const goOn = useGoOn(scope);
  const navigate = useNavigate();
  const go = async (end: () => Promise<string | undefined>) => {
    if (!(await allSaved(bench))) return;
    const ending = end();
    // The next task is in hand already: it is shown while this one is on its way to the platform.
    if (isAhead(scope)) {
      tellOfFailure(ending, () => void navigate({ to: '/tasks/$taskId', params: { taskId: task.id } }));
    } else {
      const said = await ending;
      if (said !== undefined) notify({ tone: 'good', text: said });
    }
    await goOn(task.id);
  };
  const isGoing = useRef(false);
  const step = useMutation({ mutationFn: (end: () => Promise<string | undefined>) => go(end).finally(() => (isGoing.current = false)) });
  const run = (end: () => Promise<string | undefined>) => {
    if (isGoing.current) return;
    isGoing.current = true;
    if (!isAhead(scope)) {
      step.mutate(end);
      return;
    }
    // So short a way that the page is not rendered once more to say so.
    void go(end)
      .catch(notifyError)
      .finally(() => (isGoing.current = false));
  };
  const work = mode.kind === 'work' ? mode.work : undefined;
  return {
    isBusy: step.isPending,
    submit: () =>
      run(async () => {
        if (!work) return undefined;
        took(await work.submit(task.response ?? {}));
        return undefined;
      }),
    skip() {
      skip(task.id);
      run(async () => {
        await work?.giveBack();
        return undefined;
      });
    },
    flag: (reason) =>
      run(async () => {
        skip(task.id);
        await work?.giveBack(reason);
        return t.task.flagged;
      }),
    review: (verdict, comment) =>
      run(async () => {
        const takeBack = leaveOut(task);
        try {
          took(await fovea.tasks.review(task.id, { verdict, ...(comment !== undefined && comment !== '' && { comment }) }));
        } catch (error) {
          takeBack();
          throw error;
        }
        return { accept: t.review.accepted, reject: t.review.rejected, fix: t.review.fixed }[verdict];
      }),
    async comment(comment, annotation) {
      try {
        took(await fovea.tasks.review(task.id, { verdict: 'comment', comment, ...(annotation !== undefined && { annotation }) }));
        return true;
      } catch (error) {
        notifyError(error);
        return false;
      }
    },
  };
}

/** Says what became of a task that is no longer shown; one that could not be ended can be opened again. */
function tellOfFailure(ending: Promise<string | undefined>, openAgain: () => void): void {
  ending.then(
    (said) => said !== undefined && notify({ tone: 'good', text: said }),
    (error: unknown) => notify({ tone: 'bad', text: t.task.notEnded(explain(error)), action: { label: t.task.openAgain, run: openAgain } }),
  );
}

function took(task: Task): void {
  queryClient.setQueryData(taskQuery(task.id).queryKey, task);
}

/** Takes the next task and shows it, or says that there is none. */
export function useGoOn(scope: QueueScope) {
  const navigate = useNavigate();
  const me = useMe();
  return async (current: string) => {
    const next = await takeNext(scope, me.user, current);
    const search = { ...(scope.batchId !== undefined && { batch: scope.batchId }), ...(scope.review && { review: true as const }) };
    if (next) arrive(next);
    if (next?.task.id === current && next.lease === undefined) await queryClient.resetQueries({ queryKey: heldKey(current) });
    if (next) await navigate({ to: '/tasks/$taskId', params: { taskId: next.task.id }, search, ignoreBlocker: true });
    else await navigate({ to: '/projects/$projectId/next', params: { projectId: scope.projectId }, search, ignoreBlocker: true });
    void refreshTasks();
  };
}

/** Ends a gesture under way, asks for what is required, and sends what is left. */
async function allSaved(bench: Workbench): Promise<boolean> {
  const { editor, labeling, saver } = bench;
  if (editor.tools.isBusy) editor.tools.confirm();
  editor.tools.interrupt();
  const [missing] = bench.isReadOnly ? [] : missingAttributes(editor, labeling);
  if (missing) {
    editor.selection.set([missing.id]);
    notify({ tone: 'bad', text: t.attributes.missing(missing.label, missing.attributes.join(', ')) });
    return false;
  }
  if (await saver.flush()) return true;
  notify({ tone: 'bad', text: t.save.first });
  return false;
}
