import type { Project, Task } from '@fovea/contract';
import { Button } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { fovea } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import { taskQuery } from '../../api/tasks.ts';
import { productTexts } from '../../texts-product.ts';
import { ErrorText } from '../../ui/error-text.tsx';
import { Markdown } from '../../ui/markdown.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { TextLink } from '../../ui/link.tsx';
import type { Acquired } from '../annotate/acquire.ts';
import { skip } from '../annotate/session/task-queue.ts';
import { Clock, LostBanner, ReasonDialog } from '../annotate/task-bar.tsx';
import { useGoOn, type TaskMode } from '../annotate/task-flow.ts';
import { useMode } from '../annotate/use-mode.ts';
import { Reopen } from '../workflow/reopen.tsx';
import { annotateTexts } from '../../texts-annotate.ts';
import { Attachments, Given } from './attachments.tsx';
import { clearDraft, readDraft, writeDraft } from './drafts.ts';
import { finish } from './finish.ts';
import { isObject, type Answer, type FormKind } from './form-kind.ts';
import { QuestionForm } from './questions.tsx';
import classes from './task-form.module.css';

const t = productTexts.form;

export interface TaskFormProps {
  kind: FormKind;
  task: Task;
  project: Project;
  acquired: Acquired;
}

/** A task that is answered in a form: what it is about on one side, the questions on the other. */
export default function TaskForm({ kind, task, project, acquired }: TaskFormProps) {
  const mode = useMode(acquired);
  return mode ? <Shown kind={kind} task={task} project={project} mode={mode} /> : null;
}

function Shown({ kind, task, project, mode }: Omit<TaskFormProps, 'acquired'> & { mode: TaskMode }) {
  const [answer, setAnswer] = useState<Answer>(() => (mode.kind === 'work' ? (readDraft(task.id) ?? first(task)) : first(task)));
  const [fault, setFault] = useState<Error>();
  const [asking, ask] = useState<'flag' | 'reject'>();
  const steps = useSteps(task, project, mode);
  const change = (next: Answer) => {
    setAnswer(next);
    setFault(undefined);
    if (mode.kind === 'work') {
      mode.work.act();
      writeDraft(task.id, next);
    }
  };
  const end = (verdict: 'submit' | 'fix') => {
    const finished = finish(kind, task.params, answer);
    if ('fault' in finished) setFault(new Error(finished.fault));
    else steps.run(verdict, { response: finished.response });
  };
  const main = mode.kind === 'review' ? () => steps.run('accept') : () => end('submit');
  // In a dialog the same keys are the dialog's.
  const isOfDialog = (event: KeyboardEvent) => event.defaultPrevented || document.querySelector('[aria-modal="true"]') !== null;
  useHotkeys([['mod+Enter', (event) => !isOfDialog(event) && mode.kind !== 'look' && main(), { preventDefault: false }]], []);
  useEffect(() => setFault(undefined), [task.id]);
  return (
    <Page title={titleOf(task)} subtitle={mode.kind === 'look' ? mode.why : mode.kind === 'review' && task.submittedBy !== null ? t.theirs(task.submittedBy) : t.keys} trail={trailOf(project)} actions={<Actions task={task} mode={mode} isBusy={steps.isBusy} onAsk={ask} run={(step) => (step === 'submit' || step === 'fix' ? end(step) : steps.run(step))} />}>
      {mode.kind === 'work' && <LostBanner work={mode.work} />}
      <Said task={task} isWork={mode.kind === 'work'} />
      <div className={classes['sides']} data-single={!hasAbout(task) && kind !== 'json'}>
        <section aria-label={t.attachment} className={classes['side']} hidden={!hasAbout(task) && kind !== 'json'}>
          {task.instruction !== '' && (
            <div className={classes['instruction']}>
              <Markdown text={task.instruction} />
            </div>
          )}
          <Attachments task={task} />
          {kind === 'json' && <Given params={task.params} />}
        </section>
        <section aria-label={t.answer} className={classes['side']}>
          <QuestionForm kind={kind} params={task.params} answer={answer} change={change} isReadOnly={mode.kind === 'look'} />
          <ErrorText error={fault ?? steps.error} />
        </section>
      </div>
      {asking && (
        <ReasonDialog
          title={asking === 'flag' ? t.flag : t.reject}
          label={asking === 'flag' ? t.flagReason : t.reason}
          action={asking === 'flag' ? t.flag : t.reject}
          isRequired
          onClose={() => ask(undefined)}
          onReason={(reason) => steps.run(asking, { reason })}
        />
      )}
    </Page>
  );
}

/** Whether there is anything to be looked at beside the questions. */
const hasAbout = ({ itemId, instruction, attachment, params }: Task) => itemId !== null || instruction !== '' || attachment !== null || params['attachment'] !== undefined || params['attachments'] !== undefined;

/** What the form begins with: what was answered before, or the suggestion that came with the task. */
function first({ response, params }: Task): Answer {
  if (response && Object.keys(response).length > 0) return response;
  const { hypothesis } = params;
  return isObject(hypothesis) ? hypothesis : {};
}

function titleOf({ params, type }: Task): string {
  if (typeof params['title'] === 'string' && params['title'] !== '') return params['title'];
  return Object.hasOwn(t.types, type) ? t.types[type as keyof typeof t.types] : type;
}

const trailOf = (project: Project) => [
  <TextLink key="project" to="/projects/$projectId" params={{ projectId: project.id }} size="xs" c="dimmed">
    {project.name}
  </TextLink>,
  <TextLink key="mine" to="/my-work" size="xs" c="dimmed">
    {productTexts.nav.myWork}
  </TextLink>,
];

/** Why it was flagged or sent back. */
function Said({ task, isWork }: { task: Task; isWork: boolean }) {
  const last = task.reviewStatus === 'rejected' && isWork ? task.reviewComments.at(-1) : undefined;
  return (
    <>
      {isObject(last) && typeof last['comment'] === 'string' && (
        <p className={classes['said']} role="status">
          {annotateTexts.task.sentBack(last['comment'])}
        </p>
      )}
      {task.flag !== null && <p className={classes['said']}>{annotateTexts.task.flaggedWith(task.flag)}</p>}
    </>
  );
}

type Step = 'submit' | 'skip' | 'flag' | 'accept' | 'reject' | 'fix';

/** Ends the task one way or another, and goes on to the next. */
function useSteps(task: Task, project: Project, mode: TaskMode) {
  const search = useSearch({ from: '/workplace/tasks/$taskId' });
  const goOn = useGoOn({ projectId: project.id, batchId: search.batch ?? task.batchId ?? undefined, review: mode.kind === 'review' });
  const step = useMutation({
    mutationFn: async ({ step: what, response, reason }: { step: Step; response?: Record<string, unknown>; reason?: string }) => {
      const work = mode.kind === 'work' ? mode.work : undefined;
      if (what === 'skip' || what === 'flag') {
        skip(task.id);
        await work?.giveBack(reason);
      } else {
        const done = what === 'submit' ? await work?.submit(response ?? {}) : await fovea.tasks.review(task.id, { verdict: what, ...(reason !== undefined && { comment: reason }), ...(response && { response }) });
        if (done) queryClient.setQueryData(taskQuery(task.id).queryKey, done);
        clearDraft(task.id);
        if (what === 'submit') notify({ tone: 'good', text: t.saved });
      }
      await goOn(task.id);
    },
    meta: { quiet: true },
  });
  return {
    isBusy: step.isPending,
    error: step.error,
    run: (what: Step, more: { response?: Record<string, unknown>; reason?: string } = {}) => {
      if (!step.isPending) step.mutate({ step: what, ...more });
    },
  };
}

interface ActionsProps {
  task: Task;
  mode: TaskMode;
  isBusy: boolean;
  run: (step: Step) => void;
  onAsk: (what: 'flag' | 'reject') => void;
}

function Actions({ task, mode, isBusy, run, onAsk }: ActionsProps) {
  if (mode.kind === 'look') return null;
  const skipButton = (
    <Button variant="default" onClick={() => run('skip')}>
      {t.skip}
    </Button>
  );
  if (mode.kind === 'review') {
    return (
      <>
        <Reopen task={task} leaves />
        {skipButton}
        <Button variant="default" color="red" onClick={() => onAsk('reject')}>
          {t.reject}
        </Button>
        <Button variant="default" onClick={() => run('fix')}>
          {t.fix}
        </Button>
        <Button loading={isBusy} onClick={() => run('accept')}>
          {t.accept}
        </Button>
      </>
    );
  }
  return (
    <>
      <Clock work={mode.work} />
      {skipButton}
      <Button variant="default" onClick={() => onAsk('flag')}>
        {t.flag}
      </Button>
      <Button loading={isBusy} onClick={() => run('submit')}>
        {t.submit}
      </Button>
    </>
  );
}
