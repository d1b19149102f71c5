import { scanTexts as t } from '../../../texts-scan.ts';
import { colourOf } from './labels-paint.ts';
import classes from './scan.module.css';

/** The labels that can be seen, each with its opacity. */
export function LabelList({ names, opacities, onOpacity }: { names: Readonly<Record<string, string>>; opacities: Readonly<Record<string, number>>; onOpacity(value: string, opacity: number): void }) {
  const entries = Object.entries(names);
  if (entries.length === 0) return null;
  return (
    <section className={classes['labels']} aria-label={t.overlay}>
      {entries.map(([value, label]) => (
        <div key={value} className={classes['label']}>
          <span className={classes['swatch']} style={{ background: `rgb(${colourOf(Number(value)).join(' ')})` }} />
          <span className={classes['labelName']} title={label}>{label}</span>
          <input className={classes['opacity']} type="range" min={0} max={1} step={0.05} aria-label={t.opacity(label)} value={opacities[value] ?? 0.45} onChange={(event) => onOpacity(value, Number(event.currentTarget.value))} />
        </div>
      ))}
    </section>
  );
}
