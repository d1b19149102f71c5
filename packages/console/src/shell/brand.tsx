import { Link } from '@tanstack/react-router';
import { texts } from '../texts.ts';
import classes from './brand.module.css';

/** The mark: an eye's fovea, the spot of sharpest sight. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="7" className={classes['ground']} />
      <circle cx="16" cy="16" r="9" fill="none" strokeWidth="2.5" className={classes['ring']} />
      <circle cx="16" cy="16" r="3.5" className={classes['spot']} />
    </svg>
  );
}

/** Mark and name, leading home. */
export function Brand() {
  return (
    <Link to="/" className={classes['brand']}>
      <Mark />
      <span>{texts.app.name}</span>
    </Link>
  );
}
