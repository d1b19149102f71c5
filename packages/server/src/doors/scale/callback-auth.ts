import { createHmac } from 'node:crypto';
import type { Mode } from './context.ts';

/** What a receiver finds in `scale-callback-auth`: one for the organisation and mode, made of the platform's secret. */
export function callbackAuthKey(secret: string, orgId: string, mode: Mode): string {
  return `${mode}_${createHmac('sha256', secret).update(JSON.stringify(['scale-callback-auth', orgId, mode])).digest('hex')}`;
}
