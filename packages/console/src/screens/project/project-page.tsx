import { ActionIcon, Menu, Modal, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import type { Project } from '@fovea/contract';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { fovea } from '../../api/client.ts';
import { refreshDatasets } from '../../api/datasets.ts';
import { projectQuery, refreshProjects, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { texts } from '../../texts.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { TextLink } from '../../ui/link.tsx';
import { notify, notifyError } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { PageFault } from '../../shell/page-fault.tsx';
import { ProjectForm } from './project-form.tsx';
import { StepsBanner } from './steps-banner.tsx';

export interface ProjectPageProps {
  projectId: string;
  /** Name of the page in the project, e.g. "Members". */
  part: string;
  actions?: (project: Project) => ReactNode;
  children: (project: Project) => ReactNode;
}

/** The frame of the pages of a project: its name, what can be done with it. */
export function ProjectPage({ projectId, part, actions, children }: ProjectPageProps) {
  const { data: project, error, refetch } = useQuery(projectQuery(projectId));
  if (error) return <PageFault error={error} reset={() => void refetch()} />;
  if (!project) return <Loading part={part} />;
  return (
    <Page
      title={`${part} · ${project.name}`}
      heading={part}
      subtitle={project.description === '' ? undefined : project.description}
      trail={[
        <TextLink key="home" to="/" size="xs" c="dimmed">
          {texts.nav.projects}
        </TextLink>,
        <TextLink key="project" to="/projects/$projectId" params={{ projectId }} size="xs" c="dimmed">
          {project.name}
        </TextLink>,
      ]}
      banner={<StepsBanner project={project} />}
      actions={
        <>
          {actions?.(project)}
          <ProjectMenu project={project} />
        </>
      }
    >
      {children(project)}
    </Page>
  );
}

function Loading({ part }: { part: string }) {
  return (
    <Page title={part}>
      <Skeleton height={160} aria-label={texts.common.loading} />
    </Page>
  );
}

function ProjectMenu({ project }: { project: Project }) {
  const [editing, edit] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const navigate = useNavigate();
  const mayEdit = useScope('write') && roleReaches(project.role, 'manager');
  const mayDelete = useScope('admin') && roleReaches(project.role, 'owner');
  if (!mayEdit && !mayDelete) return null;
  const deleteProject = async () => {
    await fovea.projects.delete(project.id);
    await navigate({ to: '/' });
    await Promise.all([refreshProjects(), refreshDatasets()]);
    notify({ tone: 'plain', text: texts.project.deleted(project.name), action: { label: texts.common.undo, run: () => void restore(project) } });
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={texts.common.more}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayEdit && (
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={edit.open}>
              {texts.project.edit}
            </Menu.Item>
          )}
          {mayDelete && (
            <Menu.Item leftSection={<IconTrash size={15} />} color="red" onClick={remove.open}>
              {texts.project.delete}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={editing} onClose={edit.close} title={texts.project.edit}>
        <ProjectForm project={project} onDone={edit.close} onCancel={edit.close} />
      </Modal>
      <Confirm opened={deleting} onClose={remove.close} question={texts.project.deleteConfirm(project.name)} action={texts.project.delete} run={deleteProject} />
    </>
  );
}

async function restore(project: Project): Promise<void> {
  try {
    await fovea.projects.restore(project.id);
    notify({ tone: 'good', text: texts.project.restored(project.name) });
  } catch (error) {
    notifyError(error);
  }
  await Promise.all([refreshProjects(), refreshDatasets()]);
}
