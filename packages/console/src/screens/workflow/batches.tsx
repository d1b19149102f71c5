import type { Batch, Project } from '@fovea/contract';
import { IconChecklist } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { batchesQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ProjectList } from '../project/project-list.tsx';
import { NewBatchForm } from './batch-form.tsx';
import { BatchBar, BatchState } from './parts.tsx';

/** The batches of a project, with what waits for me. */
export function ProjectBatches() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/batches' });
  const writes = useScope('write');
  return (
    <ProjectList<Batch>
      projectId={projectId}
      title={workTexts.batches.title}
      useRows={(id) => useQuery(batchesQuery(id))}
      icon={IconChecklist}
      empty={{ title: workTexts.batches.emptyTitle, text: workTexts.batches.empty, reader: workTexts.batches.emptyReader }}
      create={workTexts.batches.create}
      mayEdit={(project) => writes && roleReaches(project.role, 'manager')}
      form={(project, _batch, close) => <NewBatchForm project={project} close={close} />}
      actions={(project) => <WorkLinks project={project} />}
      minWidth={640}
      columns={() => [
        {
          head: workTexts.batches.name,
          main: true,
          cell: (batch) => (
            <TextLink to="/batches/$batchId" params={{ batchId: batch.id }}>
              {batch.name}
            </TextLink>
          ),
        },
        { head: workTexts.batches.status, cell: (batch) => <BatchState status={batch.status} /> },
        { head: workTexts.batches.progress, cell: (batch) => <Progress batch={batch} /> },
        { head: workTexts.batches.due, cell: (batch) => batch.dueAt !== null && <Moment at={batch.dueAt} /> },
        { head: texts.common.created, cell: (batch) => <Moment at={batch.createdAt} /> },
      ]}
    />
  );
}

/** To the next task of the project, to label or to review. */
function WorkLinks({ project }: { project: Project }) {
  const labels = useScope('label');
  if (!labels) return null;
  return (
    <>
      <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} variant="default">
        {workTexts.batches.label}
      </ButtonLink>
      {roleReaches(project.role, 'reviewer') && (
        <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} search={{ review: true }} variant="default">
          {workTexts.batches.reviewNext}
        </ButtonLink>
      )}
    </>
  );
}

function Progress({ batch }: { batch: Batch }) {
  return (
    <>
      <BatchBar batch={batch} />
      <span style={{ color: 'var(--fv-dim)', fontSize: 12 }}>{workTexts.batches.done(batch.counts.completed, batch.counts.total)}</span>
    </>
  );
}
