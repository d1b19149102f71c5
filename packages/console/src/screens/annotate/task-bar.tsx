import type { ActionTable } from '@fovea/editor';
import { Button, Modal, Textarea } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import { useState } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { texts } from '../../texts.ts';
import { formatDuration } from '../../ui/format.ts';
import { notifyError } from '../../ui/notices.ts';
import classes from './annotate.module.css';
import { useStore } from './hooks.ts';
import type { TaskWork } from './session/task-work.ts';
import type { TaskMode } from './task-flow.ts';
import { TaskButton } from './top-bar.tsx';

/** The clock and the buttons that end the task in hand. */
export function TaskBar({ mode, table, run, isBusy }: { mode: TaskMode; table: ActionTable; run: (id: string) => void; isBusy: boolean }) {
  const shared = { table, run };
  if (mode.kind === 'look') return null;
  if (mode.kind === 'review') {
    return (
      <>
        <TaskButton id="task.skip" label={t.task.skip} {...shared} />
        <TaskButton id="review.reject" label={t.review.reject} look="bad" {...shared} />
        <TaskButton id="review.fix" label={t.review.fix} {...shared} />
        <TaskButton id="review.accept" label={t.review.accept} look="main" isBusy={isBusy} {...shared} />
      </>
    );
  }
  return (
    <>
      <Clock work={mode.work} />
      <TaskButton id="task.skip" label={t.task.skip} {...shared} />
      <TaskButton id="task.flag" label={t.task.flag} {...shared} />
      <TaskButton id="task.submit" label={t.task.submit} look="main" isBusy={isBusy} {...shared} />
    </>
  );
}

/** The time spent on the task so far. */
export function Clock({ work }: { work: TaskWork }) {
  const seconds = useStore(work.seconds) + work.task.secondsSpent;
  return (
    <span className={classes['clock']} title={t.task.spent} role="timer" aria-label={t.task.spent}>
      <IconClock size={15} aria-hidden />
      {formatDuration(Math.round(seconds))}
    </span>
  );
}

/** Says that the lease was lost, and takes the task again. */
export function LostBanner({ work }: { work: TaskWork }) {
  const holding = useStore(work.holding);
  if (holding.kind === 'held') return null;
  return (
    <div className={classes['banner']} data-tone="bad" role="alert">
      <span>
        <strong>{t.task.lost}.</strong> {t.task.lostKept}
      </span>
      <Button size="compact-xs" variant="default" onClick={() => void work.takeAgain().catch(notifyError)}>
        {t.task.takeAgain}
      </Button>
    </div>
  );
}

/** Asks for a reason: of a flag, of a rejection. */
export function ReasonDialog(props: { title: string; label: string; action: string; isRequired: boolean; onClose: () => void; onReason: (reason: string) => void }) {
  const { title, label, action, isRequired, onClose, onReason } = props;
  const [reason, setReason] = useState('');
  const isReady = !isRequired || reason.trim() !== '';
  const done = () => {
    if (!isReady) return;
    onClose();
    onReason(reason.trim());
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <Textarea
        label={label}
        autosize
        minRows={3}
        maxLength={2_000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          // The same keys hand in or accept on the page, which the dialog no longer covers when they get there.
          event.preventDefault();
          done();
        }}
        data-autofocus
      />
      <div className={classes['dialogFoot']}>
        <Button variant="default" onClick={onClose}>
          {texts.common.cancel}
        </Button>
        <Button onClick={done} disabled={!isReady}>
          {action}
        </Button>
      </div>
    </Modal>
  );
}
