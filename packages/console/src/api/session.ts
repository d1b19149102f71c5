import type { Me, Scope } from '@fovea/contract';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { hasCode } from './errors.ts';
import { queryClient } from './query-client.ts';

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async (): Promise<Me | null> => {
    try {
      return await fovea.session.get();
    } catch (error) {
      if (hasCode(error, 'unauthenticated')) return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

export type Credentials = { key: string } | { email: string; password: string };

export async function signIn(credentials: Credentials): Promise<void> {
  const me = await fovea.session.login(credentials);
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, me);
}

export async function signOut(): Promise<void> {
  await fovea.session.logout();
  forgetSession();
}

const forgetters = new Set<() => void>();
/** Registers what else must go when a session ends: lists held elsewhere, uploads under way. */
export function onForget(forget: () => void): void {
  forgetters.add(forget);
}

/** Drops everything that was loaded in the session. */
export function forgetSession(): void {
  for (const forget of forgetters) forget();
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, null);
}

/** Who is signed in. Only below the shell, which renders nothing until that is known. */
export function useMe(): Me {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error('No session.');
  return data;
}

/** Whether the session may do such things at all; roles in a project say more. */
export function useScope(scope: Scope): boolean {
  const { data } = useQuery(sessionQuery);
  return data?.scopes.includes(scope) ?? false;
}
