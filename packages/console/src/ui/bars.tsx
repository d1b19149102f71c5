import type { ReactNode } from 'react';
import classes from './bars.module.css';

/** One stretch of a bar. */
export interface BarPart {
  value: number;
  tone: 'good' | 'busy' | 'review' | 'bad' | 'plain';
  name: string;
}

export interface BarRow {
  label: ReactNode;
  parts: readonly BarPart[];
  /** What stands at the end. */
  text: string;
  /** Where the bar must not go beyond, in the same unit. */
  limit?: number | undefined;
}

/** Horizontal bars on one scale, with their values as text: read by everybody. */
export function Bars({ rows, label, most: given }: { rows: readonly BarRow[]; label: string; most?: number }) {
  const most = given ?? Math.max(1e-9, ...rows.map((row) => Math.max(row.limit ?? 0, row.parts.reduce((sum, part) => sum + part.value, 0))));
  return (
    <ul className={classes['bars']} aria-label={label}>
      {rows.map((row, index) => (
        <li key={index} className={classes['row']}>
          <span className={classes['label']}>{row.label}</span>
          <span className={classes['track']} title={row.parts.map(({ name, value }) => `${name}: ${value.toLocaleString('en')}`).join(', ')}>
            {row.parts.map(({ value, tone, name }) => value > 0 && <span key={name} className={classes['part']} data-tone={tone} style={{ width: `${(100 * value) / most}%` }} />)}
            {row.limit !== undefined && row.limit <= most && <span className={classes['limit']} style={{ left: `${(100 * row.limit) / most}%` }} />}
          </span>
          <span className={classes['text']}>{row.text}</span>
        </li>
      ))}
    </ul>
  );
}

/** What the colours of bars stand for. */
export function Legend({ parts }: { parts: readonly Pick<BarPart, 'tone' | 'name'>[] }) {
  return (
    <ul className={classes['legend']}>
      {parts.map(({ tone, name }) => (
        <li key={name}>
          <span className={classes['swatch']} data-tone={tone} aria-hidden />
          {name}
        </li>
      ))}
    </ul>
  );
}
