import type { ApiKey } from '@fovea/contract';
import { Badge, Button, Modal, Skeleton, Table, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { keysQuery, keyState, refreshKeys, type KeyState } from '../../api/keys.ts';
import { projectsQuery } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { texts } from '../../texts.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { Moment } from '../../ui/moment.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { KeyForm } from './key-form.tsx';
import classes from './keys.module.css';
import { NewKey, type CreatedKey } from './new-key.tsx';

/** The keys of programs: create, revoke. */
export function Keys() {
  const { data: keys, error, refetch } = useQuery(keysQuery);
  const [creating, dialog] = useDisclosure(false);
  const [created, setCreated] = useState<CreatedKey>();
  const [revoking, setRevoking] = useState<ApiKey>();
  const mayCreate = useScope('admin');
  const create = (
    <Button leftSection={<IconPlus size={15} />} onClick={dialog.open}>
      {texts.keys.create}
    </Button>
  );
  const revoke = async (key: ApiKey) => {
    await fovea.keys.revoke(key.id);
    await refreshKeys();
    notify({ tone: 'good', text: texts.keys.revokedNotice(key.name) });
  };
  return (
    <Page title={texts.keys.title} subtitle={mayCreate ? texts.keys.subtitle : texts.keys.needAdmin} actions={mayCreate && create}>
      {error && <LoadError error={error} retry={() => void refetch()} />}
      {!keys && !error && <Skeleton height={160} aria-label={texts.common.loading} />}
      {keys?.length === 0 && (
        <Empty icon={IconKey} title={texts.keys.emptyTitle} action={mayCreate && create}>
          {texts.keys.empty}
        </Empty>
      )}
      {keys && keys.length > 0 && <KeyTable keys={keys} revoke={mayCreate ? setRevoking : undefined} />}
      <Modal opened={creating} onClose={dialog.close} title={texts.keys.createTitle} size="lg">
        <KeyForm
          onCancel={dialog.close}
          onDone={(key) => {
            dialog.close();
            setCreated(key);
          }}
        />
      </Modal>
      {created && <NewKey created={created} onClose={() => setCreated(undefined)} />}
      {revoking && (
        <Confirm opened onClose={() => setRevoking(undefined)} question={texts.keys.revokeConfirm(revoking.name)} action={texts.keys.revoke} run={() => revoke(revoking)} />
      )}
    </Page>
  );
}

const colors: Record<KeyState, string> = { active: 'teal', revoked: 'gray', expired: 'gray' };

function KeyTable({ keys, revoke }: { keys: readonly ApiKey[]; revoke: ((key: ApiKey) => void) | undefined }) {
  const { data: projects = [] } = useQuery(projectsQuery);
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  const t = texts.keys;
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.common.name}</Table.Th>
            <Table.Th>{t.prefix}</Table.Th>
            <Table.Th>{t.scopes}</Table.Th>
            <Table.Th>{t.project}</Table.Th>
            <Table.Th>{texts.common.created}</Table.Th>
            <Table.Th>{t.lastUsed}</Table.Th>
            <Table.Th>{t.expiry}</Table.Th>
            <Table.Th>{t.state}</Table.Th>
            {revoke && (
              <Table.Th>
                <VisuallyHidden>{t.revoke}</VisuallyHidden>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => {
            const state = keyState(key);
            return (
              <Table.Tr key={key.id} className={state === 'active' ? '' : (classes['dead'] ?? '')}>
                <Table.Td fw={560}>
                  {key.name}{' '}
                  {key.test && (
                    <Badge size="xs" color="violet" variant="light">
                      {t.testBadge}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td className={classes['prefix'] ?? ''}>{key.prefix}…</Table.Td>
                <Table.Td>{key.scopes.map((scope) => t.scope[scope]).join(', ')}</Table.Td>
                <Table.Td>{key.projectId === null ? t.everyProject : (names.get(key.projectId) ?? key.projectId.slice(0, 8))}</Table.Td>
                <Table.Td>
                  <Moment at={key.createdAt} />
                </Table.Td>
                <Table.Td>{key.lastUsedAt === null ? t.never : <Moment at={key.lastUsedAt} />}</Table.Td>
                <Table.Td>{key.expiresAt === null ? t.never : <Moment at={key.expiresAt} />}</Table.Td>
                <Table.Td>
                  <Badge size="sm" variant="light" color={colors[state]}>
                    {t[state]}
                  </Badge>
                </Table.Td>
                {revoke && (
                  <Table.Td ta="right">
                    {state === 'active' && (
                      <Button variant="subtle" color="red" aria-label={t.revokeNamed(key.name)} onClick={() => revoke(key)}>
                        {t.revoke}
                      </Button>
                    )}
                  </Table.Td>
                )}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
