import type { ProjectUsage } from '@fovea/contract';
import { Button, Skeleton, TextInput } from '@mantine/core';
import { IconDatabase } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { refreshUsage, usageQuery } from '../../api/product.ts';
import { useMe, useScope } from '../../api/session.ts';
import { texts } from '../../texts.ts';
import { productTexts } from '../../texts-product.ts';
import { Bars } from '../../ui/bars.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { formatBytes } from '../../ui/format.ts';
import { TextLink } from '../../ui/link.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { Card } from '../workflow/parts.tsx';
import classes from './usage.module.css';
import { UsageFigures, QuotaBar, sumOf } from './figures.tsx';

const t = productTexts.usage;
const plotted = 20;

/** What the projects of the organisation hold, and their quotas. */
export function OrganizationUsage() {
  const me = useMe();
  const { data: projects, error, refetch } = useQuery({ ...usageQuery, enabled: me.user.admin });
  const [changing, change] = useState<ProjectUsage>();
  const mayChange = useScope('admin');
  if (!me.user.admin) return <Page title={t.title}><Empty icon={IconDatabase}>{t.notAdmin}</Empty></Page>;
  return (
    <Page title={t.title} subtitle={t.subtitle}>
      {error && <LoadError error={error} retry={() => void refetch()} />}
      {!projects && !error && <Skeleton height={200} aria-label={texts.common.loading} />}
      {projects?.length === 0 && (
        <Empty icon={IconDatabase} title={t.emptyTitle}>
          {t.empty}
        </Empty>
      )}
      {projects && projects.length > 0 && (
        <>
          <UsageFigures usage={sumOf(projects)} />
          <div className={classes['plots']}>
            <Card title={t.byProject}>
              <Bars label={t.byProject} rows={largest(projects, 'itemBytes').map((project) => ({ label: project.name, limit: project.quotaBytes ?? undefined, text: formatBytes(project.itemBytes), parts: [{ value: project.itemBytes, tone: isFull(project) ? 'bad' : 'good', name: t.size }] }))} />
            </Card>
            <Card title={t.labelsByProject}>
              <Bars label={t.labelsByProject} rows={largest(projects, 'annotations').map((project) => ({ label: project.name, text: project.annotations.toLocaleString('en'), parts: [{ value: project.annotations, tone: 'busy', name: t.annotations }] }))} />
            </Card>
          </div>
          <UsageTable projects={projects} change={mayChange ? change : undefined} />
        </>
      )}
      {changing && (
        <Dialog onClose={() => change(undefined)} title={t.setQuotaOf(changing.name)}>
          <QuotaForm usage={changing} close={() => change(undefined)} />
        </Dialog>
      )}
    </Page>
  );
}

const isFull = ({ quotaBytes, itemBytes }: ProjectUsage) => quotaBytes !== null && itemBytes >= quotaBytes;
const largest = (projects: readonly ProjectUsage[], by: 'itemBytes' | 'annotations') => projects.toSorted((a, b) => b[by] - a[by]).slice(0, plotted);

function UsageTable({ projects, change }: { projects: readonly ProjectUsage[]; change: ((usage: ProjectUsage) => void) | undefined }) {
  const number = (n: number) => n.toLocaleString('en');
  return (
    <DataTable
      rows={projects}
      keyOf={(usage) => usage.projectId}
      minWidth={900}
      columns={[
        {
          head: t.project,
          main: true,
          cell: (usage) => (
            <TextLink to="/projects/$projectId/usage" params={{ projectId: usage.projectId }} size="sm" fw={560}>
              {usage.name}
            </TextLink>
          ),
        },
        { head: t.datasets, align: 'right', cell: (usage) => number(usage.datasets) },
        { head: t.items, align: 'right', cell: (usage) => number(usage.items) },
        { head: t.annotations, align: 'right', cell: (usage) => number(usage.annotations) },
        { head: t.tasks, align: 'right', cell: (usage) => number(usage.tasks) },
        { head: t.jobs, align: 'right', cell: (usage) => number(usage.jobs) },
        { head: t.size, align: 'right', cell: (usage) => formatBytes(usage.itemBytes) },
        { head: t.stored, align: 'right', cell: (usage) => formatBytes(usage.storedBytes) },
        { head: t.quota, cell: (usage) => <QuotaBar usage={usage} /> },
        change && {
          head: t.setQuota,
          quiet: true,
          align: 'right',
          cell: (usage) => (
            <Button variant="subtle" aria-label={t.setQuotaOf(usage.name)} onClick={() => change(usage)}>
              {t.setQuota}
            </Button>
          ),
        },
      ]}
    />
  );
}

const gigabyte = 1e9;

function QuotaForm({ usage, close }: { usage: ProjectUsage; close: () => void }) {
  const send = async (form: FormData) => {
    const text = field(form, 'quota').replace(',', '.');
    const bytes = text === '' ? null : Math.round(Number(text) * gigabyte);
    if (bytes !== null && !(bytes >= 0)) throw new Error(t.badQuota);
    await fovea.usage.setQuota(usage.projectId, { quotaBytes: bytes });
    await refreshUsage();
  };
  return (
    <EditForm
      send={send}
      action={texts.common.save}
      onCancel={close}
      onDone={() => {
        close();
        notify({ tone: 'good', text: t.set(usage.name) });
      }}
    >
      {(faults) => <TextInput name="quota" inputMode="decimal" label={t.gigabytes} description={t.gigabytesHint} error={faults['quotaBytes']} defaultValue={usage.quotaBytes === null ? '' : String(usage.quotaBytes / gigabyte)} data-autofocus />}
    </EditForm>
  );
}
