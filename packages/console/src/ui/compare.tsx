import { useState } from 'react';
import classes from './compare.module.css';

/** Two pictures of one thing, the second uncovered by a slider; moved by mouse, touch and arrow keys. */
export function Compare({ before, after, texts }: { before: string; after: string; texts: { slider: string; before: string; after: string } }) {
  const [share, setShare] = useState(50);
  return (
    <div className={classes['frame']}>
      <img src={after} alt={texts.after} className={classes['picture']} draggable={false} />
      <img src={before} alt={texts.before} className={classes['picture']} draggable={false} style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }} />
      <span className={classes['line']} style={{ left: `${share}%` }} aria-hidden />
      <span className={classes['tag']} data-side="left" aria-hidden>
        {texts.before}
      </span>
      <span className={classes['tag']} data-side="right" aria-hidden>
        {texts.after}
      </span>
      <input type="range" min={0} max={100} value={share} aria-label={texts.slider} className={classes['slider']} onChange={(event) => setShare(Number(event.currentTarget.value))} />
    </div>
  );
}
