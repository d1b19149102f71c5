import type { Delivery, Project } from '@fovea/contract';
import { Badge, Button, Code, Modal, Skeleton } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { deliveriesQuery, refresh } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { formatTime } from '../../ui/format.ts';
import { Moment } from '../../ui/moment.tsx';
import { notify } from '../../ui/notices.ts';
import classes from './workflow.module.css';

const t = workTexts.webhooks;

const colors = { pending: 'blue', delivered: 'teal', dead: 'red' } as const;

/** What was sent to webhooks and callbacks of a project, the newest first. */
export function Deliveries({ project }: { project: Project }) {
  const { data } = useQuery(deliveriesQuery(project.id));
  const [shown, setShown] = useState<Delivery>();
  if (!data) return <Skeleton height={120} aria-label={texts.common.loading} />;
  if (data.length === 0) return <p>{t.noDeliveries}</p>;
  return (
    <>
      <DataTable
        rows={data}
        keyOf={(delivery) => delivery.id}
        minWidth={720}
        columns={[
          {
            head: t.event,
            main: true,
            cell: (delivery) => (
              <Button variant="transparent" p={0} h="auto" onClick={() => setShown(delivery)}>
                {delivery.eventType}
              </Button>
            ),
          },
          { head: t.url, cell: (delivery) => <span className={classes.url}>{delivery.url}</span> },
          {
            head: t.state,
            cell: (delivery) => (
              <Badge variant="light" color={colors[delivery.status]}>
                {t.status[delivery.status]}
              </Badge>
            ),
          },
          { head: t.answer, cell: (delivery) => delivery.lastStatus ?? delivery.lastError ?? '' },
          { head: t.attempts, align: 'right', cell: (delivery) => delivery.attempts },
          { head: t.when, cell: (delivery) => <Moment at={delivery.createdAt} /> },
          { head: t.again, quiet: true, align: 'right', cell: (delivery) => <Again delivery={delivery} /> },
        ]}
      />
      <Modal opened={shown !== undefined} onClose={() => setShown(undefined)} title={shown?.eventType} size="lg">
        {shown && <Details delivery={shown} />}
      </Modal>
    </>
  );
}

/** What was sent, and what was answered to each try. */
function Details({ delivery }: { delivery: Delivery }) {
  return (
    <>
      <p className={classes.url}>{delivery.url}</p>
      <h3 className={classes['section']}>{t.attempts}</h3>
      {delivery.log.length === 0 ? (
        <p>{t.noDeliveries}</p>
      ) : (
        <DataTable
          rows={delivery.log}
          keyOf={({ at }) => at}
          columns={[
            { head: t.when, cell: ({ at }) => formatTime(at) },
            { head: t.answer, cell: ({ status, error }) => status ?? error ?? '' },
            { head: t.took, align: 'right', cell: ({ seconds }) => `${seconds.toFixed(2)} s` },
            { head: t.said, cell: ({ response }) => <span className={classes.url}>{response ?? ''}</span> },
          ]}
        />
      )}
      <h3 className={classes['section']}>{t.payload}</h3>
      <Code block className={classes.url}>
        {delivery.payload}
      </Code>
    </>
  );
}

function Again({ delivery }: { delivery: Delivery }) {
  const again = useMutation({
    mutationFn: () => fovea.webhooks.redeliver(delivery.id),
    onSuccess: () => notify({ tone: 'plain', text: t.sent }),
    onSettled: () => refresh('deliveries'),
  });
  return (
    <Button size="xs" variant="subtle" loading={again.isPending} aria-label={`${t.again}: ${delivery.eventType}`} onClick={() => again.mutate()}>
      {t.again}
    </Button>
  );
}

