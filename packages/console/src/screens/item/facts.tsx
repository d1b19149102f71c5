import type { Item } from '@fovea/contract';
import type { ReactNode } from 'react';
import { texts } from '../../texts.ts';
import { formatBytes, formatDuration, formatTime } from '../../ui/format.ts';
import classes from './facts.module.css';
import frame from './item.module.css';

/** What the platform knows of an item. */
export function Facts({ item }: { item: Item }) {
  const t = texts.item;
  const rows: [string, ReactNode][] = [
    [t.path, item.path],
    [t.type, item.mediaType],
    [t.size, <span key="size" title={`${item.sizeBytes.toLocaleString('en')} B`}>{formatBytes(item.sizeBytes)}</span>],
    ...given(t.dimensions, item.width !== null && item.height !== null ? `${item.width} × ${item.height}` : null),
    ...given(t.frames, item.frames?.toLocaleString('en')),
    ...given(t.duration, item.durationSeconds === null ? null : formatDuration(item.durationSeconds)),
    ...given(t.fps, item.fps === null ? null : `${Number(item.fps.toFixed(3))} / s`),
    ...given(t.orientation, item.orientation !== null && item.orientation !== 1 ? String(item.orientation) : null),
    [t.annotations, item.annotationCount.toLocaleString('en')],
    [t.created, `${formatTime(item.createdAt)} ${texts.common.createdBy(item.createdBy)}`],
    ...given(t.updated, item.updatedAt === item.createdAt ? null : formatTime(item.updatedAt)),
    ...given(t.expires, item.expiresAt === null ? null : formatTime(item.expiresAt)),
    [t.digest, <code key="digest">{item.sha256}</code>],
    [t.id, <code key="id">{item.id}</code>],
  ];
  const summary = Object.entries(item.summary);
  return (
    <section className={frame['section']}>
      <h2 className={frame['heading']}>{t.facts}</h2>
      <Table rows={rows} />
      {summary.length > 0 && (
        <details className={classes['more']} open={item.kind === 'dicom' || item.kind === 'nifti'}>
          <summary>{t.summary}</summary>
          <Table rows={summary.map(([name, value]) => [spaced(name), showValue(value)])} />
        </details>
      )}
    </section>
  );
}

function given(label: string, value: string | null | undefined): [string, ReactNode][] {
  return value === null || value === undefined ? [] : [[label, value]];
}

function Table({ rows }: { rows: readonly [string, ReactNode][] }) {
  return (
    <dl className={classes['list']}>
      {rows.map(([label, value]) => (
        <div key={label} className={classes['row']}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** `patientName` → `Patient name`. */
function spaced(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function showValue(value: unknown): string {
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
