import type { Project, Webhook } from '@fovea/contract';
import { ActionIcon, Badge, Modal, Switch, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTrash, IconWebhook } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { refresh, webhooksQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { CodeLine } from '../../ui/code-line.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { Empty } from '../../ui/empty.tsx';
import { ProjectList } from '../project/project-list.tsx';
import { ProjectPage } from '../project/project-page.tsx';
import { DefaultCallback } from './default-callback.tsx';
import { Deliveries } from './deliveries.tsx';
import classes from './workflow.module.css';

const t = workTexts.webhooks;

/** Webhooks of a project, and what was sent: for those who manage it. */
export function ProjectWebhooks() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/webhooks' });
  const { data: project } = useQuery(projectQuery(projectId));
  const admin = useScope('admin');
  if (project && admin && roleReaches(project.role, 'manager')) return <WebhookList projectId={projectId} />;
  return (
    <ProjectPage projectId={projectId} part={t.title}>
      {() => <Empty icon={IconWebhook}>{t.notManager}</Empty>}
    </ProjectPage>
  );
}

function WebhookList({ projectId }: { projectId: string }) {
  const [secret, setSecret] = useState<string>();
  return (
    <ProjectList<Webhook>
      projectId={projectId}
      title={t.title}
      useRows={(id) => useQuery(webhooksQuery(id))}
      icon={IconWebhook}
      empty={{ title: t.emptyTitle, text: t.empty }}
      create={t.create}
      mayEdit={() => true}
      form={(project, _webhook, close) => <WebhookForm project={project} close={close} shown={setSecret} />}
      columns={() => [
        { head: t.url, main: true, cell: (webhook) => webhook.url },
        { head: t.events, cell: (webhook) => (webhook.events.length === 0 ? t.all : webhook.events.join(', ')) },
        { head: t.state, cell: (webhook) => <Turn webhook={webhook} /> },
        { head: texts.common.more, quiet: true, align: 'right', cell: (webhook) => <Remove webhook={webhook} /> },
      ]}
    >
      {(project) => (
        <>
          <DefaultCallback key={project.revision} project={project} />
          <h2 className={classes['section']} style={{ marginTop: 28 }}>
            {t.deliveries}
          </h2>
          <Deliveries project={project} />
          <Modal opened={secret !== undefined} onClose={() => setSecret(undefined)} title={t.secret}>
            {secret !== undefined && <CodeLine code={secret} label={t.secretLabel} />}
          </Modal>
        </>
      )}
    </ProjectList>
  );
}

function Turn({ webhook }: { webhook: Webhook }) {
  const turn = useMutation({ mutationFn: (enabled: boolean) => fovea.webhooks.update(webhook.id, { enabled }), onSettled: () => refresh('webhooks') });
  return (
    <>
      <Switch checked={webhook.enabled} onChange={(event) => turn.mutate(event.currentTarget.checked)} aria-label={t.turn(webhook.url)} label={webhook.enabled ? t.on : t.off} />
      {webhook.failingSince !== null && (
        <Badge color="red" variant="light">
          {t.failing}
        </Badge>
      )}
    </>
  );
}

function Remove({ webhook }: { webhook: Webhook }) {
  const [asking, ask] = useDisclosure(false);
  const remove = async () => {
    await fovea.webhooks.delete(webhook.id);
    await refresh('webhooks');
  };
  return (
    <>
      <ActionIcon variant="subtle" color="red" aria-label={t.remove(webhook.url)} onClick={ask.open}>
        <IconTrash size={16} />
      </ActionIcon>
      <Confirm opened={asking} onClose={ask.close} question={t.removeConfirm(webhook.url)} action={texts.common.delete} run={remove} />
    </>
  );
}

function WebhookForm({ project, close, shown }: { project: Project; close: () => void; shown: (secret: string) => void }) {
  const send = async (form: FormData) => {
    const events = field(form, 'events').split(',').map((event) => event.trim()).filter((event) => event !== '');
    const made = await fovea.webhooks.create({ project: project.id, url: field(form, 'url'), events });
    await refresh('webhooks');
    return made;
  };
  return (
    <EditForm
      send={send}
      action={texts.common.create}
      onCancel={close}
      onDone={({ secret }) => {
        close();
        shown(secret);
      }}
    >
      {(faults) => (
        <>
          <TextInput name="url" type="url" label={t.url} error={faults['url']} required withAsterisk={false} data-autofocus />
          <TextInput name="events" label={t.events} description={t.eventsHint} error={faults['events']} />
        </>
      )}
    </EditForm>
  );
}
