import 'virtual:mantine.css';
import './tokens.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onSessionLost, queryClient } from './api/query-client.ts';
import { forgetSession } from './api/session.ts';
import { router } from './router.tsx';
import { theme } from './theme.ts';
import { NoticeList } from './ui/notice-list.tsx';

onSessionLost(() => {
  const { href, pathname } = router.state.location;
  if (pathname === '/sign-in') return;
  forgetSession();
  // Edits that were not sent are in the journal, and are sent after the next sign-in: nobody is asked whether to leave.
  void router.navigate({ to: '/sign-in', search: { next: href, ended: true }, replace: true, ignoreBlocker: true });
});

const element = document.getElementById('root');
if (!element) throw new Error('The page has no #root.');
createRoot(element).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <NoticeList />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
