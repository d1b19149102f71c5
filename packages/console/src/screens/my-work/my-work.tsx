import type { Batch, Project, Task } from '@fovea/contract';
import { Skeleton } from '@mantine/core';
import { IconChecklist } from '@tabler/icons-react';
import { useQueries, useQuery } from '@tanstack/react-query';
import { looseTasksQuery, myTasksQuery } from '../../api/product.ts';
import { projectsQuery, roleReaches } from '../../api/projects.ts';
import { useMe, useScope } from '../../api/session.ts';
import { batchesQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { homeTexts } from '../../texts-home.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Page } from '../../ui/page.tsx';
import { BatchBar, Card } from '../workflow/parts.tsx';
import { useItemPaths } from '../workflow/task-list.tsx';
import classes from './my-work.module.css';
import { figuresOf, MyFigures } from './figures.tsx';

const t = homeTexts.myWork;
/** More projects than this are not asked one by one. */
const mostProjects = 50;
const shownTasks = 50;

/** What waits for the person, and what became of what they handed in. */
export function MyWork() {
  const me = useMe();
  const labels = useScope('label');
  const { data: projects, error, refetch } = useQuery(projectsQuery);
  const asked = (projects ?? []).slice(0, mostProjects);
  const batches = useQueries({ queries: asked.map((project) => batchesQuery(project.id)) });
  const mine = useQueries({ queries: asked.map((project) => myTasksQuery(project.id, me.user.email)) });
  const loose = useQueries({ queries: asked.map((project) => looseTasksQuery(project.id)) });
  const loading = projects === undefined || [...batches, ...mine, ...loose].some((query) => query.isPending);
  const tasks = mine.flatMap((query) => query.data ?? []);
  const own = tasks.filter((task) => task.status === 'submitted' && task.submittedBy === me.user.email);
  const waiting = asked.flatMap((project, index) => [...(batches[index]?.data ?? []).flatMap((batch) => waitsIn(project, batch, own)), ...waitsAlone(project, loose[index]?.data ?? 0)]);
  const names = new Map(asked.map(({ id, name }) => [id, name]));
  return (
    <Page title={t.title} subtitle={t.subtitle}>
      {error && <LoadError error={error} retry={() => void refetch()} />}
      {loading && !error && <Skeleton height={200} aria-label={texts.common.loading} />}
      {!loading && (
        <>
          <Waiting waiting={waiting} mayLabel={labels} />
          <Mine tasks={tasks.filter((task) => task.claimedBy === me.user.email && task.status === 'claimed')} names={names} />
          <HandedIn tasks={tasks.filter((task) => task.submittedBy === me.user.email)} names={names} />
        </>
      )}
    </Page>
  );
}

interface Wait {
  project: Project;
  /** Null for tasks that are in none. */
  batch: Batch | null;
  /** Tasks to label, tasks to review. */
  open: number;
  toReview: number;
}

/** What a batch has for the person to do. Reviewers do not look at their own work. */
function waitsIn(project: Project, batch: Batch, own: readonly Task[]): Wait[] {
  if (batch.status !== 'in_progress') return [];
  const notMine = roleReaches(project.role, 'developer') ? 0 : own.filter(({ batchId }) => batchId === batch.id).length;
  const toReview = roleReaches(project.role, 'reviewer') ? Math.max(0, batch.counts.submitted - notMine) : 0;
  const open = batch.counts.pending;
  return open + toReview === 0 ? [] : [{ project, batch, open, toReview }];
}

/** Tasks of a project that are in no batch. */
const waitsAlone = (project: Project, open: number): Wait[] => (open === 0 ? [] : [{ project, batch: null, open, toReview: 0 }]);

function Waiting({ waiting, mayLabel }: { waiting: readonly Wait[]; mayLabel: boolean }) {
  if (waiting.length === 0) {
    return (
      <Empty
        icon={IconChecklist}
        title={t.nothing}
        action={
          <ButtonLink to="/" variant="default">
            {texts.errors.home}
          </ButtonLink>
        }
      >
        {t.nothingHint}
      </Empty>
    );
  }
  return (
    <section aria-label={t.waiting} className={classes['section']}>
      <h2>{t.waiting}</h2>
      <DataTable
        rows={waiting}
        keyOf={({ batch, project }) => batch?.id ?? project.id}
        minWidth={760}
        columns={[
          {
            head: t.batch,
            main: true,
            cell: ({ batch }) =>
              batch === null ? (
                t.loose
              ) : (
                <TextLink to="/batches/$batchId" params={{ batchId: batch.id }} size="sm" fw={560}>
                  {batch.name}
                </TextLink>
              ),
          },
          { head: t.project, cell: ({ project }) => project.name },
          { head: t.progress, cell: ({ batch }) => batch !== null && <BatchBar batch={batch} /> },
          { head: t.task, cell: ({ open, toReview }) => [open > 0 && t.open(open), toReview > 0 && t.toReview(toReview)].filter(Boolean).join(', ') },
          { head: t.due, cell: ({ batch }) => batch !== null && batch.dueAt !== null && <Moment at={batch.dueAt} /> },
          mayLabel && { head: t.label, quiet: true, align: 'right', cell: (wait) => <Go {...wait} /> },
        ]}
      />
    </section>
  );
}

function Go({ project, batch, open, toReview }: Wait) {
  const search = batch === null ? {} : { batch: batch.id };
  const name = batch?.name ?? t.loose;
  return (
    <span className={classes['go']}>
      {open > 0 && (
        <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} search={search} aria-label={t.labelIn(name)}>
          {t.label}
        </ButtonLink>
      )}
      {toReview > 0 && (
        <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} search={{ ...search, review: true }} variant="default" aria-label={t.reviewIn(name)}>
          {t.review}
        </ButtonLink>
      )}
    </span>
  );
}

/** Tasks that the person holds, those that were sent back first. */
function Mine({ tasks, names }: { tasks: readonly Task[]; names: ReadonlyMap<string, string> }) {
  if (tasks.length === 0) return null;
  return (
    <section aria-label={t.mine} className={classes['section']}>
      <h2>{t.mine}</h2>
      <p className={classes['hint']}>{t.mineHint}</p>
      <TaskTable tasks={tasks.toSorted((a, b) => b.rounds - a.rounds)} names={names} />
    </section>
  );
}

function HandedIn({ tasks, names }: { tasks: readonly Task[]; names: ReadonlyMap<string, string> }) {
  const figures = figuresOf(tasks);
  return (
    <section aria-label={t.handedIn} className={classes['section']}>
      <h2>{t.handedIn}</h2>
      {tasks.length === 0 ? (
        <p className={classes['hint']}>{t.none}</p>
      ) : (
        <>
          <MyFigures figures={figures} />
          <Card title={t.tasks}>
            <TaskTable tasks={tasks.slice(0, shownTasks)} names={names} />
          </Card>
        </>
      )}
    </section>
  );
}

function TaskTable({ tasks, names }: { tasks: readonly Task[]; names: ReadonlyMap<string, string> }) {
  const paths = useItemPaths(tasks);
  return (
    <DataTable
      rows={tasks}
      keyOf={(task) => task.id}
      minWidth={700}
      columns={[
        {
          head: t.task,
          main: true,
          cell: (task) => (
            <TextLink to="/tasks/$taskId" params={{ taskId: task.id }} size="sm">
              {paths.get(task.itemId ?? '') ?? `${task.type} ${task.id.slice(-12)}`}
            </TextLink>
          ),
        },
        { head: t.project, cell: (task) => names.get(task.projectId) ?? '' },
        { head: t.state, cell: (task) => task.status },
        { head: t.verdict, cell: (task) => (task.reviewStatus === null ? '' : t.verdicts[task.reviewStatus]) },
        { head: t.comment, cell: (task) => lastComment(task) },
        { head: t.time, align: 'right', cell: (task) => t.duration(task.secondsSpent) },
        { head: t.when, cell: (task) => <Moment at={task.submittedAt ?? task.updatedAt} /> },
      ]}
    />
  );
}

/** The newest word of a reviewer. */
function lastComment({ reviewComments }: Task): string {
  const last = reviewComments.at(-1);
  return typeof last === 'object' && last !== null && 'comment' in last && typeof last.comment === 'string' ? last.comment : '';
}
