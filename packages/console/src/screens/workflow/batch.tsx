import type { Batch, Task } from '@fovea/contract';
import { Button, Skeleton, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { batchTasksQuery, liveBatchQuery, refresh } from '../../api/work.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { BatchBar, BatchState, Card } from './parts.tsx';
import { BatchQuality } from './quality.tsx';
import classes from './workflow.module.css';

/** One batch: how far it is, who works on it, how good the work is. */
export function BatchPage() {
  const { batchId } = useParams({ from: '/inside/batches/$batchId' });
  const { data: batch, error, refetch } = useQuery(liveBatchQuery(batchId));
  const { data: project } = useQuery({ ...projectQuery(batch?.projectId ?? ''), enabled: batch !== undefined });
  if (error) return <PageFault error={error} reset={() => void refetch()} />;
  if (!batch || !project) {
    return (
      <Page title={workTexts.batches.title}>
        <Skeleton height={160} aria-label={texts.common.loading} />
      </Page>
    );
  }
  const manages = roleReaches(project.role, 'manager');
  return (
    <Page
      title={batch.name}
      heading={
        <>
          {batch.name} <BatchState status={batch.status} />
        </>
      }
      trail={[
        <TextLink key="project" to="/projects/$projectId" params={{ projectId: project.id }} size="xs" c="dimmed">
          {project.name}
        </TextLink>,
        <TextLink key="batches" to="/projects/$projectId/batches" params={{ projectId: project.id }} size="xs" c="dimmed">
          {workTexts.batches.title}
        </TextLink>,
      ]}
      actions={<BatchActions batch={batch} manages={manages} reviews={roleReaches(project.role, 'reviewer')} />}
    >
      <div className={classes['columns']}>
        <Card title={workTexts.batches.progress}>
          <BatchBar batch={batch} />
          <p>{workTexts.batches.done(batch.counts.completed, batch.counts.total)}</p>
          <Counts batch={batch} />
        </Card>
      </div>
      {roleReaches(project.role, 'reviewer') && <BatchQuality batch={batch} manages={manages} />}
      <h2 className={classes['section']}>{workTexts.batches.tasks}</h2>
      <Tasks batch={batch} />
    </Page>
  );
}

function Counts({ batch }: { batch: Batch }) {
  const kinds = ['pending', 'claimed', 'submitted', 'completed', 'cancelled', 'error'] as const;
  return (
    <Table withRowBorders={false} verticalSpacing={2}>
      <Table.Tbody>
        {kinds
          .filter((kind) => batch.counts[kind] > 0)
          .map((kind) => (
            <Table.Tr key={kind}>
              <Table.Td>{workTexts.batches.counts[kind]}</Table.Td>
              <Table.Td ta="right">{batch.counts[kind].toLocaleString('en')}</Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}

function BatchActions({ batch, manages, reviews }: { batch: Batch; manages: boolean; reviews: boolean }) {
  const [cancelling, ask] = useDisclosure(false);
  const [writes, labels] = [useScope('write'), useScope('label')];
  const open = useMutation({
    mutationFn: () => fovea.batches.finalize(batch.id),
    onSuccess: () => notify({ tone: 'good', text: workTexts.batches.opened(batch.name) }),
    onSettled: () => refresh('batches'),
  });
  const cancel = async () => {
    await fovea.batches.cancel(batch.id);
    await refresh('batches', 'tasks');
  };
  return (
    <>
      {batch.status === 'in_progress' && labels && (
        <ButtonLink to="/projects/$projectId/next" params={{ projectId: batch.projectId }} search={{ batch: batch.id }}>
          {workTexts.batches.label}
        </ButtonLink>
      )}
      {batch.counts.submitted > 0 && reviews && labels && (
        <ButtonLink variant="default" to="/projects/$projectId/next" params={{ projectId: batch.projectId }} search={{ batch: batch.id, review: true }}>
          {workTexts.batches.reviewNext}
        </ButtonLink>
      )}
      {batch.status === 'staging' && manages && writes && (
        <Button loading={open.isPending} onClick={() => open.mutate()}>
          {workTexts.batches.open}
        </Button>
      )}
      {(batch.status === 'staging' || batch.status === 'in_progress') && manages && writes && (
        <Button variant="subtle" color="red" onClick={ask.open}>
          {workTexts.batches.cancel}
        </Button>
      )}
      <Confirm opened={cancelling} onClose={ask.close} question={workTexts.batches.cancelConfirm(batch.name)} action={workTexts.batches.cancel} run={cancel} />
    </>
  );
}

function Tasks({ batch }: { batch: Batch }) {
  const { data } = useQuery(batchTasksQuery(batch.projectId, batch.id));
  if (!data) return <Skeleton height={120} aria-label={texts.common.loading} />;
  if (data.length === 0) return <p>{workTexts.batches.noTasks}</p>;
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{workTexts.batches.task}</Table.Th>
            <Table.Th>{workTexts.batches.status}</Table.Th>
            <Table.Th>{workTexts.batches.by}</Table.Th>
            <Table.Th>{texts.common.created}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(data as Task[]).map((task) => (
            <Table.Tr key={task.id}>
              <Table.Td>
                <TextLink to="/tasks/$taskId" params={{ taskId: task.id }}>
                  {task.id.slice(-12)}
                </TextLink>
                {task.flag !== null && ` · ${task.flag}`}
              </Table.Td>
              <Table.Td>{task.status}</Table.Td>
              <Table.Td>{task.submittedBy ?? task.claimedBy ?? ''}</Table.Td>
              <Table.Td>
                <Moment at={task.createdAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
