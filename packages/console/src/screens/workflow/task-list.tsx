import type { Project, Task } from '@fovea/contract';
import { Button, NativeSelect, Skeleton } from '@mantine/core';
import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { roleReaches } from '../../api/projects.ts';
import { batchesQuery, pathsQuery, taskPagesQuery, type TaskListing } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { homeTexts } from '../../texts-home.ts';
import { workTexts } from '../../texts-work.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Reopen } from './reopen.tsx';
import classes from './workflow.module.css';

const t = workTexts.batches;
const statuses = Object.keys(t.counts) as Task['status'][];

/** The tasks of a batch, narrowed by their state, a page at a time. */
export function BatchTasks({ project, batch }: { project: Project; batch: string }) {
  const [status, setStatus] = useState<Task['status'] | ''>('');
  return (
    <>
      <div className={classes['listHead']}>
        <h2 className={classes['section']}>{t.tasks}</h2>
        <NativeSelect
          size="xs"
          aria-label={t.status}
          value={status}
          data={[{ value: '', label: t.anyState }, ...statuses.map((value) => ({ value, label: t.counts[value] }))]}
          onChange={(event) => setStatus(event.currentTarget.value as typeof status)}
        />
      </div>
      <Listed project={project} listing={{ batch, status: status === '' ? undefined : status }} empty={<p>{t.noTasks}</p>} />
    </>
  );
}

/** All work of a project that waits for review, what waits longest first. */
export function WaitingForReview({ project, empty }: { project: Project; empty: ReactNode }) {
  return <Listed project={project} listing={{ status: 'submitted', longestFirst: true }} empty={empty} />;
}

function Listed({ project, listing, empty }: { project: Project; listing: TaskListing; empty: ReactNode }) {
  const found = useInfiniteQuery(taskPagesQuery(project.id, listing));
  const tasks = found.data?.pages.flatMap((page) => page.data);
  const names = useItemPaths(tasks ?? []);
  const { data: batches = [] } = useQuery({ ...batchesQuery(project.id), enabled: listing.batch === undefined });
  const batchNames = new Map(batches.map(({ id, name }) => [id, name]));
  const manages = roleReaches(project.role, 'manager');
  const isQueue = listing.longestFirst === true;
  if (found.error) return <LoadError error={found.error} retry={() => void found.refetch()} />;
  if (!tasks) return <Skeleton height={120} aria-label={texts.common.loading} />;
  if (tasks.length === 0) return empty;
  return (
    <>
      <DataTable
        rows={tasks}
        keyOf={(task) => task.id}
        minWidth={680}
        columns={[
          { head: t.task, main: true, cell: (task) => <TaskName task={task} name={names.get(task.itemId ?? '')} isQueue={isQueue} /> },
          listing.batch === undefined && { head: homeTexts.myWork.batch, cell: (task) => batchNames.get(task.batchId ?? '') ?? '' },
          !isQueue && { head: t.status, cell: (task) => t.counts[task.status] },
          { head: homeTexts.myWork.verdict, cell: (task) => (task.reviewStatus === null ? '' : homeTexts.myWork.verdicts[task.reviewStatus]) },
          { head: t.by, cell: (task) => task.submittedBy ?? task.claimedBy ?? '' },
          { head: t.time, align: 'right', cell: (task) => task.secondsSpent > 0 && homeTexts.myWork.duration(task.secondsSpent) },
          isQueue ? { head: workTexts.review.handedIn, cell: (task) => task.submittedAt !== null && <Moment at={task.submittedAt} /> } : { head: texts.common.created, cell: (task) => <Moment at={task.createdAt} /> },
          manages && !isQueue && { head: workTexts.reopen.action, quiet: true, align: 'right', cell: (task) => <Reopen task={task} name={names.get(task.itemId ?? '') ?? task.id.slice(-12)} quiet /> },
        ]}
      />
      {found.hasNextPage && (
        <Button mt="sm" variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {texts.common.loadMore}
        </Button>
      )}
    </>
  );
}

/** What the items of tasks are called, by their ids. */
export function useItemPaths(tasks: readonly Pick<Task, 'itemId' | 'datasetId'>[]): ReadonlyMap<string, string> {
  const byDataset = Map.groupBy(tasks.filter(({ itemId, datasetId }) => itemId !== null && datasetId !== null), ({ datasetId }) => datasetId);
  const found = useQueries({ queries: [...byDataset].map(([dataset, those]) => pathsQuery(dataset, [...new Set(those.flatMap(({ itemId }) => itemId ?? []))])) });
  return new Map(found.flatMap(({ data }) => [...(data ?? [])]));
}

function TaskName({ task, name, isQueue }: { task: Task; name: string | undefined; isQueue: boolean }) {
  return (
    <>
      <TextLink to="/tasks/$taskId" params={{ taskId: task.id }} search={isQueue ? { review: true } : {}}>
        {name ?? `${task.type} ${task.id.slice(-12)}`}
      </TextLink>
      {task.flag !== null && ` · ${task.flag}`}
    </>
  );
}
