import type { User } from '@fovea/contract';
import { Badge, Button, Modal, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLock, IconUserPlus } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { useMe, useScope } from '../../api/session.ts';
import { refreshUsers, usersQuery } from '../../api/users.ts';
import { texts } from '../../texts.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { Moment } from '../../ui/moment.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { UserForm } from './user-form.tsx';

/** The users of the organisation, for its administrators. */
export function Users() {
  const me = useMe();
  const { data: users, error, refetch } = useQuery({ ...usersQuery, enabled: me.user.admin });
  const [creating, dialog] = useDisclosure(false);
  const [editing, setEditing] = useState<User>();
  const [disabling, setDisabling] = useState<User>();
  const mayChange = useScope('admin');
  const setDisabled = async (user: User, disabled: boolean) => {
    await fovea.users.update(user.id, { disabled });
    await refreshUsers();
    notify({ tone: 'good', text: texts.users.changed(user.email) });
  };
  const enable = useMutation({ mutationFn: (user: User) => setDisabled(user, false) });
  if (!me.user.admin) {
    return (
      <Page title={texts.users.title}>
        <Empty icon={IconLock}>{texts.users.notAdmin}</Empty>
      </Page>
    );
  }
  return (
    <Page
      title={texts.users.title}
      subtitle={texts.users.subtitle}
      actions={
        mayChange && (
          <Button leftSection={<IconUserPlus size={15} />} onClick={dialog.open}>
            {texts.users.create}
          </Button>
        )
      }
    >
      {error && <LoadError error={error} retry={() => void refetch()} />}
      {!users && !error && <Skeleton height={160} aria-label={texts.common.loading} />}
      {users && (
        <DataTable
          rows={users}
          keyOf={(user) => user.id}
          minWidth={640}
          columns={[
            {
              head: texts.users.email,
              main: true,
              cell: (user) => (
                <>
                  {user.email}{' '}
                  {user.id === me.user.id && (
                    <Badge size="xs" variant="light">
                      {texts.members.you}
                    </Badge>
                  )}
                </>
              ),
            },
            { head: texts.users.fullName, cell: (user) => user.name },
            {
              head: texts.users.state,
              cell: (user) => (
                <Badge size="sm" variant="light" color={user.disabled ? 'gray' : 'teal'}>
                  {user.disabled ? texts.users.disabled : user.admin ? texts.users.admin : texts.users.active}
                </Badge>
              ),
            },
            { head: texts.common.created, cell: (user) => <Moment at={user.createdAt} /> },
            mayChange && {
              head: texts.common.edit,
              quiet: true,
              align: 'right',
              cell: (user) => (
                <>
                  <Button variant="subtle" aria-label={texts.users.edit(user.email)} onClick={() => setEditing(user)}>
                    {texts.common.edit}
                  </Button>
                  {user.id !== me.user.id && (
                    <Button variant="subtle" color={user.disabled ? 'teal' : 'red'} aria-label={`${user.disabled ? texts.users.enable : texts.users.disable} ${user.email}`} onClick={() => (user.disabled ? enable.mutate(user) : setDisabling(user))}>
                      {user.disabled ? texts.users.enable : texts.users.disable}
                    </Button>
                  )}
                </>
              ),
            },
          ]}
        />
      )}
      <Modal opened={creating} onClose={dialog.close} title={texts.users.create}>
        <UserForm onDone={dialog.close} onCancel={dialog.close} />
      </Modal>
      {editing && (
        <Dialog onClose={() => setEditing(undefined)} title={texts.users.edit(editing.email)}>
          <UserForm user={editing} onDone={() => setEditing(undefined)} onCancel={() => setEditing(undefined)} />
        </Dialog>
      )}
      {disabling && <Confirm opened onClose={() => setDisabling(undefined)} question={texts.users.disableConfirm(disabling.email)} action={texts.users.disable} run={() => setDisabled(disabling, true)} />}
    </Page>
  );
}
