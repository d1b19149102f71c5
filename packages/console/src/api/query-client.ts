import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '@fovea/sdk';
import { notifyError } from '../ui/notices.ts';
import { hasCode } from './errors.ts';

/** Told when the platform no longer knows the session. */
let sessionLost: () => void = () => undefined;
export function onSessionLost(listener: () => void): void {
  sessionLost = listener;
}

/** Looks at an error of any call: a session that ended leads to the sign-in page. */
export function noticeSession(error: unknown): void {
  if (hasCode(error, 'unauthenticated')) sessionLost();
  // Somebody signed in in another window of this browser: the new session has another token for changes.
  if (hasCode(error, 'csrf')) void queryClient.invalidateQueries({ queryKey: ['session'] });
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSession }),
  mutationCache: new MutationCache({
    onError(error, _variables, _context, mutation) {
      noticeSession(error);
      // Forms show their errors themselves and say so.
      if (mutation.meta?.['quiet'] !== true && !hasCode(error, 'unauthenticated')) notifyError(error);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // The SDK retries what is worth it; an answer of the platform does not change by asking again.
      retry: (failures, error) => !(error instanceof ApiError) && failures < 1,
    },
  },
});
