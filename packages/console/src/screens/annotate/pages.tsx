import type { Item, Project, Task } from '@fovea/contract';
import { Loader } from '@mantine/core';
import { IconPhotoOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react';
import { datasetQuery } from '../../api/datasets.ts';
import { itemQuery } from '../../api/items.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { queryClient } from '../../api/query-client.ts';
import { useMe, useScope } from '../../api/session.ts';
import { taskQuery } from '../../api/tasks.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { texts } from '../../texts.ts';
import { Empty } from '../../ui/empty.tsx';
import { Page } from '../../ui/page.tsx';
import { useNeighbours } from '../item/neighbours.ts';
import { formKindOf } from '../task-form/form-kind.ts';
import { acquire, type Acquired } from './acquire.ts';
import classes from './annotate.module.css';
import { useStore } from './hooks.ts';
import { benchKey, dropAhead, lookAhead } from './session/ahead.ts';
import { recipeOf } from './session/open-bench.ts';
import { heldKey, type QueueScope } from './session/task-queue.ts';
import type { Workbench } from './session/workbench.ts';
import { useTaskFlow, type TaskMode } from './task-flow.ts';
import { useBench } from './use-bench.ts';
import { useMode } from './use-mode.ts';
import { ItemStage } from './stages.tsx';
import type { Walk } from './workspace.tsx';

const readAgainMs = 1_500;
/** What was fetched with the next task is not asked for again when that is shown. */
const freshMs = 300_000;
/** Loaded with the first task that is answered in a form. */
const TaskForm = lazy(() => import('../task-form/task-form.tsx'));

/** One item to annotate, outside any task. */
export function AnnotateItemPage() {
  const { itemId } = useParams({ from: '/workplace/items/$itemId/annotate' });
  const item = useQuery({ ...itemQuery(itemId), refetchInterval: (query) => (query.state.data?.probe === 'pending' ? readAgainMs : false) });
  const project = useQuery({ ...projectQuery(item.data?.projectId ?? ''), enabled: item.data !== undefined });
  const dataset = useQuery({ ...datasetQuery(item.data?.datasetId ?? ''), enabled: item.data !== undefined });
  const mayLabel = useScope('label');
  const error = item.error ?? project.error ?? dataset.error;
  if (error) return <PageFault error={error} reset={() => void Promise.all([item.refetch(), project.refetch(), dataset.refetch()])} />;
  if (!item.data || !project.data || !dataset.data) return <Opening />;
  const closed = whyClosed(item.data);
  if (closed) return <Closed item={item.data}>{closed}</Closed>;
  const may = mayLabel && roleReaches(project.data.role, 'annotator');
  return <AnnotateItem key={item.data.id} item={item.data} recipeId={dataset.data.recipeId} isReadOnly={!may} />;
}

function AnnotateItem({ item, recipeId, isReadOnly }: { item: Item; recipeId: string | null; isReadOnly: boolean }) {
  const { bench, error } = useBench(item.id, { item, task: undefined, recipe: recipeId === null ? undefined : { id: recipeId, version: null }, isReadOnly });
  const walk = useWalk(item);
  if (error) return <PageFault error={error} reset={() => window.location.reload()} />;
  return bench ? <ItemStage bench={bench} walk={walk} /> : <Opening />;
}

/** To the items beside this one. */
function useWalk(item: Item): Walk {
  const { previous, next } = useNeighbours(item, {});
  const navigate = useNavigate();
  const to = (beside: Item | undefined) => beside && (() => void navigate({ to: '/items/$itemId/annotate', params: { itemId: beside.id } }));
  return { previous: to(previous), next: to(next) };
}

/** One task: work on it, review it, or look at it. */
export function AnnotateTaskPage() {
  const { taskId } = useParams({ from: '/workplace/tasks/$taskId' });
  const me = useMe();
  const task = useQuery(taskQuery(taskId));
  const project = useQuery({ ...projectQuery(task.data?.projectId ?? ''), enabled: task.data !== undefined, staleTime: freshMs });
  const mayLabel = useScope('label');
  const role = project.data?.role;
  const acquired = useQuery({
    queryKey: heldKey(taskId),
    queryFn: () => acquire(task.data as Task, { email: me.user.email, mayLabel, mayReview: mayLabel && role !== undefined && roleReaches(role, 'reviewer'), mayReviewOwn: role !== undefined && roleReaches(role, 'developer') }),
    enabled: task.data !== undefined && role !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  // Whoever comes back asks anew: by then somebody else may hold it.
  useEffect(() => () => queryClient.removeQueries({ queryKey: heldKey(taskId) }), [taskId]);
  const itemId = task.data?.itemId ?? undefined;
  const item = useQuery({ ...itemQuery(itemId ?? ''), enabled: itemId !== undefined, staleTime: freshMs, refetchInterval: (query) => (query.state.data?.probe === 'pending' ? readAgainMs : false) });
  const error = task.error ?? project.error ?? acquired.error ?? item.error;
  if (error) return <PageFault error={error} reset={() => void task.refetch()} />;
  const form = task.data && formKindOf(task.data);
  if (form && task.data && project.data && acquired.data) {
    return (
      <Suspense fallback={<Opening />}>
        <TaskForm key={`${taskId} ${acquired.dataUpdatedAt}`} kind={form} task={task.data} project={project.data} acquired={acquired.data} />
      </Suspense>
    );
  }
  if (task.data && form === undefined && itemId === undefined) return <Closed>{t.closed.noItem}</Closed>;
  if (!task.data || !project.data || !acquired.data || !item.data) return <Opening />;
  const closed = whyClosed(item.data);
  if (closed) return <Closed item={item.data}>{closed}</Closed>;
  // The same page for every task: the next one takes the place of the one before in it.
  return <AnnotateTask task={task.data} item={item.data} project={project.data} acquired={acquired.data} />;
}

interface AnnotateTaskProps {
  task: Task;
  item: Item;
  project: Project;
  acquired: Acquired;
}

function AnnotateTask({ task, item, project, acquired }: AnnotateTaskProps) {
  const search = useSearch({ from: '/workplace/tasks/$taskId' });
  const mode = useMode(acquired);
  const lease = acquired.kind === 'work' ? acquired.held.lease : undefined;
  const key = acquired.kind === 'look' ? `${task.id} look` : benchKey(task.id, lease);
  const { bench, error } = useBench(key, { item, task, recipe: recipeOf(task), isReadOnly: acquired.kind === 'look' });
  const scope: QueueScope = { projectId: project.id, batchId: search.batch ?? task.batchId ?? undefined, review: acquired.kind === 'review' };
  useLookAhead(scope, task, bench, acquired.kind);
  if (error) return <PageFault error={error} reset={() => window.location.reload()} />;
  return bench ? <Shown bench={bench} task={task} mode={mode} scope={scope} /> : <Opening />;
}

function Shown({ bench, task, mode, scope }: { bench: Workbench; task: Task; mode: TaskMode; scope: QueueScope }) {
  const flow = useTaskFlow(bench, task, mode, scope);
  // Others may send it back, cancel it, or comment on it meanwhile.
  const news = useStore(bench.news);
  useEffect(() => {
    if (news?.subject.id === task.id) void queryClient.invalidateQueries({ queryKey: taskQuery(task.id).queryKey });
  }, [news]);
  return <ItemStage bench={bench} task={{ task, mode, flow }} />;
}

/** The next task is taken when work on this one has begun. */
function useLookAhead(scope: QueueScope, task: Task, bench: Workbench | undefined, kind: Acquired['kind']): void {
  const me = useMe();
  const latest = useRef(scope);
  latest.current = scope;
  useEffect(() => {
    if (!bench || kind === 'look') return undefined;
    const look = () => lookAhead(latest.current, me.user, task.id);
    if (kind === 'review') look();
    const stop = bench.editor.document.events.on('operations', look);
    const timer = setTimeout(look, lookAheadAfterMs);
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [bench, kind]);
  // Whoever goes elsewhere than to another task leaves the next one to others.
  useEffect(() => () => void setTimeout(() => !window.location.pathname.startsWith('/tasks/') && dropAhead()), []);
}

/** Somebody who only glances at a task does not keep the next one from others. */
const lookAheadAfterMs = 4_000;

function whyClosed(item: Item): string | undefined {
  if (item.probe === 'failed') return `${t.closed.failed} ${item.problem ?? ''}`;
  if (['image', 'video', 'dicom', 'nifti'].includes(item.kind) && item.probe === 'pending') return t.closed.pending;
  if (item.kind === 'dicom' || item.kind === 'nifti') return (item.frames ?? 0) > 0 ? undefined : t.closed.noImage;
  if (item.kind === 'image' || item.kind === 'video') return undefined;
  return t.closed.kind;
}

/** What is there at once is not announced. */
const announceAfterMs = 150;

function Opening() {
  const [isSlow, setIsSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSlow(true), announceAfterMs);
    return () => clearTimeout(timer);
  }, []);
  return <div className={classes['opening']}>{isSlow && <Loader aria-label={texts.common.loading} />}</div>;
}

function Closed({ item, children }: { item?: Item; children: ReactNode }) {
  return (
    <Page title={item?.name ?? t.closed.title}>
      <Empty icon={IconPhotoOff} title={t.closed.title}>
        {children}
      </Empty>
    </Page>
  );
}

