import type { Profile, Project } from '@fovea/contract';
import { Button, Modal, NativeSelect, Skeleton, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAdjustments, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { fovea } from '../../api/client.ts';
import { profilesQuery } from '../../api/product.ts';
import { roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { analyticsQuery, refresh } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { productTexts } from '../../texts-product.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ProjectPage } from '../project/project-page.tsx';

const t = productTexts.profiles;

/** The profiles of a project: settings of analytics under a name. */
export function ProjectProfiles() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/profiles' });
  const [creating, dialog] = useDisclosure(false);
  const writes = useScope('write');
  const create = (project: Project) =>
    writes && roleReaches(project.role, 'developer') ? (
      <Button leftSection={<IconPlus size={15} />} onClick={dialog.open}>
        {t.create}
      </Button>
    ) : null;
  return (
    <ProjectPage projectId={projectId} part={t.title} actions={create}>
      {(project) => (
        <>
          <ProfileTable project={project} create={create(project)} />
          <Modal opened={creating} onClose={dialog.close} title={t.create}>
            <ProfileForm project={project} close={dialog.close} />
          </Modal>
        </>
      )}
    </ProjectPage>
  );
}

function ProfileTable({ project, create }: { project: Project; create: ReactNode }) {
  const { data: profiles, error, refetch } = useQuery(profilesQuery(project.id));
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!profiles) return <Skeleton height={160} aria-label={texts.common.loading} />;
  if (profiles.length === 0) {
    return (
      <Empty icon={IconAdjustments} title={t.emptyTitle} action={create}>
        {t.empty}
      </Empty>
    );
  }
  return (
    <DataTable
      rows={profiles}
      keyOf={(profile) => profile.id}
      columns={[
        { head: t.name, main: true, cell: (profile) => <Name profile={profile} /> },
        { head: t.analytic, cell: (profile) => profile.analytic },
        { head: t.version, align: 'right', cell: (profile) => profile.version },
        { head: t.changed, cell: (profile) => <Moment at={profile.updatedAt} /> },
        { head: t.by, cell: (profile) => profile.createdBy },
      ]}
    />
  );
}

function Name({ profile }: { profile: Profile }) {
  return (
    <>
      <TextLink to="/profiles/$profileId" params={{ profileId: profile.id }} size="sm" fw={560}>
        {profile.name}
      </TextLink>
      {profile.description !== '' && <div style={{ color: 'var(--fv-dim)', fontSize: '0.75rem', fontWeight: 400 }}>{profile.description}</div>}
    </>
  );
}

function ProfileForm({ project, close }: { project: Project; close: () => void }) {
  const { data: analytics = [] } = useQuery(analyticsQuery);
  const navigate = useNavigate();
  const usable = analytics.filter(({ pending, manifest }) => !pending && manifest.parameters.length > 0);
  const send = async (form: FormData) => {
    const made = await fovea.profiles.create({ project: project.id, analytic: field(form, 'analytic'), name: field(form, 'name'), description: field(form, 'description') });
    await refresh('profiles');
    return made;
  };
  return (
    <EditForm send={send} action={texts.common.create} onCancel={close} onDone={(made) => void navigate({ to: '/profiles/$profileId', params: { profileId: made.id } })}>
      {(faults) => (
        <>
          <TextInput name="name" label={t.name} error={faults['name']} required withAsterisk={false} data-autofocus />
          <NativeSelect name="analytic" label={t.analytic} error={faults['analytic']} key={usable.length} defaultValue="fovea/photo-studio" data={usable.map(({ name, manifest }) => ({ value: name, label: manifest.title === '' ? name : `${manifest.title} (${name})` }))} />
          <Textarea name="description" label={t.description} error={faults['description']} autosize minRows={2} maxRows={8} />
        </>
      )}
    </EditForm>
  );
}
