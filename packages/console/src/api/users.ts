import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { queryClient } from './query-client.ts';

const mostUsers = 20_000;

export const usersQuery = queryOptions({ queryKey: ['users'], queryFn: () => fovea.users.list({ limit: 1000 }).toArray({ limit: mostUsers }) });

export function refreshUsers(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: usersQuery.queryKey });
}
