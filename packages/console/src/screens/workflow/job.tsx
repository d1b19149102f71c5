import type { Job, JobOutput } from '@fovea/contract';
import { Alert, Anchor, Button, Skeleton, Table } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { projectQuery } from '../../api/projects.ts';
import { jobLogQuery, jobQuery, refresh } from '../../api/work.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { formatBytes } from '../../ui/format.ts';
import { TextLink } from '../../ui/link.tsx';
import { useOutputAddress } from '../../ui/job-output.ts';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { Facts, Inputs, Times } from './job-facts.tsx';
import { Card, JobProgress, JobState } from './parts.tsx';
import classes from './workflow.module.css';

const t = workTexts.jobs;

/** What a browser shows, and is small enough to be shown at once. */
const shownAsPicture = new Set(['image/svg+xml', 'image/png', 'image/jpeg', 'image/webp']);
const shownPictures = 8;

/** One job: state, place in the queue, progress, log, outputs. */
export function JobPage() {
  const { jobId } = useParams({ from: '/inside/jobs/$jobId' });
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));
  const { data: project } = useQuery({ ...projectQuery(job?.projectId ?? ''), enabled: job !== undefined });
  const cancel = useMutation({
    mutationFn: () => fovea.jobs.cancel(jobId),
    onSuccess: () => notify({ tone: 'plain', text: t.cancelled }),
    onSettled: () => refresh('jobs'),
  });
  if (error) return <PageFault error={error} reset={() => void refetch()} />;
  if (!job) {
    return (
      <Page title={t.title}>
        <Skeleton height={160} aria-label={texts.common.loading} />
      </Page>
    );
  }
  return (
    <Page
      title={job.name}
      heading={
        <>
          {job.name} <JobState status={job.status} />
        </>
      }
      subtitle={`${job.analytic} ${job.version}`}
      trail={[
        <TextLink key="jobs" to="/projects/$projectId/jobs" params={{ projectId: job.projectId }} size="xs" c="dimmed">
          {project ? `${project.name} / ${t.title}` : t.title}
        </TextLink>,
      ]}
      actions={
        job.endedAt === null && (
          <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t.cancel}
          </Button>
        )
      }
    >
      <JobProgress job={job} />
      {job.status === 'failed' && (
        <Alert color="red" mt="md" title={job.cause === null ? undefined : t.cause[job.cause]}>
          {job.message}
        </Alert>
      )}
      <div className={classes['columns']} style={{ marginTop: 16 }}>
        <Outputs job={job} />
        {job.summary !== null && (
          <Card title={t.summary}>
            <Facts facts={job.summary} />
          </Card>
        )}
        <Inputs job={job} />
        <Card title={t.parameters}>
          <Facts facts={job.parameters} />
        </Card>
        <Times job={job} />
        {job.failures.length > 0 && (
          <Card title={t.failures}>
            {job.failures.slice(0, 50).map((failure) => (
              <p key={`${failure.itemId}${failure.name}`}>
                {failure.name}: {failure.message}
              </p>
            ))}
          </Card>
        )}
      </div>
      <Log job={job} />
    </Page>
  );
}

function Outputs({ job }: { job: Job }) {
  const plots = job.outputs.filter((output) => shownAsPicture.has(output.mediaType));
  return (
    <Card title={t.outputs}>
      {job.outputs.length === 0 && <p>{t.noOutputs}</p>}
      <Table withRowBorders={false} verticalSpacing={2}>
        <Table.Tbody>
          {job.outputs.slice(0, 200).map((output) => (
            <Table.Tr key={output.index}>
              <Table.Td>
                <Anchor href={`/v1/jobs/${job.id}/outputs/${output.index}`} download={output.name} size="sm">
                  {output.name}
                </Anchor>
              </Table.Td>
              <Table.Td ta="right">{formatBytes(output.sizeBytes)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <div className={classes['plots']}>
        {plots.slice(0, shownPictures).map((output) => (
          <Plot key={output.index} job={job} output={output} />
        ))}
      </div>
    </Card>
  );
}

/** A plot is shown as a picture: in an `<img>` nothing of it can run. */
function Plot({ job, output }: { job: Job; output: JobOutput }) {
  const source = useOutputAddress(job.id, output);
  return source === undefined ? null : <img src={source} alt={output.name} className={classes['plot']} />;
}

function Log({ job }: { job: Job }) {
  const { data } = useQuery(jobLogQuery(job.id, job.endedAt !== null));
  return (
    <>
      <h2 className={classes['section']}>{t.log}</h2>
      {data && data.lines.length === 0 && <p>{t.noLog}</p>}
      {data && data.lines.length > 0 && (
        <pre className={classes['log']} tabIndex={0} aria-label={t.log}>
          {data.lines.map((line) => `${line.at.slice(11, 19)}  ${line.text}`).join('\n')}
        </pre>
      )}
    </>
  );
}
