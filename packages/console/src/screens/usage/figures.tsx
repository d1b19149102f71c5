import type { ProjectUsage } from '@fovea/contract';
import { productTexts } from '../../texts-product.ts';
import { formatBytes } from '../../ui/format.ts';
import classes from './usage.module.css';

const t = productTexts.usage;

export type UsageFigures = Omit<ProjectUsage, 'projectId' | 'name' | 'quotaBytes'>;

/** The figures of several projects together. */
export function sumOf(projects: readonly ProjectUsage[]): UsageFigures {
  const sum = (key: keyof UsageFigures) => projects.reduce((total, project) => total + project[key], 0);
  return { datasets: sum('datasets'), items: sum('items'), itemBytes: sum('itemBytes'), storedBytes: sum('storedBytes'), annotations: sum('annotations'), tasks: sum('tasks'), jobs: sum('jobs') };
}

/** The figures, large. */
export function Figures({ usage }: { usage: UsageFigures }) {
  const { itemBytes, storedBytes } = usage;
  const counts = [
    [t.datasets, usage.datasets],
    [t.items, usage.items],
    [t.annotations, usage.annotations],
    [t.tasks, usage.tasks],
    [t.jobs, usage.jobs],
  ] as const;
  return (
    <dl className={classes['figures']}>
      <div>
        <dt>{t.size}</dt>
        <dd>{formatBytes(itemBytes)}</dd>
        {storedBytes < itemBytes && <dd className={classes['note']}>{t.saved(1 - storedBytes / itemBytes)}</dd>}
      </div>
      {counts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value.toLocaleString('en')}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How much of its quota a project has used. */
export function QuotaBar({ usage }: { usage: Pick<ProjectUsage, 'quotaBytes' | 'itemBytes'> }) {
  const { quotaBytes, itemBytes } = usage;
  if (quotaBytes === null) return <span className={classes['dim']}>{t.noQuota}</span>;
  const share = quotaBytes === 0 ? 1 : Math.min(1, itemBytes / quotaBytes);
  const tone = share >= 1 ? 'bad' : share > 0.9 ? 'warn' : 'good';
  return (
    <div className={classes['quota']}>
      <div className={classes['quotaTrack']} role="img" aria-label={t.of(formatBytes(itemBytes), formatBytes(quotaBytes))}>
        <span data-tone={tone} style={{ width: `${share * 100}%` }} />
      </div>
      <span className={classes['quotaText']}>
        {t.of(formatBytes(itemBytes), formatBytes(quotaBytes))} · {share >= 1 ? t.over : t.left(formatBytes(quotaBytes - itemBytes))}
      </span>
    </div>
  );
}
