import { Breadcrumbs } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { texts } from '../texts.ts';
import classes from './page.module.css';

export interface PageProps {
  /** Also the title of the window. */
  title: string;
  /** What the heading shows, when it is more than the title. */
  heading?: ReactNode;
  subtitle?: ReactNode;
  /** Links to what the page lies in. */
  trail?: readonly ReactNode[];
  actions?: ReactNode;
  /** Between the heading and the content, over the whole width. */
  banner?: ReactNode;
  /** Fills the window without margins and scrolls by itself. */
  full?: boolean;
  children: ReactNode;
}

/** The frame of every screen: trail, heading, actions, content. */
export function Page({ title, heading, subtitle, trail = [], actions, banner, full = false, children }: PageProps) {
  useDocumentTitle(`${title} · ${texts.app.name}`);
  return (
    <div className={classes['page']} data-full={full}>
      <header className={classes['header']}>
        <div className={classes['titles']}>
          {trail.length > 0 && (
            <Breadcrumbs className={classes['trail'] ?? ''} separator="/" separatorMargin={6}>
              {trail}
            </Breadcrumbs>
          )}
          <h1 className={classes['title']}>{heading ?? title}</h1>
          {subtitle !== undefined && <div className={classes['subtitle']}>{subtitle}</div>}
        </div>
        {actions !== undefined && <div className={classes['actions']}>{actions}</div>}
      </header>
      {banner !== undefined && <div className={classes['banner']}>{banner}</div>}
      <div className={classes['content']}>{children}</div>
    </div>
  );
}
