import type { Batch, Project } from '@fovea/contract';
import { Button, Modal, Skeleton, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { liveBatchQuery, refresh } from '../../api/work.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { StepsBanner } from '../project/steps-banner.tsx';
import { EditBatchForm } from './batch-form.tsx';
import { BatchBar, BatchState, Card } from './parts.tsx';
import { Assignments, BatchProgress } from './batch-plots.tsx';
import { BatchQuality } from './quality.tsx';
import { BatchTasks } from './task-list.tsx';
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
      banner={<StepsBanner project={project} />}
      actions={<BatchActions batch={batch} project={project} manages={manages} reviews={roleReaches(project.role, 'reviewer')} />}
    >
      <div className={classes['columns']}>
        <Card title={workTexts.batches.progress}>
          <BatchBar batch={batch} />
          <p>{workTexts.batches.done(batch.counts.completed, batch.counts.total)}</p>
          <Counts batch={batch} />
        </Card>
        <BatchProgress batch={batch} />
        <Assignments batch={batch} />
      </div>
      {roleReaches(project.role, 'reviewer') && <BatchQuality batch={batch} manages={manages} />}
      <BatchTasks project={project} batch={batch.id} />
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

function BatchActions({ batch, project, manages, reviews }: { batch: Batch; project: Project; manages: boolean; reviews: boolean }) {
  const [cancelling, ask] = useDisclosure(false);
  const [editing, edit] = useDisclosure(false);
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
      {batch.status !== 'cancelled' && manages && writes && (
        <Button variant="default" onClick={edit.open}>
          {texts.common.edit}
        </Button>
      )}
      {(batch.status === 'staging' || batch.status === 'in_progress') && manages && writes && (
        <Button variant="subtle" color="red" onClick={ask.open}>
          {workTexts.batches.cancel}
        </Button>
      )}
      <Modal opened={editing} onClose={edit.close} title={workTexts.batches.edit}>
        <EditBatchForm project={project} batch={batch} close={edit.close} />
      </Modal>
      <Confirm opened={cancelling} onClose={ask.close} question={workTexts.batches.cancelConfirm(batch.name)} action={workTexts.batches.cancel} run={cancel} />
    </>
  );
}
