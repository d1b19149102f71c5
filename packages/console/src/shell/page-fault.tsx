import { Button } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { hasCode } from '../api/errors.ts';
import { texts } from '../texts.ts';
import { LoadError } from '../ui/error-text.tsx';
import { Page } from '../ui/page.tsx';
import { NotFound } from './not-found.tsx';

/** In place of a page that broke. */
export function PageFault({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  if (hasCode(error, 'not_found')) return <NotFound />;
  // The files of an older build are gone from the server.
  const outdated = error instanceof Error && /dynamically imported module/i.test(error.message);
  return (
    <Page title={outdated ? texts.errors.chunk : texts.errors.title}>
      {outdated ? (
        <Button onClick={() => window.location.reload()}>{texts.errors.reload}</Button>
      ) : (
        <LoadError
          error={error}
          retry={() => {
            reset();
            void router.invalidate();
          }}
        />
      )}
    </Page>
  );
}
