import { qualityTexts as t } from '../../texts-quality.ts';
import { workTexts } from '../../texts-work.ts';
import { formatTime, formatWhen } from '../../ui/format.ts';
import classes from './quality.module.css';

/** One batch in the plot; shares from 0 to 1. */
export interface PlotPoint {
  name: string;
  /** Milliseconds. */
  at: number;
  agreement: number | null;
  low: number | null;
  high: number | null;
  accepted: number | null;
  f1: number | null;
}

const series = ['agreement', 'accepted', 'f1'] as const;
const [width, height, side] = [960, 180, 44];
const marks = [0, 0.25, 0.5, 0.75, 1];

/** Shares over time: a point for each batch, and the interval of its agreement. */
export function TimePlot({ points }: { points: readonly PlotPoint[] }) {
  const sorted = points.toSorted((a, b) => a.at - b.at);
  const [first, last] = [sorted[0]?.at ?? 0, sorted.at(-1)?.at ?? 1];
  const x = (at: number) => (last === first ? width / 2 : side + 10 + ((at - first) / (last - first)) * (width - side - 24));
  const y = (share: number) => 8 + (1 - share) * (height - 32);
  const shown = series.filter((name) => sorted.some((point) => point[name] !== null));
  return (
    <figure className={classes['plot']}>
      <div className={classes['scroll']} tabIndex={0} role="group" aria-label={t.overTime}>
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${t.overTime}: ${shown.map((name) => t.series[name]).join(', ')}`}>
          {marks.map((share) => (
            <g key={share} className={classes['mark']}>
              <path d={`M${side},${y(share)}H${width}`} />
              <text x={side - 6} y={y(share) + 4} textAnchor="end">
                {workTexts.percent(share)}
              </text>
            </g>
          ))}
          {sorted.map(({ at, low, high }, index) => low !== null && high !== null && <path key={index} className={classes['interval']} d={`M${x(at)},${y(low)}V${y(high)}M${x(at) - 4},${y(low)}h8M${x(at) - 4},${y(high)}h8`} />)}
          {sorted.length > 0 && <Ends from={first} to={last} />}
          {shown.map((name) => (
            <Line key={name} name={name} points={sorted} x={x} y={y} />
          ))}
        </svg>
      </div>
      <figcaption>
        {shown.map((name) => (
          <span key={name} className={classes['key']} data-series={name}>
            {t.series[name]}
          </span>
        ))}
        <span className={classes['hint']}>{t.overTimeHint}</span>
      </figcaption>
    </figure>
  );
}

/** When the first and the last of the batches were done. */
function Ends({ from, to }: { from: number; to: number }) {
  const when = (at: number) => formatWhen(new Date(at).toISOString());
  return (
    <g className={classes['mark']}>
      <text x={to === from ? width / 2 : side + 10} y={height - 4} textAnchor={to === from ? 'middle' : 'start'}>
        {when(from)}
      </text>
      {to !== from && (
        <text x={width - 14} y={height - 4} textAnchor="end">
          {when(to)}
        </text>
      )}
    </g>
  );
}

function Line({ name, points, x, y }: { name: (typeof series)[number]; points: readonly PlotPoint[]; x: (at: number) => number; y: (share: number) => number }) {
  const known = points.flatMap((point) => (point[name] === null ? [] : [{ ...point, value: point[name] }]));
  return (
    <g className={classes['series']} data-series={name}>
      <path d={known.map(({ at, value }, index) => `${index === 0 ? 'M' : 'L'}${x(at).toFixed(1)},${y(value).toFixed(1)}`).join('')} />
      {known.map((point, index) => (
        <circle key={index} cx={x(point.at)} cy={y(point.value)} r={4}>
          <title>{t.point(point.name, formatTime(new Date(point.at).toISOString()), `${t.series[name]} ${workTexts.percent(point.value)}`)}</title>
        </circle>
      ))}
    </g>
  );
}
