import type { ApiKey } from '@fovea/contract';
import { Badge, Button, Modal, Skeleton } from '@mantine/core';
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
import { DataTable } from '../../ui/data-table.tsx';
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
    <DataTable
      rows={keys}
      keyOf={(key) => key.id}
      minWidth={860}
      rowClass={(key) => (keyState(key) === 'active' ? undefined : classes['dead'])}
      columns={[
        { head: texts.common.name, main: true, cell: (key) => <Name apiKey={key} /> },
        { head: t.prefix, cell: (key) => <span className={classes['prefix']}>{key.prefix}…</span> },
        { head: t.scopes, cell: (key) => key.scopes.map((scope) => t.scope[scope]).join(', ') },
        { head: t.project, cell: (key) => (key.projectId === null ? t.everyProject : (names.get(key.projectId) ?? key.projectId.slice(0, 8))) },
        { head: texts.common.created, cell: (key) => <Moment at={key.createdAt} /> },
        { head: t.lastUsed, cell: (key) => (key.lastUsedAt === null ? t.never : <Moment at={key.lastUsedAt} />) },
        { head: t.expiry, cell: (key) => (key.expiresAt === null ? t.never : <Moment at={key.expiresAt} />) },
        { head: t.state, cell: (key) => <State apiKey={key} /> },
        revoke && {
          head: t.revoke,
          quiet: true,
          align: 'right',
          cell: (key) =>
            keyState(key) === 'active' && (
              <Button variant="subtle" color="red" aria-label={t.revokeNamed(key.name)} onClick={() => revoke(key)}>
                {t.revoke}
              </Button>
            ),
        },
      ]}
    />
  );
}

function Name({ apiKey: { name, test } }: { apiKey: ApiKey }) {
  return (
    <>
      {name}{' '}
      {test && (
        <Badge size="xs" color="violet" variant="light">
          {texts.keys.testBadge}
        </Badge>
      )}
    </>
  );
}

function State({ apiKey }: { apiKey: ApiKey }) {
  const state = keyState(apiKey);
  return (
    <Badge size="sm" variant="light" color={colors[state]}>
      {texts.keys[state]}
    </Badge>
  );
}
