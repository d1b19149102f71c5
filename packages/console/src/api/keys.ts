import type { ApiKey } from '@fovea/contract';
import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { queryClient } from './query-client.ts';

const mostKeys = 5_000;

export const keysQuery = queryOptions({ queryKey: ['keys'], queryFn: () => fovea.keys.list({ limit: 1000 }).toArray({ limit: mostKeys }) });

export function refreshKeys(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
}

export type KeyState = 'active' | 'revoked' | 'expired';

export function keyState(key: ApiKey, nowMs: number = Date.now()): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  return key.expiresAt !== null && Date.parse(key.expiresAt) <= nowMs ? 'expired' : 'active';
}
