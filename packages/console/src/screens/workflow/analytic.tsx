import { parametersOf, type Analytic } from '@fovea/contract';
import { Badge, Button, Modal, Skeleton } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { projectsQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { analyticQuery, analyticVersionsQuery } from '../../api/work.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { documentTexts as t } from '../../texts-documents.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { formatDuration } from '../../ui/format.ts';
import { TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Page } from '../../ui/page.tsx';
import { RunForm } from './analytics.tsx';
import classes from './workflow.module.css';

type Manifest = Analytic['manifest'];

/** The document of one analytic: what it takes, every parameter with its limits, what it gives, and its versions. */
export function AnalyticPage() {
  const { owner, name } = useParams({ from: '/inside/analytics/$owner/$name' });
  const { data: analytic, error, refetch } = useQuery(analyticQuery(`${owner}/${name}`));
  const [running, run] = useState(false);
  const { data: projects = [] } = useQuery(projectsQuery);
  const mayRun = useScope('write') && projects.some(({ role }) => roleReaches(role, 'developer'));
  const trail = [<TextLink key="analytics" to="/analytics">{t.catalogue}</TextLink>];
  if (error) return <PageFault error={error} reset={() => void refetch()} />;
  if (!analytic) {
    return (
      <Page title={`${owner}/${name}`} trail={trail}>
        <Skeleton height={200} aria-label={texts.common.loading} />
      </Page>
    );
  }
  const title = analytic.manifest.title || analytic.name;
  const button = mayRun && !analytic.pending && (
    <Button leftSection={<IconPlayerPlay size={15} />} onClick={() => run(true)}>
      {t.run}
    </Button>
  );
  return (
    <Page title={title} trail={trail} subtitle={<Headline analytic={analytic} />} actions={button || undefined}>
      <Document analytic={analytic} />
      <Modal opened={running} onClose={() => run(false)} title={t.runTitle(title)} size="lg">
        <RunForm analytic={analytic} close={() => run(false)} />
      </Modal>
    </Page>
  );
}

function Headline({ analytic }: { analytic: Analytic }) {
  const badge = (text: string, color = 'gray') => (
    <Badge key={text} size="sm" variant="light" color={color}>
      {text}
    </Badge>
  );
  return (
    <>
      <code>{`${analytic.name}@${analytic.version}`}</code> {analytic.builtin && badge(t.builtin)} {badge(t.scope[analytic.manifest.scope])} {analytic.deprecated && badge(t.deprecated, 'orange')} {analytic.pending && badge(t.pending, 'yellow')}
    </>
  );
}

function Document({ analytic }: { analytic: Analytic }) {
  const { manifest } = analytic;
  return (
    <>
      <p className={classes['prose']}>{manifest.description}</p>
      <Facts manifest={manifest} />
      <Inputs inputs={manifest.inputs} />
      <Parameters parameters={parametersOf(manifest)} />
      <Outputs outputs={manifest.outputs} />
      <Versions analytic={analytic} />
      <details className={classes['manifest']}>
        <summary>{t.json}</summary>
        <pre className={classes['log']}>{JSON.stringify(manifest, null, 2)}</pre>
      </details>
    </>
  );
}

function Facts({ manifest: { runtime, compute, timeoutSeconds } }: { manifest: Manifest }) {
  const machines = [compute.cpu && t.cpu, compute.gpu && t.gpu].filter((machine) => machine !== false);
  return (
    <dl className={classes['about']}>
      <dt>{t.runtime}</dt>
      <dd>{t.runtimes[runtime.kind]}</dd>
      <dt>{t.compute}</dt>
      <dd>{machines.join(', ')}</dd>
      <dt>{t.timeout}</dt>
      <dd>{formatDuration(timeoutSeconds)}</dd>
    </dl>
  );
}

function Inputs({ inputs }: { inputs: Manifest['inputs'] }) {
  return (
    <Section title={t.inputs} empty={inputs.length === 0}>
      <DataTable
        rows={inputs}
        label={t.inputs}
        keyOf={({ name }) => name}
        columns={[
          { head: t.name, main: true, cell: ({ name }) => <code>{name}</code> },
          { head: t.accepts, cell: ({ media }) => media.join(', ') },
          { head: t.number, cell: ({ many, required }) => `${many ? t.several : t.one}${required ? '' : `, ${t.optional}`}` },
          { head: t.description, cell: ({ description }) => description },
        ]}
      />
    </Section>
  );
}

function Parameters({ parameters }: { parameters: Manifest['parameters'] }) {
  return (
    <Section title={t.parameters} empty={parameters.length === 0}>
      <DataTable
        rows={parameters}
        label={t.parameters}
        keyOf={({ name }) => name}
        minWidth={720}
        columns={[
          { head: t.name, main: true, cell: ({ name }) => <code>{name}</code> },
          { head: t.type, cell: ({ type }) => t.types[type] },
          { head: t.standard, cell: (parameter) => defaultOf(parameter) },
          { head: t.limits, cell: (parameter) => limitsOf(parameter) },
          { head: t.description, cell: ({ description }) => description },
        ]}
      />
    </Section>
  );
}

function Outputs({ outputs }: { outputs: Manifest['outputs'] }) {
  return (
    <Section title={t.outputs} empty={outputs.length === 0}>
      <DataTable
        rows={outputs}
        label={t.outputs}
        keyOf={({ name }) => name}
        columns={[
          { head: t.name, main: true, cell: ({ name }) => <code>{name}</code> },
          { head: t.type, cell: ({ type }) => t.outputTypes[type] },
          { head: t.file, cell: ({ type, filename, mediaType }) => (type === 'labels' ? '' : (filename ?? mediaType)) },
          { head: t.number, cell: ({ many }) => (many ? t.perItem : t.one) },
          { head: t.description, cell: ({ description }) => description },
        ]}
      />
    </Section>
  );
}

function Versions({ analytic }: { analytic: Analytic }) {
  const { data: versions = [analytic] } = useQuery(analyticVersionsQuery(analytic.name));
  const stateOf = (one: Analytic) => [one.deprecated && t.deprecated, one.pending && t.pending].filter((state) => state !== false).join(', ');
  return (
    <Section title={t.versions}>
      <DataTable
        rows={versions}
        label={t.versions}
        keyOf={({ id }) => id}
        columns={[
          { head: t.version, main: true, cell: ({ version }) => (version === analytic.version ? t.shown(version) : version) },
          { head: t.state, cell: stateOf },
          { head: t.by, cell: ({ builtin, createdBy }) => (builtin ? t.builtin : createdBy) },
          { head: t.since, cell: ({ createdAt }) => <Moment at={createdAt} /> },
        ]}
      />
    </Section>
  );
}

function Section({ title, empty = false, children }: { title: string; empty?: boolean; children: ReactNode }) {
  return (
    <section>
      <h2 className={classes['section']}>{title}</h2>
      {empty ? <p className={classes['prose']}>{t.none}</p> : children}
    </section>
  );
}

type Parameter = Manifest['parameters'][number];

function defaultOf({ default: value, required }: Parameter): string {
  if (value === undefined || value === null) return required ? t.required : '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a parameter may be: its choices, or from where to where, with the unit. */
function limitsOf({ choices, min, max, unit }: Parameter): string {
  if (choices) return choices.join(', ');
  const unitText = unit ? ` ${unit}` : '';
  if (min !== undefined && max !== undefined) return `${min} – ${max}${unitText}`;
  if (min !== undefined) return `≥ ${min}${unitText}`;
  if (max !== undefined) return `≤ ${max}${unitText}`;
  return unit ?? '';
}
