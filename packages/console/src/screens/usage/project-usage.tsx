import type { Project } from '@fovea/contract';
import { Skeleton } from '@mantine/core';
import { IconDatabase } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { datasetsQuery } from '../../api/datasets.ts';
import { projectUsageQuery } from '../../api/product.ts';
import { texts } from '../../texts.ts';
import { productTexts } from '../../texts-product.ts';
import { Bars } from '../../ui/bars.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { ProjectPage } from '../project/project-page.tsx';
import { Card } from '../workflow/parts.tsx';
import { UsageFigures, QuotaBar } from './figures.tsx';
import classes from './usage.module.css';

const t = productTexts.usage;
const plotted = 20;

/** What one project holds, and how much it may. */
export function ProjectUsagePage() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/usage' });
  return (
    <ProjectPage projectId={projectId} part={t.title}>
      {(project) => <Shown project={project} />}
    </ProjectPage>
  );
}

function Shown({ project }: { project: Project }) {
  const { data: usage, error, refetch } = useQuery(projectUsageQuery(project.id));
  const { data: datasets = [] } = useQuery(datasetsQuery(project.id));
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!usage) return <Skeleton height={160} aria-label={texts.common.loading} />;
  if (usage.datasets === 0) {
    return (
      <Empty
        icon={IconDatabase}
        title={t.emptyTitle}
        action={
          <ButtonLink to="/projects/$projectId" params={{ projectId: project.id }}>
            {texts.project.newDataset}
          </ButtonLink>
        }
      >
        {t.empty}
      </Empty>
    );
  }
  const link = (dataset: { id: string; name: string }) => (
    <TextLink to="/datasets/$datasetId" params={{ datasetId: dataset.id }} size="sm">
      {dataset.name}
    </TextLink>
  );
  const bySize = datasets.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, plotted);
  const byItems = datasets.toSorted((a, b) => b.itemCount - a.itemCount).slice(0, plotted);
  return (
    <>
      <UsageFigures usage={usage} />
      <div className={classes['plots']}>
        <Card title={t.quota}>
          <QuotaBar usage={usage} />
        </Card>
      </div>
      <div className={classes['plots']}>
        <Card title={t.byDataset}>
          <Bars label={t.byDataset} rows={bySize.map((dataset) => ({ label: link(dataset), text: formatBytes(dataset.sizeBytes), parts: [{ value: dataset.sizeBytes, tone: 'good', name: t.size }] }))} />
        </Card>
        <Card title={t.labelsByDataset}>
          <Bars label={t.labelsByDataset} rows={byItems.map((dataset) => ({ label: link(dataset), text: dataset.itemCount.toLocaleString('en'), parts: [{ value: dataset.itemCount, tone: 'busy', name: t.items }] }))} />
        </Card>
      </div>
    </>
  );
}
