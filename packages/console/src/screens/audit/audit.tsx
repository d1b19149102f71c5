import type { Event } from '@fovea/contract';
import { Autocomplete, Button, NativeSelect, Skeleton, TextInput } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { auditQuery, type AuditSearch } from '../../api/product.ts';
import { projectsQuery } from '../../api/projects.ts';
import { useMe, useScope } from '../../api/session.ts';
import { usersQuery } from '../../api/users.ts';
import { texts } from '../../texts.ts';
import { productTexts } from '../../texts-product.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { formatTime } from '../../ui/format.ts';
import { TextLink } from '../../ui/link.tsx';
import { Page } from '../../ui/page.tsx';
import classes from './audit.module.css';

const t = productTexts.audit;

/** Who did what in the organisation. */
export function Audit() {
  const me = useMe();
  const mayRead = useScope('admin') && me.user.admin;
  const search = useSearch({ from: '/inside/audit' });
  const found = useInfiniteQuery({ ...auditQuery(search), enabled: mayRead });
  const events = found.data?.pages.flatMap((page) => page.data);
  if (!mayRead) return <Page title={t.title}><Empty icon={IconHistory}>{t.notAdmin}</Empty></Page>;
  return (
    <Page title={t.title} subtitle={t.subtitle}>
      <Filters search={search} />
      {found.error && <LoadError error={found.error} retry={() => void found.refetch()} />}
      {!events && !found.error && <Skeleton height={240} aria-label={texts.common.loading} />}
      {events?.length === 0 && (
        <Empty icon={IconHistory} title={t.emptyTitle}>
          {t.empty}
        </Empty>
      )}
      {events && events.length > 0 && <EventTable events={events} />}
      {found.hasNextPage && (
        <Button mt="md" variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t.more}
        </Button>
      )}
    </Page>
  );
}

function Filters({ search }: { search: AuditSearch }) {
  const { data: users = [] } = useQuery(usersQuery);
  const { data: projects = [] } = useQuery(projectsQuery);
  const navigate = useNavigate();
  const change = (part: { [K in keyof AuditSearch]?: string | undefined }) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined && value !== ''));
    void navigate({ to: '/audit', search: next, replace: true });
  };
  const [actor, setActor] = useState(search.actor ?? '');
  useEffect(() => setActor(search.actor ?? ''), [search.actor]);
  return (
    <search className={classes['bar']} aria-label={t.title}>
      <Autocomplete
        label={t.actor}
        placeholder={t.actorHint}
        size="xs"
        value={actor}
        data={users.map((user) => user.email)}
        onChange={setActor}
        onOptionSubmit={(email) => change({ actor: email })}
        onBlur={() => change({ actor: actor.trim() })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') change({ actor: actor.trim() });
        }}
      />
      <NativeSelect label={t.what} size="xs" value={search.what ?? ''} data={[{ value: '', label: t.anything }, ...Object.entries(t.kinds).map(([value, label]) => ({ value, label }))]} onChange={(event) => change({ what: event.currentTarget.value })} />
      <NativeSelect label={t.project} size="xs" value={search.project ?? ''} data={[{ value: '', label: t.anyProject }, ...projects.map(({ id, name }) => ({ value: id, label: name }))]} onChange={(event) => change({ project: event.currentTarget.value })} />
      <TextInput type="date" label={t.from} size="xs" value={search.from ?? ''} onChange={(event) => change({ from: event.currentTarget.value })} />
      <TextInput type="date" label={t.to} size="xs" value={search.to ?? ''} onChange={(event) => change({ to: event.currentTarget.value })} />
      {Object.keys(search).length > 0 && (
        <Button variant="subtle" onClick={() => void navigate({ to: '/audit', search: {}, replace: true })}>
          {t.clear}
        </Button>
      )}
    </search>
  );
}

function EventTable({ events }: { events: readonly Event[] }) {
  const { data: projects = [] } = useQuery(projectsQuery);
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  return (
    <DataTable
      rows={events}
      keyOf={(event) => event.seq}
      minWidth={900}
      columns={[
        { head: t.when, cell: (event) => <time dateTime={event.createdAt} className={classes['time']}>{formatTime(event.createdAt)}</time> },
        { head: t.who, cell: (event) => event.actor },
        { head: t.what, main: true, cell: (event) => <span className={classes['time']}>{event.type}</span> },
        { head: t.thing, cell: (event) => <Thing event={event} /> },
        { head: t.project, cell: (event) => (event.projectId === null ? '' : (names.get(event.projectId) ?? event.projectId.slice(-12))) },
        { head: t.details, cell: (event) => <span className={classes['details']}>{detailsOf(event)}</span> },
      ]}
    />
  );
}

/** The things that have a page of their own. */
const pages = {
  project: (projectId: string) => ({ to: '/projects/$projectId', params: { projectId } }) as const,
  dataset: (datasetId: string) => ({ to: '/datasets/$datasetId', params: { datasetId } }) as const,
  item: (itemId: string) => ({ to: '/items/$itemId', params: { itemId } }) as const,
  batch: (batchId: string) => ({ to: '/batches/$batchId', params: { batchId } }) as const,
  task: (taskId: string) => ({ to: '/tasks/$taskId', params: { taskId } }) as const,
  job: (jobId: string) => ({ to: '/jobs/$jobId', params: { jobId } }) as const,
  profile: (profileId: string) => ({ to: '/profiles/$profileId', params: { profileId } }) as const,
};

function Thing({ event: { subject, data, type } }: { event: Event }) {
  const name = [data['name'], data['path'], data['email']].find((one) => typeof one === 'string') ?? `${subject.kind} ${subject.id.slice(-12)}`;
  const page = Object.hasOwn(pages, subject.kind) ? pages[subject.kind as keyof typeof pages](subject.id) : undefined;
  if (!page || type.endsWith('.deleted')) return <>{String(name)}</>;
  return (
    <TextLink {...page} size="sm">
      {String(name)}
    </TextLink>
  );
}

const maxDetails = 160;

/** What the event says beside the name and the ids of other things, in one line. */
function detailsOf({ data }: Event): string {
  const told = Object.entries(data).filter(([key, value]) => !['name', 'path', 'email'].includes(key) && !key.endsWith('Id') && value !== null);
  const text = told.map(([key, value]) => `${key}: ${Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)}`).join(' · ');
  return text.length > maxDetails ? `${text.slice(0, maxDetails)}…` : text;
}
