import type { Batch, QualityReport } from '@fovea/contract';
import { Button, Group, Table } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { fovea } from '../../api/client.ts';
import { useScope } from '../../api/session.ts';
import { finished, qualityQuery, refresh } from '../../api/work.ts';
import { workTexts } from '../../texts-work.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { TextLink } from '../../ui/link.tsx';
import { notify } from '../../ui/notices.ts';
import { PeoplePlots } from './batch-plots.tsx';
import { Card, Heat } from './parts.tsx';
import classes from './workflow.module.css';

const t = workTexts.quality;
const { percent } = workTexts;

/** How well the people of a batch agree, and what is made of several people's answers. */
export function BatchQuality({ batch, manages }: { batch: Batch; manages: boolean }) {
  const { data: report } = useQuery({ ...qualityQuery(batch.id), enabled: batch.counts.completed + batch.counts.submitted > 0 });
  const writes = useScope('write');
  const merge = useMutation({
    mutationFn: async () => finished(await fovea.quality.merge(batch.id, {})),
    onSuccess: ({ result }) => notify({ tone: 'good', text: t.merged(Number(result?.['items'] ?? 0)) }),
    onSettled: () => refresh('batches', 'annotations'),
  });
  const unmerge = useMutation({
    mutationFn: () => fovea.quality.unmerge(batch.id),
    onSuccess: ({ items }) => notify({ tone: 'plain', text: t.unmerged(items) }),
    onSettled: () => refresh('batches', 'annotations'),
  });
  if (!report) return null;
  return (
    <section aria-label={t.title}>
      <Group justify="space-between" align="baseline">
        <h2 className={classes['section']}>{t.title}</h2>
        {manages && writes && report.itemCount > 0 && (
          <Group gap="xs">
            <Button variant="default" size="xs" loading={merge.isPending} onClick={() => merge.mutate()}>
              {t.merge}
            </Button>
            <Button variant="subtle" size="xs" loading={unmerge.isPending} onClick={() => unmerge.mutate()}>
              {t.unmerge}
            </Button>
          </Group>
        )}
      </Group>
      <People report={report} />
      {report.itemCount === 0 ? <p>{t.single}</p> : <Agreement report={report} />}
    </section>
  );
}

function People({ report }: { report: QualityReport }) {
  if (report.people.length === 0) return <p>{t.none}</p>;
  return (
    <>
      <DataTable
        rows={report.people}
        keyOf={(person) => person.by}
        minWidth={720}
        columns={[
          { head: t.person, main: true, cell: (person) => person.by },
          { head: t.tasks, align: 'right', cell: (person) => person.tasks },
          { head: t.labels, align: 'right', cell: (person) => person.annotations },
          { head: t.time, align: 'right', cell: (person) => `${Math.round(person.secondsSpent / 60)} min` },
          { head: t.agreement, align: 'right', cell: (person) => percent(person.agreement) },
          { head: t.review, align: 'right', cell: (person) => `${person.accepted} / ${person.rejected}` },
          { head: t.known, align: 'right', cell: (person) => person.honeypots },
          { head: t.score, align: 'right', cell: (person) => (person.f1 === null ? '–' : person.f1.toFixed(2)) },
        ]}
      />
      <PeoplePlots people={report.people} />
    </>
  );
}

function Agreement({ report }: { report: QualityReport }) {
  const { overall, alpha, fleiss, confusion, items } = report;
  return (
    <div className={classes['columns']}>
      <Card title={t.overall}>
        <p style={{ fontSize: 28, margin: 0 }}>{percent(overall.agreement)}</p>
        <p style={{ color: 'var(--fv-dim)' }}>{t.interval(overall.low, overall.high)}</p>
        {alpha.value !== null && (
          <p>
            {t.alpha} {alpha.value.toFixed(3)}
          </p>
        )}
        {fleiss !== null && (
          <p>
            {t.fleiss} {fleiss.toFixed(3)}
          </p>
        )}
      </Card>
      {confusion.labels.length > 0 && (
        <Card title={t.confusion}>
          <div style={{ overflowX: 'auto' }} tabIndex={0} role="group" aria-label={t.confusion}>
            <Heat labels={confusion.labels.slice(0, 12)} counts={confusion.counts} />
          </div>
        </Card>
      )}
      <Card title={t.least}>
        <Table withRowBorders={false} verticalSpacing={2}>
          <Table.Tbody>
            {items.slice(0, 8).map((item) => (
              <Table.Tr key={item.itemId}>
                <Table.Td>
                  <TextLink to="/items/$itemId" params={{ itemId: item.itemId }}>
                    {item.path}
                  </TextLink>
                </Table.Td>
                <Table.Td ta="right">{percent(item.agreement)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Card>
    </div>
  );
}
