import classes from './progress-plot.module.css';

/** Something that happened at a time, cumulated. */
export interface ProgressPlotProps {
  /** Times in milliseconds, in any order. */
  times: readonly number[];
  /** All there is to do. */
  total: number;
  /** Says what is shown, with its figures. */
  label: string;
  from: number;
  to: number;
  texts: { from: string; to: string; total: string };
}

const [width, height] = [320, 110];

/** How many were done by when: a line of steps from the first moment to the last. */
export function ProgressPlot({ times, total, label, from, to, texts }: ProgressPlotProps) {
  const span = Math.max(1, to - from);
  const x = (time: number) => ((time - from) / span) * width;
  const y = (count: number) => height - (count / Math.max(1, total)) * height;
  const steps = times
    .toSorted((a, b) => a - b)
    .map((time, index) => `H${x(time).toFixed(1)}V${y(index + 1).toFixed(1)}`)
    .join('');
  const line = `M0,${height}${steps}H${width}`;
  return (
    <figure className={classes['plot']}>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <path d={`M0,0.5H${width}`} className={classes['goal']} />
        <path d={`${line}V${height}Z`} className={classes['area']} />
        <path d={line} className={classes['line']} vectorEffect="non-scaling-stroke" />
      </svg>
      <figcaption className={classes['foot']}>
        <span>{texts.from}</span>
        <span>{texts.total}</span>
        <span>{texts.to}</span>
      </figcaption>
    </figure>
  );
}
