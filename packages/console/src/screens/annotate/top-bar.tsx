import type { Task } from '@fovea/contract';
import type { ActionTable } from '@fovea/editor';
import { Button } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp, IconArrowLeft, IconChevronLeft, IconChevronRight, IconCloudCheck, IconCloudOff, IconCloudUpload, IconCommand, IconInfoCircle, IconKeyboard, type Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { ButtonLink } from '../../ui/link.tsx';
import classes from './annotate.module.css';
import { useEditorEvents, useStore } from './hooks.ts';
import { writtenKeys } from './keys.ts';
import { PictureMenu } from './picture-menu.tsx';
import type { Workbench } from './session/workbench.ts';
import type { Walk } from './workspace.tsx';

export interface TopBarProps {
  bench: Workbench;
  task: Task | undefined;
  table: ActionTable;
  run: (actionId: string) => void;
  hasInstructions: boolean;
  children: ReactNode;
}

/** What is worked on, whether it is saved, and what comes next. */
export function TopBar({ bench, task, table, run, hasInstructions, children }: TopBarProps) {
  const { item } = bench;
  return (
    <header className={classes['topBar']}>
      {task ? (
        <ButtonLink to="/projects/$projectId" params={{ projectId: task.projectId }} variant="subtle" color="gray" aria-label={t.back} px={6}>
          <IconArrowLeft size={16} aria-hidden />
        </ButtonLink>
      ) : (
        <ButtonLink to="/items/$itemId" params={{ itemId: item.id }} variant="subtle" color="gray" aria-label={t.back} px={6}>
          <IconArrowLeft size={16} aria-hidden />
        </ButtonLink>
      )}
      <h1 className={classes['name']} title={item.path}>
        {item.name}
      </h1>
      <SaveMark bench={bench} />
      <UndoRedo bench={bench} run={run} table={table} />
      <span className={classes['spacer']} />
      {hasInstructions && <Tool id="page.instructions" icon={IconInfoCircle} label={t.instructions.open} table={table} run={run} />}
      <Tool id="page.palette" icon={IconCommand} label={t.palette.open} table={table} run={run} />
      <Tool id="page.shortcuts" icon={IconKeyboard} label={t.shortcuts.open} table={table} run={run} />
      <PictureMenu editor={bench.editor} />
      {children}
    </header>
  );
}

function UndoRedo({ bench, run, table }: Pick<TopBarProps, 'bench' | 'run' | 'table'>) {
  const { document } = bench.editor;
  useEditorEvents(bench.editor, 'history');
  return (
    <>
      <Tool id="edit.undo" icon={IconArrowBackUp} label={table.get('edit.undo')?.title ?? ''} table={table} run={run} isOff={!document.canUndo} />
      <Tool id="edit.redo" icon={IconArrowForwardUp} label={table.get('edit.redo')?.title ?? ''} table={table} run={run} isOff={!document.canRedo} />
    </>
  );
}

interface ToolProps extends Pick<TopBarProps, 'table' | 'run'> {
  id: string;
  icon: Icon;
  label: string;
  isOff?: boolean;
}

function Tool({ id, icon: Shown, label, table, run, isOff = false }: ToolProps) {
  const [keys] = table.shortcutsOf(id);
  return (
    <button type="button" className={classes['tool']} aria-label={label} title={keys === undefined ? label : `${label} (${writtenKeys(keys)})`} onClick={() => run(id)} disabled={isOff}>
      <Shown size={17} aria-hidden />
    </button>
  );
}

/** To the items before and after this one. */
export function WalkButtons({ walk, table, run }: { walk: Walk } & Pick<TopBarProps, 'table' | 'run'>) {
  return (
    <>
      <Tool id="item.previous" icon={IconChevronLeft} label={t.item.previous} table={table} run={run} isOff={!walk.previous} />
      <Tool id="item.next" icon={IconChevronRight} label={t.item.next} table={table} run={run} isOff={!walk.next} />
    </>
  );
}

/** A button of the task with its key. */
export function TaskButton(props: { id: string; label: string; table: ActionTable; run: (id: string) => void; look?: 'main' | 'bad' | 'plain'; isBusy?: boolean }) {
  const { id, label, table, run, look = 'plain', isBusy = false } = props;
  const [keys] = table.shortcutsOf(id);
  const shown = look === 'main' ? {} : look === 'bad' ? { variant: 'light', color: 'red' } : { variant: 'default' };
  return (
    <Button {...shown} loading={isBusy} onClick={() => run(id)} title={keys === undefined ? undefined : `${table.get(id)?.title ?? label} (${writtenKeys(keys)})`}>
      {label}
    </Button>
  );
}

function SaveMark({ bench }: { bench: Workbench }) {
  const state = useStore(bench.save);
  const looks = { saved: IconCloudCheck, saving: IconCloudUpload, waiting: IconCloudOff } as const;
  const Shown = looks[state.kind];
  const text = state.kind === 'waiting' ? (state.why === undefined ? t.save[state.isKept ? 'waiting' : 'unkept'](state.unsent) : t.save.why(state.why)) : t.save[state.kind];
  return (
    <span className={classes['save']} data-kind={state.kind} role="status" title={state.kind === 'waiting' ? t.save[state.isKept ? 'kept' : 'lost'] : undefined}>
      <Shown size={16} aria-hidden />
      {text}
    </span>
  );
}
