import { Button, Modal, Skeleton, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFolderPlus, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { datasetsQuery } from '../../api/datasets.ts';
import { projectsQuery } from '../../api/projects.ts';
import { useMe, useScope } from '../../api/session.ts';
import { texts } from '../../texts.ts';
import { CodeLine } from '../../ui/code-line.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { Page } from '../../ui/page.tsx';
import { cliLines } from '../upload-lines.ts';
import { ProjectForm } from '../project/project-form.tsx';
import classes from './home.module.css';
import { Invitation } from './invitation.tsx';
import { ProjectCard, summarize } from './project-card.tsx';
import { Waiting } from './waiting.tsx';

const filterFrom = 7;

/** Home: the projects one is a member of, with what is in them. */
export function Home() {
  const projects = useQuery(projectsQuery);
  const datasets = useQuery(datasetsQuery());
  const me = useMe();
  const mayCreate = useScope('write') && me.projectId === null;
  const [creating, dialog] = useDisclosure(false);
  const [filter, setFilter] = useState('');
  const navigate = useNavigate();
  const counts = datasets.data && summarize(datasets.data);
  const shown = projects.data?.filter((project) => project.name.toLowerCase().includes(filter.trim().toLowerCase()));
  const items = datasets.data?.reduce((sum, dataset) => sum + dataset.itemCount, 0);
  const create = mayCreate ? (
    <Button leftSection={<IconPlus size={15} />} onClick={dialog.open}>
      {texts.home.create}
    </Button>
  ) : undefined;

  return (
    <Page
      title={texts.home.title}
      subtitle={projects.data && items !== undefined && projects.data.length > 0 ? texts.home.subtitle(projects.data.length, items) : undefined}
      actions={projects.data && projects.data.length > 0 ? create : undefined}
    >
      {projects.error && <LoadError error={projects.error} retry={() => void projects.refetch()} />}
      {projects.isPending && <Loading />}
      {projects.data && projects.data.length > 0 && <Invitation />}
      {projects.data && <Waiting projects={projects.data} />}
      {projects.data && projects.data.length >= filterFrom && (
        <TextInput
          mb="md"
          maw={280}
          leftSection={<IconSearch size={15} />}
          placeholder={texts.home.filter}
          aria-label={texts.home.filter}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      {projects.data?.length === 0 && (
        <Empty icon={IconFolderPlus} title={texts.home.emptyTitle} action={create} more={mayCreate && <CodeLine label={texts.home.cli} code={cliLines('my-photos', 'My project')} />}>
          {mayCreate ? texts.home.empty : texts.home.emptyReader}
        </Empty>
      )}
      {shown && shown.length > 0 && (
        <ul className={classes['grid']}>
          {shown.map((project) => (
            <ProjectCard key={project.id} project={project} counts={counts?.get(project.id) ?? (counts && { datasets: 0, items: 0, bytes: 0 })} />
          ))}
        </ul>
      )}
      {shown?.length === 0 && filter !== '' && <p className={classes['none']}>{texts.home.noMatch}</p>}
      <Modal opened={creating} onClose={dialog.close} title={texts.home.createTitle}>
        <ProjectForm onCancel={dialog.close} onDone={(project) => void navigate({ to: '/projects/$projectId', params: { projectId: project.id } })} />
      </Modal>
    </Page>
  );
}

function Loading() {
  return (
    <div className={classes['grid']} role="status" aria-label={texts.common.loading}>
      {[0, 1, 2].map((index) => (
        <Skeleton key={index} height={112} radius={6} />
      ))}
    </div>
  );
}
