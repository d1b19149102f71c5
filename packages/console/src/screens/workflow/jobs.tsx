import type { Job, Project } from '@fovea/contract';
import { Skeleton, Table } from '@mantine/core';
import { IconCpu } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { jobsQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ProjectPage } from '../project/project-page.tsx';
import { JobProgress, JobState } from './parts.tsx';

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
      {(project) => <JobTable project={project} />}
    </ProjectPage>
  );
}

function JobTable({ project }: { project: Project }) {
  const { data, error, refetch } = useQuery(jobsQuery(project.id));
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton height={160} aria-label={texts.common.loading} />;
  if (data.length === 0) {
    return (
      <Empty icon={IconCpu} title={t.emptyTitle}>
        {t.empty}
      </Empty>
    );
  }
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.name}</Table.Th>
            <Table.Th>{t.analytic}</Table.Th>
            <Table.Th>{t.state}</Table.Th>
            <Table.Th>{t.progress}</Table.Th>
            <Table.Th>{t.created}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(data as Job[]).map((job) => (
            <Table.Tr key={job.id}>
              <Table.Td fw={560}>
                <TextLink to="/jobs/$jobId" params={{ jobId: job.id }}>
                  {job.name}
                </TextLink>
              </Table.Td>
              <Table.Td>
                {job.analytic} {job.version}
              </Table.Td>
              <Table.Td>
                <JobState status={job.status} />
              </Table.Td>
              <Table.Td>
                <JobProgress job={job} />
              </Table.Td>
              <Table.Td>
                <Moment at={job.createdAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
