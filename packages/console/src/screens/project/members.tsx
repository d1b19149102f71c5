import { projectRoles, type Member, type Project, type ProjectRole } from '@fovea/contract';
import { ActionIcon, Badge, Button, Modal, NativeSelect, Skeleton, TextInput, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserMinus, IconUserPlus } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { membersQuery, refreshProjects, roleReaches } from '../../api/projects.ts';
import { useMe, useScope } from '../../api/session.ts';
import { texts } from '../../texts.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { Moment } from '../../ui/moment.tsx';
import { notify } from '../../ui/notices.ts';
import { ProjectPage } from './project-page.tsx';

/** The members of a project and their roles. */
export function ProjectMembers() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/members' });
  const [adding, dialog] = useDisclosure(false);
  const admin = useScope('admin');
  const mayChange = (project: Project) => admin && roleReaches(project.role, 'manager');
  return (
    <ProjectPage
      projectId={projectId}
      part={texts.members.title}
      actions={(project) =>
        mayChange(project) && (
          <Button leftSection={<IconUserPlus size={15} />} onClick={dialog.open}>
            {texts.members.add}
          </Button>
        )
      }
    >
      {(project) => (
        <>
          <MemberTable project={project} mayChange={mayChange(project)} />
          <Modal opened={adding} onClose={dialog.close} title={texts.members.add}>
            <AddMember project={project} close={dialog.close} />
          </Modal>
        </>
      )}
    </ProjectPage>
  );
}

/** The roles that somebody of this role may give. */
const rolesBelow = (role: ProjectRole) => projectRoles.filter((other) => roleReaches(role, other));
const roleOptions = (role: ProjectRole) => rolesBelow(role).map((value) => ({ value, label: texts.home.role[value] }));

function MemberTable({ project, mayChange }: { project: Project; mayChange: boolean }) {
  const { data: members, error, refetch } = useQuery(membersQuery(project.id));
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!members) return <Skeleton height={120} aria-label={texts.common.loading} />;
  return (
    <DataTable
      rows={members}
      keyOf={(member) => member.userId}
      columns={[
        { head: texts.members.email, cell: (member) => <Who member={member} /> },
        { head: texts.members.role, cell: (member) => <Role project={project} member={member} mayChange={mayChange} /> },
        { head: texts.members.since, cell: (member) => <Moment at={member.createdAt} /> },
        mayChange && { head: texts.common.remove, quiet: true, align: 'right', cell: (member) => roleReaches(project.role, member.role) && <Remove project={project} member={member} /> },
      ]}
    />
  );
}

function Who({ member }: { member: Member }) {
  const me = useMe();
  return (
    <>
      {member.name !== '' && member.name !== member.email && <span style={{ fontWeight: 560 }}>{member.name} </span>}
      <span style={{ color: 'var(--fv-dim)' }}>{member.email}</span>{' '}
      {member.userId === me.user.id && (
        <Badge size="xs" variant="light">
          {texts.members.you}
        </Badge>
      )}
    </>
  );
}

const changeRole = (project: Project, member: Member, role: ProjectRole) => fovea.members.set(project.id, member.email, { role });

function Role({ project, member, mayChange }: { project: Project; member: Member; mayChange: boolean }) {
  const change = useMutation({ mutationFn: (role: ProjectRole) => changeRole(project, member, role), onSettled: refreshProjects });
  if (!mayChange || !roleReaches(project.role, member.role)) return <>{texts.home.role[member.role]}</>;
  return (
    <NativeSelect
      size="xs"
      w={150}
      aria-label={texts.members.roleOf(member.email)}
      value={change.isPending ? change.variables : member.role}
      data={roleOptions(project.role)}
      onChange={(event) => change.mutate(event.currentTarget.value as ProjectRole)}
    />
  );
}

function Remove({ project, member }: { project: Project; member: Member }) {
  const takeBack = useMutation({ mutationFn: () => changeRole(project, member, member.role), onSettled: refreshProjects });
  const remove = useMutation({
    mutationFn: () => fovea.members.remove(project.id, member.email),
    onSuccess: () => notify({ tone: 'plain', text: texts.members.removed(member.email), action: { label: texts.common.undo, run: () => takeBack.mutate() } }),
    onSettled: refreshProjects,
  });
  return (
    <Tooltip label={texts.members.remove(member.email)}>
      <ActionIcon aria-label={texts.members.remove(member.email)} loading={remove.isPending} onClick={() => remove.mutate()}>
        <IconUserMinus size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

function AddMember({ project, close }: { project: Project; close: () => void }) {
  const send = async (form: FormData) => {
    const member = await fovea.members.set(project.id, field(form, 'email'), { role: field(form, 'role') as ProjectRole });
    await refreshProjects();
    return member;
  };
  return (
    <EditForm
      send={send}
      action={texts.members.add}
      onCancel={close}
      onDone={(member) => {
        close();
        notify({ tone: 'good', text: texts.members.added(member.email) });
      }}
    >
      {(faults) => (
        <>
          <TextInput name="email" type="email" label={texts.members.email} description={texts.members.emailHint} error={faults['email']} required withAsterisk={false} autoComplete="off" data-autofocus />
          <NativeSelect
            name="role"
            label={texts.members.role}
            defaultValue="annotator"
            data={rolesBelow(project.role).map((role) => ({ value: role, label: `${texts.home.role[role]}: ${texts.members.may[role]}` }))}
          />
        </>
      )}
    </EditForm>
  );
}
