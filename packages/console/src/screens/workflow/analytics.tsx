import type { Analytic } from '@fovea/contract';
import { Badge, Button, Checkbox, NativeSelect, Skeleton, TextInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { datasetsQuery } from '../../api/datasets.ts';
import { projectsQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { analyticsQuery, refresh } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { documentTexts } from '../../texts-documents.ts';
import { workTexts } from '../../texts-work.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { TextLink } from '../../ui/link.tsx';
import { Page } from '../../ui/page.tsx';
import { ParameterField, valueOf } from './parameters.tsx';
import { Card } from './parts.tsx';
import classes from './workflow.module.css';

const t = workTexts.analytics;

/** The catalogue: every analytic with its document, and a form made of it. */
export function Analytics() {
  const { data: analytics, error, refetch } = useQuery(analyticsQuery);
  const [running, run] = useState<Analytic>();
  const { data: projects = [] } = useQuery(projectsQuery);
  const mayRun = useScope('write') && projects.some(({ role }) => roleReaches(role, 'developer'));
  return (
    <Page title={t.title} subtitle={t.subtitle}>
      {error && <LoadError error={error} retry={() => void refetch()} />}
      {!analytics && !error && <Skeleton height={200} aria-label={texts.common.loading} />}
      <div className={classes['columns']}>
        {analytics?.map((analytic) => (
          <Document key={analytic.id} analytic={analytic} run={mayRun && !analytic.pending ? run : undefined} />
        ))}
      </div>
      {running && (
        <Dialog onClose={() => run(undefined)} title={t.runTitle(running.manifest.title || running.name)} size="lg">
          <RunForm analytic={running} close={() => run(undefined)} />
        </Dialog>
      )}
    </Page>
  );
}

function Document({ analytic, run }: { analytic: Analytic; run: ((analytic: Analytic) => void) | undefined }) {
  const { manifest } = analytic;
  const list = (entries: readonly { name: string; description: string }[]) => (entries.length === 0 ? t.none : entries.map((entry) => entry.name).join(', '));
  return (
    <Card title={manifest.title || analytic.name}>
      <p style={{ margin: '0 0 8px', fontSize: 12, color: 'var(--fv-dim)' }}>
        {analytic.name} {analytic.version}{' '}
        {analytic.builtin && (
          <Badge size="xs" variant="light">
            {t.builtin}
          </Badge>
        )}
      </p>
      <p style={{ margin: '0 0 8px' }}>{manifest.description}</p>
      <dl style={{ margin: 0, fontSize: 13, display: 'grid', gridTemplateColumns: 'auto 1fr', gap: '2px 10px' }}>
        <dt>{t.inputs}</dt>
        <dd style={{ margin: 0 }}>{manifest.inputs.map((input) => `${input.name} (${input.media.join(', ')})`).join('; ') || t.none}</dd>
        <dt>{t.parameters}</dt>
        <dd style={{ margin: 0 }}>{list(manifest.parameters)}</dd>
        <dt>{t.outputs}</dt>
        <dd style={{ margin: 0 }}>{list(manifest.outputs)}</dd>
        <dt>{t.runtime}</dt>
        <dd style={{ margin: 0 }}>{manifest.runtime.kind}</dd>
      </dl>
      <div className={classes['cardFoot']}>
        <TextLink to="/analytics/$owner/$name" params={paramsOf(analytic.name)} aria-label={documentTexts.documentOf(analytic.name)} size="sm">
          {documentTexts.document}
        </TextLink>
        {run && (
          <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={14} />} aria-label={t.runTitle(analytic.name)} onClick={() => run(analytic)}>
            {t.run}
          </Button>
        )}
      </div>
    </Card>
  );
}

/** The form of a job, made of the document. */
export function RunForm({ analytic, close }: { analytic: Analytic; close: () => void }) {
  const { manifest } = analytic;
  const { data: projects = [] } = useQuery(projectsQuery);
  const open = projects.filter((project) => roleReaches(project.role, 'developer'));
  const [chosen, choose] = useState<string>();
  const project = chosen ?? open[0]?.id;
  const { data: datasets = [] } = useQuery({ ...datasetsQuery(project ?? ''), enabled: project !== undefined });
  const navigate = useNavigate();
  const send = async (form: FormData) => {
    const chosenInputs = manifest.inputs.filter((input) => input.required || field(form, patternOf(input)) !== '');
    const inputs = Object.fromEntries(chosenInputs.map((input) => [input.name, queryOf(input, form)]));
    const parameters = Object.fromEntries(manifest.parameters.flatMap((parameter) => valueOf(parameter, form)));
    const job = await fovea.jobs.create({ project: project ?? '', analytic: `${analytic.name}@${analytic.version}`, inputs, parameters, attachLabels: form.get('attach') === 'on' });
    await refresh('jobs');
    return job;
  };
  return (
    <EditForm
      send={send}
      action={t.run}
      onCancel={close}
      onDone={(job) => {
        close();
        void navigate({ to: '/jobs/$jobId', params: { jobId: job.id } });
      }}
    >
      {(faults) => (
        <>
          <NativeSelect label={t.project} value={project ?? ''} data={open.map((one) => ({ value: one.id, label: one.name }))} onChange={(event) => choose(event.currentTarget.value)} />
          {manifest.inputs.length > 0 && (
            <>
              <NativeSelect name="dataset" label={t.dataset} data={datasets.map((dataset) => ({ value: dataset.id, label: dataset.name }))} required withAsterisk={false} />
              {manifest.inputs.map((input) => (
                <TextInput
                  key={input.name}
                  name={patternOf(input)}
                  label={manifest.inputs.length === 1 ? t.pattern : `${t.pattern} (${input.name})`}
                  description={input.required ? (input.many ? t.patternHint : t.patternHintOne) : t.patternHintOptional}
                  error={faults[`inputs.${input.name}`]}
                />
              ))}
            </>
          )}
          {manifest.parameters.map((parameter) => (
            <ParameterField key={parameter.name} parameter={parameter} fault={faults[`parameters.${parameter.name}`]} />
          ))}
          {manifest.outputs.some((output) => output.type === 'labels') && <Checkbox name="attach" label={t.attach} defaultChecked />}
        </>
      )}
    </EditForm>
  );
}

/** What stands for an analytic in the address of its page. */
function paramsOf(name: string): { owner: string; name: string } {
  const [owner = '', ...rest] = name.split('/');
  return { owner, name: rest.join('/') };
}

type Input = Analytic['manifest']['inputs'][number];

const patternOf = ({ name }: Input): string => `pattern:${name}`;

/** The items of an input as a query, which the platform answers when the job is made. */
function queryOf(input: Input, form: FormData) {
  const pattern = field(form, patternOf(input));
  const filter = { kind: { in: [...input.media] }, ...(pattern === '' ? {} : { path: { match: pattern } }) };
  return { dataset: field(form, 'dataset'), filter, ...(input.many ? {} : { limit: 1 }) };
}
