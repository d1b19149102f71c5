import { Kbd, UnstyledButton } from '@mantine/core';
import { IconExternalLink, IconSearch } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMe } from '../api/session.ts';
import { texts } from '../texts.ts';
import { Brand } from './brand.tsx';
import { useCurrentProjectId } from './current-project.ts';
import { homePage, myWorkPage, organizationPages, outsidePages, useProjectPages } from './navigation.ts';
import classes from './navigation-panel.module.css';
import { ProjectSwitcher } from './project-switcher.tsx';
import { UserMenu } from './user-menu.tsx';

/** The left side: where one can go, and who one is. */
export function Navigation({ openPalette }: { openPalette: () => void }) {
  const me = useMe();
  const projectId = useCurrentProjectId();
  const { pathname } = useLocation();
  const pages = useProjectPages(projectId);
  return (
    <div className={classes['panel']}>
      <div className={classes['brand']}>
        <Brand />
      </div>
      <UnstyledButton className={classes['search'] ?? ''} onClick={openPalette}>
        <IconSearch size={15} aria-hidden />
        <span>{texts.nav.search}</span>
        <Kbd size="xs">{texts.palette.shortcut}</Kbd>
      </UnstyledButton>
      <div className={classes['links']}>
        <Link {...homePage.link} {...look}>
          <homePage.icon size={17} aria-hidden />
          {homePage.label}
        </Link>
        <Link {...myWorkPage.link} {...look}>
          <myWorkPage.icon size={17} aria-hidden />
          {myWorkPage.label}
        </Link>
        <Section title={texts.nav.project}>
          <ProjectSwitcher projectId={projectId} />
          {pages.map(({ label, icon: Icon, link, below }) => (
            <Link key={label} {...link} {...look} {...(below.some((path) => pathname.startsWith(path)) ? { 'data-active': true } : {})}>
              <Icon size={17} aria-hidden />
              {label}
            </Link>
          ))}
        </Section>
        <Section title={texts.nav.organization}>
          {organizationPages(me).map(({ label, icon: Icon, link }) => (
            <Link key={label} {...link} {...look}>
              <Icon size={17} aria-hidden />
              {label}
            </Link>
          ))}
          {outsidePages.map(({ label, icon: Icon, href }) => (
            <a key={href} href={href} target="_blank" rel="noreferrer" className={classes['link']}>
              <Icon size={17} aria-hidden />
              <span>{label}</span>
              <IconExternalLink size={13} aria-hidden className={classes['outside']} />
            </a>
          ))}
        </Section>
      </div>
      <div className={classes['user']}>
        <UserMenu />
      </div>
    </div>
  );
}

const look = { className: classes['link'] ?? '', activeProps: { 'data-active': true } };

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes['section']} aria-label={title}>
      <div className={classes['heading']} aria-hidden>
        {title}
      </div>
      {children}
    </section>
  );
}
