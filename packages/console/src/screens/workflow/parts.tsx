import type { Batch, Job } from '@fovea/contract';
import { Badge, Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import { workTexts } from '../../texts-work.ts';
import { formatDuration } from '../../ui/format.ts';
import classes from './workflow.module.css';

/** How far a batch is: done, to review, being labeled, failed; the rest is waiting. */
export function BatchBar({ batch }: { batch: Batch }) {
  const { total, completed, submitted, claimed, error, cancelled } = batch.counts;
  const whole = Math.max(1, total - cancelled);
  const part = (n: number, name: string) => n > 0 && <span className={classes[name]} style={{ width: `${(100 * n) / whole}%` }} />;
  return (
    <div className={classes['bar']} role="img" aria-label={workTexts.batches.done(completed, total)}>
      {part(completed, 'done')}
      {part(submitted, 'submitted')}
      {part(claimed, 'claimed')}
      {part(error, 'failed')}
    </div>
  );
}

const batchColors = { staging: 'gray', in_progress: 'blue', completed: 'teal', cancelled: 'gray' } as const;
export const BatchState = ({ status }: { status: Batch['status'] }) => (
  <Badge variant="light" color={batchColors[status]}>
    {workTexts.batches.state[status]}
  </Badge>
);

const jobColors: Record<Job['status'], string> = { ready: 'gray', queued: 'violet', scheduled: 'blue', running: 'blue', complete: 'teal', failed: 'red', cancelled: 'gray' };
export const JobState = ({ status }: { status: Job['status'] }) => (
  <Badge variant="light" color={jobColors[status]}>
    {status}
  </Badge>
);

export function JobProgress({ job }: { job: Pick<Job, 'status' | 'progress' | 'position' | 'estimatedStartAt' | 'name'> }) {
  if (job.status === 'queued') {
    const seconds = job.estimatedStartAt ? (Date.parse(job.estimatedStartAt) - Date.now()) / 1_000 : 0;
    return <>{job.position === null ? '' : workTexts.jobs.position(job.position, seconds >= 1 ? formatDuration(Math.round(seconds)) : undefined)}</>;
  }
  if (job.status !== 'running' && job.status !== 'scheduled') return null;
  return <Progress value={job.progress * 100} aria-label={`${workTexts.jobs.progress}: ${job.name}`} miw={120} />;
}

/** How long a job ran, or runs. */
export function tookOf({ startedAt, endedAt }: Pick<Job, 'startedAt' | 'endedAt'>): string {
  if (startedAt === null) return '';
  const ms = (endedAt === null ? Date.now() : Date.parse(endedAt)) - Date.parse(startedAt);
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(Math.round(ms / 1000));
}

/** A box with a heading. */
export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes['card']}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A table of counts whose cells are darker the more they hold. */
export function Heat({ labels, counts }: { labels: readonly string[]; counts: readonly (readonly number[])[] }) {
  const most = Math.max(1, ...counts.flat());
  return (
    <table className={classes['heat']}>
      <thead>
        <tr>
          <td />
          {labels.map((label) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {labels.map((label, row) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {labels.map((other, column) => {
              const value = counts[row]?.[column] ?? 0;
              return (
                <td key={other} style={{ background: `color-mix(in srgb, var(--mantine-color-blue-5) ${Math.round((value / most) * 45)}%, transparent)` }}>
                  {value}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
