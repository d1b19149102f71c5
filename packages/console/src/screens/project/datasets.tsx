import type { Dataset, Project } from '@fovea/contract';
import { Button, Modal, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFolderPlus, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { datasetsQuery } from '../../api/datasets.ts';
import { roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { texts } from '../../texts.ts';
import { CodeLine } from '../../ui/code-line.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { formatBytes } from '../../ui/format.ts';
import { TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { cliLines } from '../upload-lines.ts';
import { DatasetForm } from './dataset-form.tsx';
import { ProjectPage } from './project-page.tsx';

/** The datasets of a project. */
export function ProjectDatasets() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId' });
  const [creating, dialog] = useDisclosure(false);
  const navigate = useNavigate();
  const write = useScope('write');
  const create = (project: Project) =>
    write && roleReaches(project.role, 'developer') ? (
      <Button leftSection={<IconPlus size={15} />} onClick={dialog.open}>
        {texts.project.newDataset}
      </Button>
    ) : null;
  return (
    <ProjectPage projectId={projectId} part={texts.project.datasets} actions={create}>
      {(project) => (
        <>
          <Datasets project={project} create={create(project)} />
          <Modal opened={creating} onClose={dialog.close} title={texts.project.newDataset}>
            <DatasetForm projectId={projectId} onCancel={dialog.close} onDone={(dataset) => void navigate({ to: '/datasets/$datasetId', params: { datasetId: dataset.id } })} />
          </Modal>
        </>
      )}
    </ProjectPage>
  );
}

function Datasets({ project, create }: { project: Project; create: ReactNode }) {
  const { data: datasets, error, refetch } = useQuery(datasetsQuery(project.id));
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!datasets) return <Skeleton height={160} aria-label={texts.common.loading} />;
  if (datasets.length === 0) {
    return (
      <Empty icon={IconFolderPlus} title={texts.project.emptyTitle} action={create} more={create && <CodeLine label={texts.home.cli} code={cliLines('my-photos')} />}>
        {create ? texts.project.empty : texts.project.emptyReader}
      </Empty>
    );
  }
  return (
    <DataTable
      rows={datasets}
      keyOf={(dataset) => dataset.id}
      columns={[
        { head: texts.common.name, main: true, cell: (dataset) => <Name dataset={dataset} /> },
        { head: texts.project.items, align: 'right', cell: (dataset) => dataset.itemCount.toLocaleString('en') },
        { head: texts.project.size, align: 'right', cell: (dataset) => formatBytes(dataset.sizeBytes) },
        { head: texts.project.kind, cell: (dataset) => texts.project.kinds[dataset.kind] },
        { head: texts.project.changed, cell: (dataset) => <Moment at={dataset.updatedAt} /> },
      ]}
    />
  );
}

function Name({ dataset }: { dataset: Dataset }) {
  return (
    <>
      <TextLink to="/datasets/$datasetId" params={{ datasetId: dataset.id }} fw={560} size="sm">
        {dataset.name}
      </TextLink>
      {dataset.description !== '' && <div style={{ color: 'var(--fv-dim)', fontSize: '0.75rem', fontWeight: 400 }}>{dataset.description}</div>}
    </>
  );
}
