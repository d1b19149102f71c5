import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './empty.module.css';

/** What stands where there is nothing yet: what this place is for, and what to do first. */
export function Empty(props: { icon: Icon; title?: string; children?: ReactNode; action?: ReactNode; more?: ReactNode }) {
  const { icon: IconShown, title, children, action, more } = props;
  return (
    <div className={classes['empty']}>
      <IconShown size={36} stroke={1.4} className={classes['icon']} aria-hidden />
      {title !== undefined && <h2 className={classes['title']}>{title}</h2>}
      {children !== undefined && <div className={classes['text']}>{children}</div>}
      {action !== undefined && <div className={classes['action']}>{action}</div>}
      {more !== undefined && <div className={classes['more']}>{more}</div>}
    </div>
  );
}
