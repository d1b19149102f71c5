import type { Job } from '@fovea/contract';
import { Table } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { itemQuery } from '../../api/items.ts';
import { profileQuery } from '../../api/product.ts';
import { productTexts } from '../../texts-product.ts';
import { workTexts } from '../../texts-work.ts';
import { Bars } from '../../ui/bars.tsx';
import { formatTime } from '../../ui/format.ts';
import { TextLink } from '../../ui/link.tsx';
import { Card, tookOf } from './parts.tsx';
import classes from './workflow.module.css';

const t = workTexts.jobs;
const shownInputs = 20;

/** Names and values; numbers under one name are drawn as bars. */
export function Facts({ facts }: { facts: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (entries.length === 0) return <p>{workTexts.analytics.none}</p>;
  const plain = entries.filter(([, value]) => barsOf(value) === undefined);
  return (
    <>
      {plain.length > 0 && (
        <Table withRowBorders={false} verticalSpacing={2}>
          <Table.Tbody>
            {plain.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Td className={classes['factName'] ?? ''}>{name}</Table.Td>
                <Table.Td className={classes['factValue'] ?? ''}>{textOf(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {entries.map(([name, value]) => {
        const bars = barsOf(value);
        return (
          bars && (
            <section key={name} aria-label={name} className={classes['facts']}>
              <h3>{name}</h3>
              <Bars label={name} rows={bars.map(([label, number]) => ({ label, text: textOf(number), parts: [{ value: Math.max(0, number), tone: 'good', name: label }] }))} />
            </section>
          )
        );
      })}
    </>
  );
}

/** Several numbers, each with a name: counts of labels, bins of a histogram. */
function barsOf(value: unknown): [string, number][] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const isCounts = entries.length >= 2 && entries.length <= 40 && entries.every(([, one]) => typeof one === 'number' && one >= 0);
  return isCounts ? (entries as [string, number][]) : undefined;
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(5)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What the job was given. */
export function Inputs({ job }: { job: Job }) {
  const ids = Object.values(job.inputs).flat();
  const shown = useQueries({ queries: ids.slice(0, shownInputs).map((id) => ({ ...itemQuery(id), staleTime: 60_000, retry: false })) });
  const profile = useQuery({ ...profileQuery(job.profileId ?? ''), enabled: job.profileId !== null });
  if (ids.length === 0 && !profile.data) return null;
  return (
    <Card title={t.inputs}>
      <ul className={classes['inputs']}>
        {ids.slice(0, shownInputs).map((id, index) => (
          <li key={id}>
            <TextLink to="/items/$itemId" params={{ itemId: id }} size="sm">
              {shown[index]?.data?.path ?? id}
            </TextLink>
          </li>
        ))}
        {ids.length > shownInputs && <li>{t.moreInputs(ids.length - shownInputs)}</li>}
        {profile.data && (
          <li>
            {t.profile}:{' '}
            <TextLink to="/profiles/$profileId" params={{ profileId: profile.data.id }} size="sm">
              {profile.data.name}
            </TextLink>
          </li>
        )}
      </ul>
    </Card>
  );
}

/** When it was made, begun and ended, and how long each took. */
export function Times({ job }: { job: Job }) {
  const waited = job.queuedAt !== null && job.startedAt !== null ? (Date.parse(job.startedAt) - Date.parse(job.queuedAt)) / 1_000 : undefined;
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    [t.by, job.createdBy],
    [t.created, formatTime(job.createdAt)],
    [t.queued, job.queuedAt && formatTime(job.queuedAt)],
    [t.started, job.startedAt && formatTime(job.startedAt)],
    [t.ended, job.endedAt && formatTime(job.endedAt)],
    [t.waited, waited === undefined ? null : productTexts.myWork.duration(Math.max(0, waited))],
    [t.took, tookOf(job)],
  ];
  return (
    <Card title={t.times}>
      <Facts facts={Object.fromEntries(rows)} />
    </Card>
  );
}
