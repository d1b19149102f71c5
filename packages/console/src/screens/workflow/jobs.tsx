import type { Job, Project } from '@fovea/contract';
import { Skeleton } from '@mantine/core';
import { IconCpu } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { jobsQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ProjectPage } from '../project/project-page.tsx';
import { JobProgress, JobState, tookOf } from './parts.tsx';

const t = workTexts.jobs;

/** The jobs of a project, live. */
export function ProjectJobs() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/jobs' });
  const catalogue = (
    <ButtonLink to="/analytics" variant="default">
      {t.catalogue}
    </ButtonLink>
  );
  return (
    <ProjectPage projectId={projectId} part={t.title} actions={() => catalogue}>
      {(project) => <JobTable project={project} catalogue={catalogue} />}
    </ProjectPage>
  );
}

function JobTable({ project, catalogue }: { project: Project; catalogue: ReactNode }) {
  const { data, error, refetch } = useQuery(jobsQuery(project.id));
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton height={160} aria-label={texts.common.loading} />;
  if (data.length === 0) {
    return (
      <Empty icon={IconCpu} title={t.emptyTitle} action={catalogue}>
        {t.empty}
      </Empty>
    );
  }
  return (
    <DataTable
      rows={data as Job[]}
      keyOf={(job) => job.id}
      minWidth={640}
      columns={[
        {
          head: t.name,
          main: true,
          cell: (job) => (
            <TextLink to="/jobs/$jobId" params={{ jobId: job.id }}>
              {job.name}
            </TextLink>
          ),
        },
        { head: t.analytic, cell: (job) => `${job.analytic} ${job.version}` },
        { head: t.state, cell: (job) => <JobState status={job.status} /> },
        { head: t.progress, cell: (job) => <JobProgress job={job} /> },
        { head: t.took, align: 'right', cell: (job) => tookOf(job) },
        { head: t.created, cell: (job) => <Moment at={job.createdAt} /> },
      ]}
    />
  );
}
