import type { Item, Project } from '@fovea/contract';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { datasetQuery } from '../../api/datasets.ts';
import { itemQuery } from '../../api/items.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { TextLink } from '../../ui/link.tsx';
import { Page } from '../../ui/page.tsx';
import { folderTrail } from '../dataset/folder-trail.ts';
import { AboutForm } from './about-form.tsx';
import { Facts } from './facts.tsx';
import { ItemActions } from './item-actions.tsx';
import classes from './item.module.css';
import { MetadataEditor } from './metadata-editor.tsx';
import { HeaderSection } from './scan/header-section.tsx';
import { Stage } from './stage.tsx';

const readAgainMs = 1_500;

/** One item: what it shows, what is known and said about it. */
export function ItemPage() {
  const { itemId } = useParams({ from: '/inside/items/$itemId' });
  // While the platform still reads the file, its facts are on the way.
  const item = useQuery({ ...itemQuery(itemId), refetchInterval: (query) => (query.state.data?.probe === 'pending' ? readAgainMs : false) });
  const project = useQuery({ ...projectQuery(item.data?.projectId ?? ''), enabled: item.data !== undefined });
  const error = item.error ?? project.error;
  if (error) return <PageFault error={error} reset={() => void Promise.all([item.refetch(), project.refetch()])} />;
  if (!item.data || !project.data) {
    return (
      <Page full title={texts.common.loading}>
        <Skeleton height="100%" aria-label={texts.common.loading} />
      </Page>
    );
  }
  return <Content key={item.data.id} item={item.data} project={project.data} />;
}

function Content({ item, project }: { item: Item; project: Project }) {
  const search = useSearch({ from: '/inside/items/$itemId' });
  const { data: dataset } = useQuery(datasetQuery(item.datasetId));
  const mayChange = useScope('write') && roleReaches(project.role, 'developer');
  const inDataset = { to: '/datasets/$datasetId', params: { datasetId: item.datasetId }, size: 'xs', c: 'dimmed' } as const;
  return (
    <Page
      full
      title={item.name}
      trail={[
        <TextLink key="project" to="/projects/$projectId" params={{ projectId: project.id }} size="xs" c="dimmed">
          {project.name}
        </TextLink>,
        <TextLink key="dataset" {...inDataset} search={search}>
          {dataset?.name ?? texts.dataset.items}
        </TextLink>,
        ...folderTrail(item.folder).map(({ name, path }) => (
          <TextLink key={path} {...inDataset} search={{ folder: path }}>
            {name}
          </TextLink>
        )),
      ]}
      actions={<ItemActions item={item} search={search} mayChange={mayChange} />}
    >
      <div className={classes['layout']}>
        <Stage item={item} />
        <aside className={classes['side']} aria-label={texts.item.facts}>
          <AboutForm item={item} mayChange={mayChange} />
          <Facts item={item} />
          {(item.kind === 'dicom' || item.kind === 'nifti') && <HeaderSection item={item} />}
          <MetadataEditor item={item} mayChange={mayChange} />
        </aside>
      </div>
    </Page>
  );
}
