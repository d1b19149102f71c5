import classes from './figures.module.css';

/** A number with its name, and what is to be said of it. */
export interface Figure {
  name: string;
  value: string;
  note?: string | undefined;
}

/** Figures beside each other, each in a box. */
export function Figures({ figures, isDense = false }: { figures: readonly Figure[]; isDense?: boolean }) {
  return (
    <dl className={classes['figures']} data-dense={isDense}>
      {figures.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {note !== undefined && <dd className={classes['note']}>{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
