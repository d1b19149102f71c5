import type { Dataset, Version } from '@fovea/contract';
import { Badge, Button, Group, Modal, Skeleton, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconVersions } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { datasetQuery } from '../../api/datasets.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { finished, refresh, versionsQuery } from '../../api/work.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { versionTexts } from '../../texts-versions.ts';
import { workTexts } from '../../texts-work.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { Empty } from '../../ui/empty.tsx';
import { TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { StepsBanner } from '../project/steps-banner.tsx';
import { VersionDiff } from './version-diff.tsx';
import { VersionUse } from './version-use.tsx';

const t = workTexts.versions;

/** The versions of a dataset: committed, compared, restored. */
export function DatasetVersions() {
  const { datasetId } = useParams({ from: '/inside/datasets/$datasetId/versions' });
  const { data: dataset, error, refetch } = useQuery(datasetQuery(datasetId));
  const { data: project } = useQuery({ ...projectQuery(dataset?.projectId ?? ''), enabled: dataset !== undefined });
  const { data: versions } = useQuery(versionsQuery(datasetId));
  const [committing, dialog] = useDisclosure(false);
  const [compared, compare] = useState<Version>();
  const [used, use] = useState<Version>();
  const writes = useScope('write');
  if (error) return <PageFault error={error} reset={() => void refetch()} />;
  if (!dataset || !project || !versions) {
    return (
      <Page title={t.title}>
        <Skeleton height={160} aria-label={texts.common.loading} />
      </Page>
    );
  }
  const commit = writes && roleReaches(project.role, 'developer') && <Button onClick={dialog.open}>{t.commit}</Button>;
  return (
    <Page
      title={`${t.title} · ${dataset.name}`}
      heading={t.title}
      trail={[
        <TextLink key="project" to="/projects/$projectId" params={{ projectId: project.id }} size="xs" c="dimmed">
          {project.name}
        </TextLink>,
        <TextLink key="dataset" to="/datasets/$datasetId" params={{ datasetId }} size="xs" c="dimmed">
          {dataset.name}
        </TextLink>,
      ]}
      banner={<StepsBanner project={project} />}
      actions={commit}
    >
      {versions.length === 0 ? (
        <Empty icon={IconVersions} title={t.emptyTitle} action={commit}>
          {t.empty}
        </Empty>
      ) : (
        <VersionTable versions={versions} compare={compare} use={use} mayRestore={writes && roleReaches(project.role, 'manager')} mayVerify={writes && roleReaches(project.role, 'developer')} />
      )}
      <Modal opened={committing} onClose={dialog.close} title={t.commit}>
        <CommitForm dataset={dataset} close={dialog.close} />
      </Modal>
      {compared && (
        <Dialog onClose={() => compare(undefined)} title={`${t.diff} · v${compared.number}`} size="xl">
          <VersionDiff version={compared} versions={versions} />
        </Dialog>
      )}
      {used && (
        <Dialog onClose={() => use(undefined)} title={versionTexts.useOf(`${dataset.name} v${used.number}`)} size="xl">
          <VersionUse dataset={dataset} version={used} />
        </Dialog>
      )}
    </Page>
  );
}

interface VersionTableProps {
  versions: readonly Version[];
  compare: (version: Version) => void;
  use: (version: Version) => void;
  mayRestore: boolean;
  mayVerify: boolean;
}

function VersionTable({ versions, ...rights }: VersionTableProps) {
  return (
    <DataTable
      rows={versions}
      keyOf={(version) => version.number}
      minWidth={760}
      columns={[
        { head: t.version, cell: (version) => <VersionName version={version} /> },
        { head: t.message, cell: (version) => <Message version={version} /> },
        { head: t.items, align: 'right', cell: (version) => version.itemCount.toLocaleString('en') },
        { head: t.labels, align: 'right', cell: (version) => version.annotationCount.toLocaleString('en') },
        { head: t.created, cell: (version) => <Moment at={version.createdAt} /> },
        { head: texts.common.more, quiet: true, align: 'right', cell: (version) => <VersionActions version={version} {...rights} /> },
      ]}
    />
  );
}

function VersionName({ version }: { version: Version }) {
  return (
    <>
      <Group gap={6}>
        <b>v{version.number}</b>
        {version.tags.map((tag) => (
          <Badge key={tag} size="sm" variant="light" tt="none">
            {tag}
          </Badge>
        ))}
      </Group>
      <code style={{ fontSize: 11, color: 'var(--fv-dim)' }}>{version.id.slice(0, 12)}</code>
    </>
  );
}

function Message({ version }: { version: Version }) {
  return (
    <>
      {version.message}
      {version.splits && <div style={{ fontSize: 12, color: 'var(--fv-dim)' }}>{version.splits.parts.map((part) => `${part.name} ${part.share}`).join(', ')}</div>}
    </>
  );
}

function VersionActions({ version, compare, use, mayRestore, mayVerify }: Omit<VersionTableProps, 'versions'> & { version: Version }) {
  const [asking, ask] = useDisclosure(false);
  const { number } = version;
  const restore = async () => {
    await finished(await fovea.versions.restore(version.datasetId, `v${number}`, {}));
    await refresh('versions', 'datasets', 'items');
    notify({ tone: 'good', text: t.restored(number) });
  };
  const verify = useMutation({
    mutationFn: async () => finished(await fovea.versions.verify(version.datasetId, `v${number}`, {})),
    onSuccess: ({ result }) => {
      const intact = result?.['intact'] === true;
      notify({ tone: intact ? 'good' : 'bad', text: intact ? t.intact(number) : t.damaged(number, Number(result?.['problemCount'])) });
    },
  });
  return (
    <>
      <Group gap={4} justify="flex-end" wrap="nowrap">
        <Button size="xs" variant="light" aria-label={versionTexts.useOf(`v${number}`)} onClick={() => use(version)}>
          {versionTexts.use}
        </Button>
        <Button size="xs" variant="subtle" aria-label={`${t.diff} v${number}`} onClick={() => compare(version)}>
          {t.diff}
        </Button>
        {mayVerify && (
          <Button size="xs" variant="subtle" aria-label={`${t.verify} v${number}`} loading={verify.isPending} onClick={() => verify.mutate()}>
            {t.verify}
          </Button>
        )}
        {mayRestore && (
          <Button size="xs" variant="subtle" aria-label={`${t.restore} v${number}`} onClick={ask.open}>
            {t.restore}
          </Button>
        )}
      </Group>
      <Confirm opened={asking} onClose={ask.close} question={t.restoreConfirm(number)} action={t.restore} run={restore} />
    </>
  );
}

function CommitForm({ dataset, close }: { dataset: Dataset; close: () => void }) {
  const send = async (form: FormData) => {
    const splits = splitsOf(field(form, 'splits'));
    const tags = field(form, 'tags').split(',').map((tag) => tag.trim()).filter((tag) => tag !== '');
    const { result } = await finished(await fovea.versions.commit(dataset.id, { message: field(form, 'message'), tags, ...(splits ? { splits: { parts: splits } } : {}) }));
    await refresh('versions');
    return { number: Number(result?.['number']), created: result?.['created'] === true };
  };
  return (
    <EditForm
      send={send}
      action={t.commit}
      onCancel={close}
      onDone={({ number, created }) => {
        close();
        notify({ tone: created ? 'good' : 'plain', text: created ? t.committed(number) : t.unchanged(number) });
      }}
    >
      {(faults) => (
        <>
          <TextInput name="message" label={t.message} error={faults['message']} data-autofocus />
          <TextInput name="tags" label={t.tags} error={faults['tags']} />
          <TextInput name="splits" label={t.splits} description={t.splitsHint} error={faults['splits']} />
        </>
      )}
    </EditForm>
  );
}

function splitsOf(text: string): { name: string; share: number }[] | undefined {
  if (text === '') return undefined;
  return text.split(',').map((part) => {
    const [, name, share] = /^([\w-]+)\s*=\s*(\d*\.?\d+)$/.exec(part.trim()) ?? [];
    if (name === undefined) throw new Error(t.badSplits);
    return { name, share: Number(share) };
  });
}
