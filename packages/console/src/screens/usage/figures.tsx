import type { ProjectUsage } from '@fovea/contract';
import { productTexts } from '../../texts-product.ts';
import { Figures } from '../../ui/figures.tsx';
import { formatBytes } from '../../ui/format.ts';
import classes from './usage.module.css';

const t = productTexts.usage;

export type UsageSum = Omit<ProjectUsage, 'projectId' | 'name' | 'quotaBytes'>;

/** The figures of several projects together. */
export function sumOf(projects: readonly ProjectUsage[]): UsageSum {
  const sum = (key: keyof UsageSum) => projects.reduce((total, project) => total + project[key], 0);
  return { datasets: sum('datasets'), items: sum('items'), itemBytes: sum('itemBytes'), storedBytes: sum('storedBytes'), annotations: sum('annotations'), tasks: sum('tasks'), jobs: sum('jobs') };
}

/** The figures, large. */
export function UsageFigures({ usage }: { usage: UsageSum }) {
  const { itemBytes, storedBytes } = usage;
  const counts = [
    [t.datasets, usage.datasets],
    [t.items, usage.items],
    [t.annotations, usage.annotations],
    [t.tasks, usage.tasks],
    [t.jobs, usage.jobs],
  ] as const;
  const size = { name: t.size, value: formatBytes(itemBytes), note: storedBytes < itemBytes ? t.saved(1 - storedBytes / itemBytes) : undefined };
  return <Figures figures={[size, ...counts.map(([name, value]) => ({ name, value: value.toLocaleString('en') }))]} />;
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
