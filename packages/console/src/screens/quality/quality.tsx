import type { Batch, Project } from '@fovea/contract';
import { Button, Progress, Skeleton } from '@mantine/core';
import { IconChartDots3 } from '@tabler/icons-react';
import { queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { explain } from '../../api/errors.ts';
import { roleReaches } from '../../api/projects.ts';
import { batchesQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { qualityTexts as t } from '../../texts-quality.ts';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { ButtonLink } from '../../ui/link.tsx';
import { ProjectPage } from '../project/project-page.tsx';
import { ProjectReport } from './report.tsx';
import type { BatchReport } from './totals.ts';

/** Reports are read in steps: each costs the platform a comparison of everybody's work. */
const step = 12;

/** Not with the batch pages' own reports, which are asked for anew with every task: a page of many would never come to rest. */
const reportQuery = ({ id, status }: Batch) =>
  queryOptions({ queryKey: ['reports', id], queryFn: ({ signal }) => fovea.quality.report(id, {}, { signal }), retry: false, staleTime: 30_000, refetchInterval: status === 'in_progress' ? 60_000 : false });

/** How good the work of a project is: over batches, people and time. */
export function ProjectQuality() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/quality' });
  return (
    <ProjectPage projectId={projectId} part={t.title}>
      {(project) => (roleReaches(project.role, 'reviewer') ? <Reports project={project} /> : <Empty icon={IconChartDots3}>{t.notReviewer}</Empty>)}
    </ProjectPage>
  );
}

function Reports({ project }: { project: Project }) {
  const { data: batches, error, refetch } = useQuery(batchesQuery(project.id));
  const [asked, ask] = useState(step);
  const worked = (batches ?? []).filter(({ counts }) => counts.completed + counts.submitted > 0).toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  const found = useQueries({ queries: worked.slice(0, asked).map(reportQuery) });
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!batches) return <Skeleton height={160} aria-label={texts.common.loading} />;
  if (worked.length === 0) {
    return (
      <Empty
        icon={IconChartDots3}
        title={t.emptyTitle}
        action={
          <ButtonLink variant="default" to="/projects/$projectId/batches" params={{ projectId: project.id }}>
            {t.toBatches}
          </ButtonLink>
        }
      >
        {t.empty}
      </Empty>
    );
  }
  const read = worked.flatMap((batch, index): BatchReport[] => {
    const report = found[index]?.data;
    return report ? [{ batch, report }] : [];
  });
  const pending = found.filter(({ isPending }) => isPending).length;
  const older = worked.length - found.length;
  return (
    <>
      {pending > 0 && <Progress value={(100 * read.length) / found.length} aria-label={t.reading(read.length, found.length)} mb="md" />}
      {found.map((one, index) => one.error && <LoadError key={index} error={new Error(t.failed(worked[index]?.name ?? '', explain(one.error)))} retry={() => void one.refetch()} />)}
      {read.length === 0 && pending > 0 && <Skeleton height={160} aria-label={texts.common.loading} />}
      {read.length > 0 && <ProjectReport read={read} />}
      {older > 0 && (
        <Button variant="default" mt="md" loading={pending > 0} onClick={() => ask(asked + step)}>
          {t.older(Math.min(step, older))}
        </Button>
      )}
    </>
  );
}
