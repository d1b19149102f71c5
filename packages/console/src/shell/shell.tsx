import { ActionIcon, Drawer } from '@mantine/core';
import { useDisclosure, useHotkeys, useMediaQuery } from '@mantine/hooks';
import { IconMenu2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { sessionQuery } from '../api/session.ts';
import { texts } from '../texts.ts';
import { UploadPanel } from '../upload/upload-panel.tsx';
import { Brand } from './brand.tsx';
import { Navigation } from './navigation-panel.tsx';
import { useLiveProject } from '../api/live.ts';
import { useCurrentProjectId } from './current-project.ts';
import classes from './shell.module.css';
import { endTour, useTour } from './tour-state.ts';

const Palette = lazy(() => import('./palette.tsx'));
const Tour = lazy(() => import('../screens/tour/tour.tsx'));

/** What surrounds every page behind the sign-in: navigation, the running uploads, the palette. */
export function Shell() {
  const { data: me } = useQuery(sessionQuery);
  const narrow = useMediaQuery('(max-width: 900px)', window.innerWidth <= 900);
  const [menu, menuHandlers] = useDisclosure(false);
  const [palette, paletteHandlers] = useDisclosure(false);
  useHotkeys([['mod+K', paletteHandlers.open]], []);
  const tour = useTour();
  useLiveProject(useCurrentProjectId());
  const { pathname } = useLocation();
  useEffect(menuHandlers.close, [pathname]);
  // While the router leads to the sign-in page.
  if (!me) return null;
  return (
    <div className={classes['shell']}>
      <a href="#content" className={classes['skip']}>
        {texts.app.skipToContent}
      </a>
      {narrow ? (
        <nav aria-label={texts.nav.label} className={classes['bar']}>
          <ActionIcon onClick={menuHandlers.open} aria-label={texts.nav.open} size="lg">
            <IconMenu2 size={20} />
          </ActionIcon>
          <Brand />
        </nav>
      ) : (
        <nav aria-label={texts.nav.label} className={classes['rail']}>
          <Navigation openPalette={paletteHandlers.open} />
        </nav>
      )}
      <Drawer.Root opened={narrow && menu} onClose={menuHandlers.close} size={260} padding={0}>
        <Drawer.Overlay backgroundOpacity={0.45} />
        <Drawer.Content aria-label={texts.nav.label}>
          <div className={classes['drawer']}>
            <Navigation openPalette={paletteHandlers.open} />
          </div>
        </Drawer.Content>
      </Drawer.Root>
      <main id="content" tabIndex={-1} className={classes['main']}>
        <Outlet />
      </main>
      <UploadPanel />
      <Suspense>{palette && <Palette onClose={paletteHandlers.close} />}</Suspense>
      <Suspense>{tour && <Tour onEnd={endTour} />}</Suspense>
    </div>
  );
}
