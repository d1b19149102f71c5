import type { Task } from '@fovea/contract';
import { ActionTable, editorActions, type Renderer } from '@fovea/editor';
import { useDocumentTitle } from '@mantine/hooks';
import { useBlocker } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { texts } from '../../texts.ts';
import { AssistMenu } from './assist-menu.tsx';
import { AttributePanel } from './attribute-panel.tsx';
import classes from './annotate.module.css';
import { Canvas } from './canvas.tsx';
import { CommentPanel, commentsOf } from './comments.tsx';
import { ConflictPanel } from './conflict-panel.tsx';
import { Dialogs, type Dialog } from './dialogs.tsx';
import { useEditorEvents } from './hooks.ts';
import { followKeys } from './keys.ts';
import { PictureWait } from './picture-wait.tsx';
import { Pins } from './pins.tsx';
import { LabelPanel, takeLabel } from './label-panel.tsx';
import { ObjectList } from './object-list.tsx';
import { pageActions, withLabels } from './page-actions.ts';
import { Reopen } from '../workflow/reopen.tsx';
import type { Backdrop } from './session/picture.ts';
import type { Store } from './session/store.ts';
import { hasRead, loadShortcuts, markRead, saveShortcuts } from './session/stored.ts';
import type { Workbench } from './session/workbench.ts';
import { OpacityList } from './scan/opacity-list.tsx';
import { PlanePanel } from './scan/plane-panel.tsx';
import { presetActions } from './scan/presets.ts';
import type { ScanPicture } from './scan/scan-picture.ts';
import scanClasses from './scan/scan.module.css';
import { SliceBar, type SliceBarProps } from './scan/slice-bar.tsx';
import { StatusBar } from './status-bar.tsx';
import { LostBanner, TaskBar } from './task-bar.tsx';
import type { TaskFlow, TaskMode } from './task-flow.ts';
import { TextPanel } from './text-panel.tsx';
import { ToolBar } from './tool-bar.tsx';
import { viewActions } from './view-actions.ts';
import { TopBar, WalkButtons } from './top-bar.tsx';
import type { Player } from './video/player.ts';
import { Timeline } from './video/timeline.tsx';
import { playerActions } from './video/track-on.ts';

/** To the items beside this one. */
export interface Walk {
  readonly previous: (() => void) | undefined;
  readonly next: (() => void) | undefined;
}

export interface WorkspaceProps {
  bench: Workbench;
  backdrop: Store<Backdrop | undefined>;
  /** The picture, or the first frame, is on its way. */
  isOnItsWay: boolean;
  /** With a task, what may be done with it. */
  task?: { readonly task: Task; readonly mode: TaskMode; readonly flow: TaskFlow };
  /** Of a video, once its frames can be read. */
  player?: Player;
  /** Of a scan. */
  scan?: ScanPicture;
  /** In the bar above, for items without a task. */
  walk?: Walk;
}

/** The page of one item: bar, tools, canvas, panels. */
export function Workspace({ bench, backdrop, isOnItsWay, task, player, scan, walk }: WorkspaceProps) {
  const { editor, labeling } = bench;
  useDocumentTitle(`${t.title(bench.item.name)} · ${texts.app.name}`);
  const [dialog, setDialog] = useState<Dialog>();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const focusCanvas = () => canvasRef.current?.focus({ preventScroll: true });
  const { table, shortcuts, changeShortcuts } = useTable({ bench, task, player, scan, walk }, setDialog);
  const run = (id: string) => void table.run(editor, id);
  // What lay over the page was about the task before.
  useEffect(() => setDialog(undefined), [bench]);
  useReading(bench, task, setDialog);
  const act = () => task?.mode.kind === 'work' && task.mode.work.act();
  const latest = useRef(table);
  latest.current = table;
  useEffect(() => followKeys(editor, () => latest.current, () => void act()), [editor]);
  useEffect(focusCanvas, [editor]);
  useLeaving(bench);
  const onRenderer = useScreen(player ?? scan);
  const planes = usePlanes(bench, scan);
  const comments = commentsOf(task?.task);
  const mode = task?.mode;
  const mayComment = mode?.kind === 'review';
  return (
    <div className={classes['page']}>
      <TopBar bench={bench} task={task?.task} table={table} run={run} hasInstructions={instructionsOf(bench, task?.task) !== ''}>
        <AssistMenu key={bench.key} bench={bench} />
        {walk && <WalkButtons walk={walk} table={table} run={run} />}
        {task && <Reopen task={task.task} leaves />}
        {mode && <TaskBar mode={mode} table={table} run={run} isBusy={task?.flow.isBusy === true} />}
      </TopBar>
      <Banners bench={bench} task={task} />
      <div className={classes['body']}>
        <div data-region="tools">
          <ToolBar editor={editor} table={table} focusCanvas={focusCanvas} />
        </div>
        <div className={classes['stage']} data-region="canvas">
          <div className={scanClasses['views']} data-planes={planes?.isOpen === true}>
            <div className={classes['canvasBox']}>
              <Canvas editor={editor} backdrop={backdrop} canvasRef={canvasRef} onAct={() => void act()} onRenderer={onRenderer} />
              <Pins editor={editor} comments={comments} />
              {isOnItsWay && <PictureWait backdrop={backdrop} />}
            </div>
            {planes?.isOpen && scan && <PlanePanel bench={bench} scan={scan} />}
          </div>
          {scan && <SliceBar editor={editor} scan={scan} table={table} run={run} isHounsfield={isHounsfield(bench.item)} planes={planes} ownFrames={bench.ownFrames} />}
          {player && <Timeline editor={editor} player={player} table={table} run={run} />}
          <StatusBar editor={editor} />
        </div>
        <aside className={classes['side']} aria-label={t.panels} data-region="panels">
          <ConflictPanel key={`conflicts ${bench.key}`} bench={bench} />
          <LabelPanel editor={editor} labeling={labeling} focusCanvas={focusCanvas} />
          <AttributePanel key={`attributes ${bench.key}`} editor={editor} labeling={labeling} />
          <TextPanel key={`text ${bench.key}`} editor={editor} labeling={labeling} />
          {scan && <OpacityList editor={editor} labeling={labeling} />}
          <CommentPanel key={`comments ${bench.key}`} editor={editor} comments={comments} onComment={mayComment ? task?.flow.comment : undefined} />
          <ObjectList editor={editor} labeling={labeling} commented={new Set(comments.flatMap(({ annotationId }) => annotationId ?? []))} />
        </aside>
      </div>
      {dialog && (
        <Dialogs
          dialog={dialog}
          bench={bench}
          table={table}
          shortcuts={shortcuts}
          onShortcuts={changeShortcuts}
          instructions={instructionsOf(bench, task?.task)}
          flow={task?.flow}
          onLabel={(label) => takeLabel(editor, label)}
          onClose={() => {
            setDialog(undefined);
            requestAnimationFrame(focusCanvas);
          }}
        />
      )}
    </div>
  );
}

/** Hands the renderer to what draws frames onto it, whichever of the two is there first; nothing is rendered again for it. */
function useScreen(screen: Player | ScanPicture | undefined): (renderer: Renderer | undefined) => void {
  const latest = useRef(screen);
  latest.current = screen;
  const renderer = useRef<Renderer>(undefined);
  useEffect(() => screen?.setRenderer(renderer.current), [screen]);
  return (made) => {
    renderer.current = made;
    latest.current?.setRenderer(made);
  };
}

/** Presets in Hounsfield units are of use for computed tomography; what a NIfTI file holds is not said. */
function isHounsfield({ kind, summary }: Workbench['item']): boolean {
  return summary['modality'] === 'CT' || kind === 'nifti';
}

/** So many voxels are fetched for the other planes without being asked. */
const mostVoxelsUnasked = 40_000_000;

/** The other planes of a stack: shown at once where that is cheap. */
function usePlanes({ editor, item, stack }: Workbench, scan: ScanPicture | undefined): SliceBarProps['planes'] {
  const { width, height, frames = 1, scan: kind } = editor.picture;
  const isStack = frames > 2 && (kind === 'volume' || stack?.series !== undefined);
  const [isOpen, setIsOpen] = useState(isStack && item.kind === 'nifti' && width * height * frames <= mostVoxelsUnasked);
  return scan && isStack ? { isOpen, toggle: () => setIsOpen((now) => !now) } : undefined;
}

function Banners({ bench, task }: Pick<WorkspaceProps, 'bench' | 'task'>) {
  const sentBack = task?.task.reviewStatus === 'rejected' && task.mode.kind === 'work' ? commentsOf(task.task).at(-1) : undefined;
  const why = task?.mode.kind === 'look' ? task.mode.why : !task && bench.isReadOnly ? t.look.label : undefined;
  return (
    <>
      {task?.mode.kind === 'work' && <LostBanner work={task.mode.work} />}
      {task?.mode.kind === 'review' && task.task.submittedBy !== null && <div className={classes['banner']}>{t.review.by(task.task.submittedBy)}</div>}
      {sentBack && (
        <div className={classes['banner']} data-tone="warn" role="status">
          {t.task.sentBack(sentBack.comment)}
        </div>
      )}
      {task && hasEnded(task) && (
        <div className={classes['banner']} data-tone="bad" role="alert">
          {t.task.ended(task.task.status)}
        </div>
      )}
      {task?.task.flag && <div className={classes['banner']}>{t.task.flaggedWith(task.task.flag)}</div>}
      {why !== undefined && (
        <div className={classes['banner']} role="status">
          {why}
        </div>
      )}
    </>
  );
}

/** Somebody else ended the task while it is worked on: what was saved stays. */
function hasEnded({ task, mode, flow }: NonNullable<WorkspaceProps['task']>): boolean {
  return mode.kind === 'work' && !flow.isBusy && (task.status === 'cancelled' || task.status === 'error' || task.status === 'completed');
}

/** The instructions of the recipe, and those of the task itself. */
export function instructionsOf({ labeling }: Workbench, task: Task | undefined): string {
  return [task?.instruction ?? '', labeling.instructions].filter((text) => text.trim() !== '').join('\n\n---\n\n');
}

function useTable({ bench, task, player, scan, walk }: Pick<WorkspaceProps, 'bench' | 'task' | 'player' | 'scan' | 'walk'>, setDialog: (dialog: Dialog) => void) {
  const [shortcuts, setShortcuts] = useState(loadShortcuts);
  const { editor } = bench;
  const flow = useRef(task?.flow);
  flow.current = task?.flow;
  const way = useRef(walk);
  way.current = walk;
  const kind = task?.mode.kind;
  const hasInstructions = instructionsOf(bench, task?.task) !== '';
  useEditorEvents(editor, 'labels');
  const labelNames = editor.labels.list.slice(0, 9).map(({ name }) => name).join('\n');
  const table = useMemo(() => {
    const inWork = <T,>(deed: T) => (kind === 'work' ? deed : undefined);
    const inReview = <T,>(deed: T) => (kind === 'review' ? deed : undefined);
    const own = pageActions({
      palette: () => setDialog('palette'),
      shortcuts: () => setDialog('shortcuts'),
      save: () => void bench.saver.flush(),
      instructions: hasInstructions ? () => setDialog('instructions') : undefined,
      submit: inWork(() => flow.current?.submit()),
      skip: kind === 'work' || kind === 'review' ? () => flow.current?.skip() : undefined,
      flag: inWork(() => setDialog('flag')),
      accept: inReview(() => flow.current?.review('accept')),
      reject: inReview(() => setDialog('reject')),
      fix: inReview(() => flow.current?.review('fix')),
      next: walk && (() => way.current?.next?.()),
      previous: walk && (() => way.current?.previous?.()),
      comment: inReview(() => document.getElementById('fovea-comment')?.focus()),
    });
    return new ActionTable([...own, ...viewActions(), ...(player ? playerActions(player) : []), ...(scan ? presetActions(scan, isHounsfield(bench.item)) : []), ...withLabels(editorActions(editor), editor, (label) => takeLabel(editor, label))], shortcuts);
  }, [bench, kind, shortcuts, hasInstructions, labelNames, player, scan]);
  const changeShortcuts = (next: typeof shortcuts) => {
    saveShortcuts(next);
    setShortcuts(next);
  };
  return { table, shortcuts, changeShortcuts };
}

/** Whoever works under a version of a recipe for the first time is shown its instructions. */
function useReading(bench: Workbench, task: WorkspaceProps['task'], setDialog: (dialog: Dialog) => void): void {
  const key = task?.mode.kind === 'work' && task.task.recipeId !== null ? `${task.task.recipeId}.${task.task.recipeVersion}` : undefined;
  useEffect(() => {
    if (key === undefined || hasRead(key) || bench.labeling.instructions.trim() === '') return;
    markRead(key);
    setDialog('instructions');
  }, [key]);
}

/** Sends what is left before one goes; asks when that cannot be done. */
function useLeaving(bench: Workbench): void {
  useBlocker({
    shouldBlockFn: async () => {
      if (!bench.hasUnsent) return false;
      bench.editor.tools.interrupt();
      return !(await bench.saver.flush()) && !window.confirm(bench.saver.isKept ? t.save.leave : t.save.leaveUnkept);
    },
    enableBeforeUnload: () => bench.hasUnsent,
  });
}
